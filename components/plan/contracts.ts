import { formatDuration } from "../model/duration.ts";
import { deadLetterTopicName, retryTopicName } from "../model/names.ts";
import { compareText } from "../model/problem.ts";
import { schemasFolder } from "../model/source-file.ts";
import type { StackSettings } from "../model/stack.ts";
import type { EventDeclaration, TopicDeclaration } from "../model/types.ts";
import { planClaimChecks } from "./claim-checks.ts";
import { subjectName } from "./subjects.ts";
import type { Topology } from "./topology.ts";
import type { ServiceContract } from "./types.ts";

/** A contract for each service with access to Kafka, sorted by service. */
export function planContracts(topology: Topology, stack: StackSettings): ServiceContract[] {
  return topology.services.map((service) => {
    const group = topology.groups.get(service);
    const publishes = (topology.productions.get(service) ?? []).flatMap(({ topic, producer }) =>
      eventsOf(topic, producer.events).map((event) => ({
        event: event.name,
        topic: topic.name,
        subject: subjectName(topic.name, event.record),
        record: event.record,
        schema: schemaPath(event),
        ...(event.claimCheck === undefined ? {} : { claimCheck: event.claimCheck }),
      })),
    );
    const claimChecks = planClaimChecks(service, topology, stack);
    const instances = stack.services[service]?.replicas ?? Math.max(1, ...(group?.consumptions.map(({ consumer }) => consumer.instances) ?? []));
    return {
      service,
      ...(group === undefined ? {} : { group: service, deadLetterTopic: deadLetterTopicName(service) }),
      instances,
      consumes: (group?.consumptions ?? []).map(({ topic, consumer }) => ({
        topic: topic.name,
        events: eventsOf(topic, consumer.events).map((event) => ({ event: event.name, record: event.record, schema: schemaPath(event) })),
      })),
      retryTopics: (group?.retryDelays ?? []).map((delayMs) => ({ topic: retryTopicName(service, formatDuration(delayMs)), delayMs })),
      publishes: publishes.sort((a, b) => compareText(a.event, b.event)),
      ...(claimChecks === undefined ? {} : { claimChecks }),
    };
  });
}

function eventsOf(topic: TopicDeclaration, names: readonly string[]): EventDeclaration[] {
  return topic.events.filter((event) => names.includes(event.name));
}

/** Path below the folder of schemas, where the model holds every schema to be. */
function schemaPath(event: EventDeclaration): string {
  return event.schemaPath.slice(schemasFolder.length);
}
