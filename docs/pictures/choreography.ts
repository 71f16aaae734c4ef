/** Who publishes and reads what, from what is declared, as Mermaid. */
import type { Model, TopicDeclaration } from "../../components/model/types.ts";
import type { ServiceTemplate } from "../../components/services/template.ts";

/** A service that calls others over HTTP. */
export type Caller = Pick<ServiceTemplate, "name" | "calls">;

/**
 * Services as boxes, topics as barrels, an arrow for each access with the events it is for.
 * @param services - Those to show, in this order; other consumers are left out.
 */
export function choreography(model: Model, templates: readonly Caller[], services: readonly string[]): string {
  const shown = (service: string): boolean => services.includes(service);
  const callers = templates.filter(({ name }) => shown(name));
  const topics = model.domains
    .flatMap((domain) => domain.topics)
    .map((topic) => ({
      ...topic,
      producers: topic.producers.filter(({ service }) => shown(service)),
      consumers: topic.consumers.filter(({ service }) => shown(service)),
    }))
    .filter((topic) => topic.producers.length > 0);
  return [
    "flowchart LR",
    ...services.map((service) => `  ${idOf(service)}["${service}"]`),
    ...topics.map((topic) => `  ${idOf(topic.name)}[("${topic.name}")]`),
    ...callers.flatMap(({ name, calls }) => calls.map((called) => `  ${idOf(name)} -- HTTP --> ${idOf(called)}`)),
    ...topics.flatMap((topic) =>
      topic.producers.map(
        ({ service, events }) => `  ${idOf(service)} == "${listed(events, topic)}" ==> ${idOf(topic.name)}`,
      ),
    ),
    ...topics.flatMap((topic) =>
      topic.consumers.map(
        ({ service, events }) => `  ${idOf(topic.name)} -- "${readBy(events, topic)}" --> ${idOf(service)}`,
      ),
    ),
  ].join("\n");
}

function idOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, "_");
}

/** Events in the order in which they are declared in the file, without their common first word. */
function listed(events: readonly string[], topic: TopicDeclaration): string {
  const names = [...topic.events]
    .sort((a, b) => a.source.line - b.source.line)
    .map(({ name }) => name)
    .filter((name) => events.includes(name));
  return names.map((name) => name.slice(name.indexOf(".") + 1)).join(", ");
}

function readBy(events: readonly string[], topic: TopicDeclaration): string {
  return events.length === topic.events.length ? "all" : listed(events, topic);
}
