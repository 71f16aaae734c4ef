import type { StackSettings } from "../../../model/stack/stack.ts";
import type { Classification, TopicDeclaration } from "../../../model/types.ts";
import type { PlannedTopic } from "../../types.ts";
import type { StatePair } from "../state.ts";
import type { Affected, Change } from "../types.ts";

/** A topic that is in both states. */
export interface TopicPair {
  readonly pair: StatePair;
  readonly name: string;
  readonly before: PlannedTopic;
  readonly after: PlannedTopic;
  /** Absent for derived topics and the registry's. */
  readonly declaredBefore?: TopicDeclaration;
  readonly declaredAfter?: TopicDeclaration;
  readonly affected: readonly Affected[];
}

/** What a rule says of one field of a topic. */
export type Judgement = Pick<Change, "before" | "after" | "hazard" | "effects" | "advice"> & {
  /** Teams that are asked beside the topic's owners and users. Default: none. */
  readonly alsoAsk?: readonly string[];
};

/** One field of a topic with its rule. */
export interface SettingRule {
  readonly field: string;
  /** The stack's settings that decide where a topic says nothing, or scale what it says. */
  readonly settings?: readonly (keyof StackSettings["topics"])[];
  /** What the files say, in either state: when it is equal, a change comes from the stack. */
  readonly declared: (topic: TopicDeclaration) => unknown;
  /** The judgement, or undefined when nothing changes. */
  readonly judge: (topic: TopicPair) => Judgement | undefined;
}

/** A topic's configuration value as Kafka prints it. */
export function configOf(topic: PlannedTopic, key: string): string | undefined {
  return Object.hasOwn(topic.config, key) ? topic.config[key] : undefined;
}

/** A numeric configuration value; `absent` where there is none. */
export function numberOf(topic: PlannedTopic, key: string, absent: number): number {
  const value = configOf(topic, key);
  return value === undefined ? absent : Number(value);
}

/** Names of the services in a role, sorted. */
export function servicesIn(affected: readonly Affected[], role: Affected["role"]): string[] {
  return affected.filter((each) => each.role === role).map(({ service }) => service);
}

/** Whether a topic's log is compacted, alone or beside deletion. */
export function isCompacted(topic: PlannedTopic): boolean {
  return (configOf(topic, "cleanup.policy") ?? "").includes("compact");
}

/** Classes of data that may be about people. */
const personal: readonly (Classification | undefined)[] = ["confidential", "restricted"];

/** Whether a topic may hold data about people: kept longer, it is kept longer than its owners and users agreed to. */
export function isPersonal({ declaredAfter }: TopicPair): boolean {
  return personal.includes(declaredAfter?.classification);
}
