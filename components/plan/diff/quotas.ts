import type { SourceLocation } from "../../model/problems/source-location.ts";
import type { TopicDeclaration } from "../../model/types.ts";
import type { PlannedQuota } from "../types.ts";
import type { SettingChange } from "./settings/index.ts";
import { type PlatformState, type StatePair, teamOf } from "./state.ts";
import type { Change } from "./types.ts";
import { rateText } from "./words.ts";

/**
 * Compares the quotas of the services that are in both states. For an added or removed service, the change of its
 * access covers the quota.
 */
export function compareQuotas(pair: StatePair): SettingChange[] {
  const before = new Map(pair.before.plan.quotas.map((quota) => [quota.principal, quota]));
  return pair.after.plan.quotas.flatMap((after) => {
    const old = before.get(after.principal);
    if (old === undefined) return [];
    return [...compareDirection(pair, "producer", old, after), ...compareDirection(pair, "consumer", old, after)];
  });
}

const directions = {
  producer: { rate: (quota: PlannedQuota) => quota.producerByteRate, verb: "write", setting: "quotas.producer" },
  consumer: { rate: (quota: PlannedQuota) => quota.consumerByteRate, verb: "read", setting: "quotas.consumer" },
} as const;

function compareDirection(
  pair: StatePair,
  direction: keyof typeof directions,
  old: PlannedQuota,
  fresh: PlannedQuota,
): SettingChange[] {
  const { rate, verb, setting } = directions[direction];
  const { principal } = fresh;
  const before = rate(old);
  const after = rate(fresh);
  const parts = {
    before: declaredParts(pair.before, principal, direction),
    after: declaredParts(pair.after, principal, direction),
  };
  if (before === after && JSON.stringify([...parts.before]) === JSON.stringify([...parts.after])) return [];
  // For an added or removed group, the change of the consumer covers it.
  if (before === undefined || after === undefined) return [];
  // The quota that was declared for a topic is removed with the topic. A lower quota for a topic that is still in use
  // slows the service down.
  const used = new Set(usedTopics(pair.after, principal, direction));
  const kept = [...parts.before].some(([topic, quota]) => used.has(topic) && quota !== parts.after.get(topic));
  const lowered = after < before && (kept || parts.before.size === 0);
  const effects: string[] = [];
  if (before === after) effects.push("the sum stays: brokers count per service, not per topic");
  else
    effects.push(
      `may ${verb} ${rateText(after)} on each broker (was ${rateText(before)})${lowered ? `: above it, its requests are delayed` : ""}`,
    );
  for (const [topic, quota] of parts.after) {
    const was = parts.before.get(topic);
    if (was !== quota) effects.push(`${topic}: ${quota}${was === undefined ? "" : ` (was ${was})`}`);
  }
  for (const [topic, quota] of parts.before) if (!parts.after.has(topic)) effects.push(`${topic}: none (was ${quota})`);
  const source = placeOf(
    pair.after,
    principal,
    direction,
    ({ name }) => parts.before.get(name) !== parts.after.get(name),
  );
  const change: Change = {
    kind: "quota-changed",
    object: principal,
    field: direction,
    before: rateText(before),
    after: rateText(after),
    hazard: lowered ? "approval" : "safe",
    effects,
    reviewers: lowered ? [teamOf(pair.after, principal)] : [],
    affected: [{ service: principal, team: teamOf(pair.after, principal), role: direction }],
    ...(source === undefined ? {} : { source }),
  };
  const follows = parts.before.size === 0 && parts.after.size === 0;
  return [{ change, ...(follows ? { setting } : {}) }];
}

function usedTopics(state: PlatformState, service: string, direction: keyof typeof directions): string[] {
  return direction === "producer"
    ? (state.topology.productions.get(service) ?? []).map(({ topic }) => topic.name)
    : (state.topology.groups.get(service)?.consumptions ?? []).map(({ topic }) => topic.name);
}

/**
 * Returns the location of the service's entry on the first topic whose quota changed; undefined if all of them follow
 * the stack.
 */
function placeOf(
  state: PlatformState,
  service: string,
  direction: keyof typeof directions,
  changed: (topic: TopicDeclaration) => boolean,
): SourceLocation | undefined {
  const entries =
    direction === "producer"
      ? (state.topology.productions.get(service) ?? []).map(({ topic, producer }) => ({
          topic,
          source: producer.source,
        }))
      : (state.topology.groups.get(service)?.consumptions ?? []).map(({ topic, consumer }) => ({
          topic,
          source: consumer.source,
        }));
  return entries.find(({ topic }) => changed(topic))?.source;
}

/** Returns the quotas that a service declares, by topic, as the files write them. */
function declaredParts(
  state: PlatformState,
  service: string,
  direction: keyof typeof directions,
): ReadonlyMap<string, string> {
  const declared =
    direction === "producer"
      ? (state.topology.productions.get(service) ?? []).map(({ topic, producer }) => ({ topic, quota: producer.quota }))
      : (state.topology.groups.get(service)?.consumptions ?? []).map(({ topic, consumer }) => ({
          topic,
          quota: consumer.quota,
        }));
  return new Map(
    declared.flatMap(({ topic, quota }) => (quota === undefined ? [] : [[topic.name, rateText(quota)] as const])),
  );
}
