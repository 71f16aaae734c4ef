/** The expected content of the files that type the events of a project's services. Pure. */
import { dirname, join } from "node:path/posix";
import type { Model } from "../../components/model/types.ts";
import type { ServiceTemplate } from "../../components/services/template.ts";
import { SERVICES_FOLDER } from "../new-service/project-reading.ts";
import { eventsFile } from "./events-file.ts";
import { serviceEvents } from "./service-events.ts";

/** The typed events of one service. */
export interface EventsFile {
  readonly service: string;
  /** Relative to the project's root. */
  readonly path: string;
  readonly text: string;
}

type Template = Pick<ServiceTemplate, "name" | "kafka" | "runtime">;

/** Location of a service's file: beside its entry. */
export function eventsPath({ name, runtime }: Pick<Template, "name" | "runtime">): string {
  return join(SERVICES_FOLDER, name, dirname(runtime.entry), "events.generated.ts");
}

/** A file for each template that uses Kafka, in their order. */
export function eventsFiles(model: Model, templates: readonly Template[]): EventsFile[] {
  const events = serviceEvents(model);
  return templates
    .filter(({ kafka }) => kafka)
    .map((template) => ({
      service: template.name,
      path: eventsPath(template),
      text: eventsFile(template.name, events.get(template.name) ?? { consumes: [], publishes: [] }),
    }));
}
