import { compareText } from "../model/problems/problem.ts";
import type { StackSettings } from "../model/stack/stack.ts";
import type { EventDeclaration, TopicDeclaration } from "../model/types.ts";
import { longestKept } from "./capacity/segments.ts";
import { declaredConfig, derivedConfig } from "./topics.ts";
import type { Topology } from "./topology.ts";
import type { ServiceClaimChecks } from "./types.ts";

/**
 * Returns the rights of a service in the claim-check store, or undefined if it has none. A producer writes and removes
 * objects below its own folder of a topic (`<topic>/<service>/`). A consumer reads the objects of the topic's
 * producers.
 */
export function planClaimChecks(
  service: string,
  topology: Topology,
  stack: StackSettings,
): ServiceClaimChecks | undefined {
  const stores = (topology.productions.get(service) ?? [])
    .filter(({ topic, producer }) => claimed(topic, producer.events).length > 0)
    .map(({ topic }) => {
      const keepMs = contentLife(topic, topology, stack);
      return { topic: topic.name, ...(keepMs === undefined ? {} : { keepMs }) };
    });
  const fetches = (topology.groups.get(service)?.consumptions ?? []).flatMap(({ topic, consumer }) => {
    // A consumer cannot handle a body without reading it. Only consumers that declare a field read that field.
    const events = claimed(topic, consumer.events).filter(
      ({ name, claimCheck }) => claimCheck?.field === undefined || consumer.fetches.includes(name),
    );
    if (events.length === 0) return [];
    const names = events.map(({ name }) => name);
    const producers = topic.producers
      .filter((producer) => producer.events.some((event) => names.includes(event)))
      .map((producer) => producer.service);
    return [
      {
        topic: topic.name,
        producers: producers.sort(compareText),
        atMost: Math.max(...events.map(({ claimCheck }) => claimCheck?.atMost ?? 0)),
      },
    ];
  });
  if (stores.length === 0 && fetches.length === 0) return undefined;
  return { stores: stores.sort((a, b) => compareText(a.topic, b.topic)), fetches };
}

function claimed(topic: TopicDeclaration, events: readonly string[]): EventDeclaration[] {
  return topic.events.filter(({ name, claimCheck }) => claimCheck !== undefined && events.includes(name));
}

/**
 * Returns how long a reference to the content can exist, in ms; undefined: forever. The record refers to it for as long
 * as the topic may keep the record. After that, the dead-letter record refers to it that a group may have written at
 * the last moment.
 */
export function contentLife(topic: TopicDeclaration, topology: Topology, stack: StackSettings): number | undefined {
  const life = longestKept(declaredConfig(topic, stack));
  const later = topic.consumers
    .map(({ service }) => topology.groups.get(service))
    .map((group) => (group === undefined ? 0 : longestKept(derivedConfig(group, stack))));
  return life === undefined || later.includes(undefined)
    ? undefined
    : life + Math.max(0, ...later.filter((each) => each !== undefined));
}
