import { compareText } from "../model/problems/problem.ts";
import type { StackSettings } from "../model/stack/stack.ts";
import type { EventDeclaration, TopicDeclaration } from "../model/types.ts";
import { longestKept } from "./segments.ts";
import { declaredConfig, derivedConfig } from "./topics.ts";
import type { Topology } from "./topology.ts";
import type { ServiceClaimChecks } from "./types.ts";

/**
 * What a service may do in the store of claim checks: a producer writes and removes below its own folder of a topic
 * (`<topic>/<service>/`), a consumer reads what the topic's producers wrote. Undefined where it has nothing to do there.
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
    // A body can't be handled without being read; a field is read by those that say so.
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
 * How long content may be referred to, in ms: by its record for as long as the topic may keep it, then by the dead-letter
 * record that a group made of it at the last moment. Undefined: without end.
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
