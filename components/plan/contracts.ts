import { compareText } from "../model/problems/problem.ts";
import { dependenciesFirst } from "../model/schemas/shared-types.ts";
import { schemasFolder } from "../model/source-file.ts";
import type { StackSettings } from "../model/stack/stack.ts";
import type { EventDeclaration, TopicDeclaration } from "../model/types.ts";
import { formatDuration } from "../model/values/duration.ts";
import { deadLetterTopicName, retryTopicName } from "../model/values/names.ts";
import { planClaimChecks } from "./claim-checks.ts";
import { subjectName } from "./subjects.ts";
import type { Topology } from "./topology.ts";
import type { ContractType, ServiceContract } from "./types.ts";

/** Returns a contract for each service with access to Kafka, sorted by service. */
export function planContracts(topology: Topology, stack: StackSettings): ServiceContract[] {
  return topology.services.map((service) => {
    const group = topology.groups.get(service);
    const publishes = (topology.productions.get(service) ?? []).flatMap(({ topic, producer }) =>
      eventsOf(topic, producer.events).map((event) => ({
        event: event.name,
        topic: topic.name,
        ...keyOf(topic),
        subject: subjectName(topic.name, event.record),
        record: event.record,
        schema: schemaPath(event.schemaPath),
        ...referencesOf(event),
        ...(event.claimCheck === undefined ? {} : { claimCheck: event.claimCheck }),
      })),
    );
    const claimChecks = planClaimChecks(service, topology, stack);
    const instances =
      stack.services[service]?.replicas ??
      Math.max(1, ...(group?.consumptions.map(({ consumer }) => consumer.instances) ?? []));
    return {
      service,
      ...(group === undefined ? {} : { group: service, deadLetterTopic: deadLetterTopicName(service) }),
      instances,
      consumes: (group?.consumptions ?? []).map(({ topic, consumer }) => ({
        topic: topic.name,
        ...keyOf(topic),
        events: eventsOf(topic, consumer.events).map((event) => ({
          event: event.name,
          record: event.record,
          schema: schemaPath(event.schemaPath),
          ...referencesOf(event),
        })),
      })),
      retryTopics: (group?.retryDelays ?? []).map((delayMs) => ({
        topic: retryTopicName(service, formatDuration(delayMs)),
        delayMs,
      })),
      publishes: publishes.sort((a, b) => compareText(a.event, b.event)),
      ...typesOf(
        [
          ...(topology.productions.get(service) ?? []).map(({ topic, producer }) => eventsOf(topic, producer.events)),
          ...(group?.consumptions ?? []).map(({ topic, consumer }) => eventsOf(topic, consumer.events)),
        ].flat(),
      ),
      ...(claimChecks === undefined ? {} : { claimChecks }),
    };
  });
}

function keyOf({ key }: TopicDeclaration): { key?: string } {
  return key === undefined ? {} : { key };
}

function eventsOf(topic: TopicDeclaration, names: readonly string[]): EventDeclaration[] {
  return topic.events.filter((event) => names.includes(event.name));
}

function referencesOf({ references }: EventDeclaration): { references?: readonly string[] } {
  return references === undefined ? {} : { references: references.types.map(({ name }) => name) };
}

function typesOf(events: readonly EventDeclaration[]): { types?: readonly ContractType[] } {
  const direct = [
    ...new Map(events.flatMap(({ references }) => references?.types ?? []).map((type) => [type.name, type])).values(),
  ].sort((a, b) => compareText(a.name, b.name));
  if (direct.length === 0) return {};
  return {
    types: dependenciesFirst(direct).map(({ name, schemaPath: path, types }) => ({
      name,
      schema: schemaPath(path),
      references: types.map((type) => type.name),
    })),
  };
}

/** Returns the path below the schema folder. The model guarantees that every schema is in that folder. */
function schemaPath(path: string): string {
  return path.slice(schemasFolder.length);
}
