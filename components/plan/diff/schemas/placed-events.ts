/** An event with its topic, for computing the effects of a change. */
import type { EventDeclaration, TopicDeclaration } from "../../../model/types.ts";
import { sortedSet } from "../hazard.ts";
import { affectedBy, type StatePair } from "../state.ts";
import type { Affected } from "../types.ts";

export interface PlacedEvent {
  readonly topic: TopicDeclaration;
  readonly event: EventDeclaration;
}

/** Returns the consumers of an event in either state, and its producers. */
export function handlersOf(pair: StatePair, { topic, event }: PlacedEvent): Affected[] {
  const names = new Map([pair.before, pair.after].map((state) => [state, state.declared.get(topic.name)]));
  const handles = (service: string, role: Affected["role"]): boolean =>
    [...names.values()].some(
      (declared) =>
        (role === "consumer" ? declared?.consumers : declared?.producers)?.some(
          (each) => each.service === service && each.events.includes(event.name),
        ) === true,
    );
  return affectedBy(pair, topic.name).filter(({ service, role }) => handles(service, role));
}

export function named({ topic, event }: PlacedEvent): string {
  return `${topic.name}/${event.name}`;
}

export function withAffected(affected: readonly Affected[]): { affected?: readonly Affected[] } {
  return affected.length === 0 ? {} : { affected };
}

export function uniqueAffected(affected: readonly Affected[]): Affected[] {
  const byKey = new Map(affected.map((each) => [`${each.service} ${each.role}`, each]));
  return sortedSet(byKey.keys()).flatMap((key) => byKey.get(key) ?? []);
}
