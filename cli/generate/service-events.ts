/** The events of each service: the model, which is ordered by topic, from the view of its services. Pure. */
import { compareText } from "../../components/model/problems/problem.ts";
import type { EventDeclaration, Model, TopicDeclaration } from "../../components/model/types.ts";
import { topologyOf } from "../../components/plan/topology.ts";

/** An event of a service. */
export interface ServiceEvent {
  readonly declared: EventDeclaration;
  readonly topic: TopicDeclaration;
}

/** The events that a service consumes and publishes, each sorted by event; an event on several topics appears once. */
export interface ServiceEvents {
  readonly consumes: readonly ServiceEvent[];
  readonly publishes: readonly ServiceEvent[];
}

/** The events of every service that has access to Kafka, over all environments. */
export function serviceEvents(model: Model): ReadonlyMap<string, ServiceEvents> {
  const { services, groups, productions } = topologyOf(model);
  return new Map(
    services.map((service) => [
      service,
      {
        consumes: eventsOf(
          groups.get(service)?.consumptions.map(({ topic, consumer }) => ({ topic, names: consumer.events })) ?? [],
        ),
        publishes: eventsOf(
          productions.get(service)?.map(({ topic, producer }) => ({ topic, names: producer.events })) ?? [],
        ),
      },
    ]),
  );
}

function eventsOf(
  topics: readonly { readonly topic: TopicDeclaration; readonly names: readonly string[] }[],
): ServiceEvent[] {
  const events = new Map<string, ServiceEvent>();
  for (const { topic, names } of topics)
    for (const declared of topic.events)
      if (names.includes(declared.name) && !events.has(declared.name)) events.set(declared.name, { declared, topic });
  return [...events.values()].sort((a, b) => compareText(a.declared.name, b.declared.name));
}
