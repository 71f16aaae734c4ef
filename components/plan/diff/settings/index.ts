import type { PlannedTopic } from "../../types.ts";
import { sortedSet } from "../hazard.ts";
import { affectedBy, reviewersOf, type StatePair } from "../state.ts";
import type { Change } from "../types.ts";
import { cleanupRule } from "./cleanup.ts";
import { dirtyRatioRule, maxCompactionLagRule, minCompactionLagRule, tombstoneRule } from "./compaction.ts";
import { classificationRule, labelsRule, residencyRule } from "./data.ts";
import { partitionsRule } from "./partitions.ts";
import {
  compressionRule,
  deprecationRule,
  descriptionRule,
  keyRule,
  maxMessageRule,
  timestampTypeRule,
} from "./records.ts";
import { localRetentionBytesRule, localRetentionRule, remoteStorageRule } from "./remote-storage.ts";
import { minInsyncRule, replicationRule } from "./replication.ts";
import { retentionBytesRule, retentionRule } from "./retention.ts";
import type { SettingRule, TopicPair } from "./rule.ts";
import { segmentAgeRule, segmentSizeRule } from "./segments.ts";

/** All topic fields that have a rule. */
export const settingRules: readonly SettingRule[] = [
  partitionsRule,
  retentionRule,
  retentionBytesRule,
  segmentAgeRule,
  segmentSizeRule,
  cleanupRule,
  tombstoneRule,
  minCompactionLagRule,
  maxCompactionLagRule,
  dirtyRatioRule,
  remoteStorageRule,
  localRetentionRule,
  localRetentionBytesRule,
  replicationRule,
  minInsyncRule,
  maxMessageRule,
  timestampTypeRule,
  compressionRule,
  keyRule,
  classificationRule,
  residencyRule,
  labelsRule,
  deprecationRule,
  descriptionRule,
];

/**
 * A change of a topic. If the topic's own declaration did not change, it also holds the stack's setting behind the
 * change.
 */
export interface SettingChange {
  readonly change: Change;
  readonly setting?: string;
}

/** Compares the settings of a topic that is in both states, field by field. */
export function compareSettings(pair: StatePair, before: PlannedTopic, after: PlannedTopic): SettingChange[] {
  const { name } = after;
  const declaredBefore = pair.before.declared.get(name);
  const declaredAfter = pair.after.declared.get(name);
  if (declaredBefore === declaredAfter && samePlan(before, after)) return [];
  const affected = affectedBy(pair, name);
  const topic: TopicPair = {
    pair,
    name,
    before,
    after,
    affected,
    ...(declaredBefore === undefined ? {} : { declaredBefore }),
    ...(declaredAfter === undefined ? {} : { declaredAfter }),
  };
  return settingRules.flatMap((rule): SettingChange[] => {
    const judgement = rule.judge(topic);
    if (judgement === undefined) return [];
    const setting = followedSetting(rule, topic);
    const { alsoAsk = [], ...judged } = judgement;
    const change: Change = {
      kind: "topic-changed",
      object: name,
      field: rule.field,
      ...judged,
      reviewers: judged.hazard === "safe" ? [] : sortedSet([...reviewersOf(pair, name, affected), ...alsoAsk]),
      ...(affected.length === 0 ? {} : { affected }),
      // If the topic no longer declares the field, the location is that of the topic.
      source: declaredAfter?.places[rule.field] ?? after.source,
    };
    return [{ change, ...(setting === undefined ? {} : { setting }) }];
  });
}

function samePlan(before: PlannedTopic, after: PlannedTopic): boolean {
  if (before.partitions !== after.partitions || before.replicationFactor !== after.replicationFactor) return false;
  const keys = Object.keys(before.config);
  return (
    keys.length === Object.keys(after.config).length && keys.every((key) => before.config[key] === after.config[key])
  );
}

/**
 * Returns the stack's setting behind a change, or undefined: the topic declares the same value as before, and the stack
 * another one.
 */
function followedSetting(
  { settings = [], declared }: SettingRule,
  { pair, declaredBefore, declaredAfter }: TopicPair,
): string | undefined {
  const changed = settings.find((setting) => pair.before.stack.topics[setting] !== pair.after.stack.topics[setting]);
  if (changed === undefined) return undefined;
  const was = declaredBefore === undefined ? undefined : declared(declaredBefore);
  const is = declaredAfter === undefined ? undefined : declared(declaredAfter);
  return was === is ? `topics.${changed}` : undefined;
}
