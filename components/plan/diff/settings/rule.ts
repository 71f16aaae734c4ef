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
  /** Absent for derived topics and the registry's topics. */
  readonly declaredBefore?: TopicDeclaration;
  readonly declaredAfter?: TopicDeclaration;
  readonly affected: readonly Affected[];
}

/** The judgement of a rule on one field of a topic. */
export type Judgement = Pick<Change, "before" | "after" | "hazard" | "effects" | "advice"> & {
  /** Teams whose approval is needed besides the topic's owners and users. Default: none. */
  readonly alsoAsk?: readonly string[];
};

/** One field of a topic with its rule. */
export interface SettingRule {
  readonly field: string;
  /** The stack's settings that apply if the topic declares nothing, or that scale the topic's value. */
  readonly settings?: readonly (keyof StackSettings["topics"])[];
  /**
   * Returns the value that the files declare in either state. If both values are equal, the change comes from the
   * stack.
   */
  readonly declared: (topic: TopicDeclaration) => unknown;
  /** Returns the judgement; undefined if nothing changes. */
  readonly judge: (topic: TopicPair) => Judgement | undefined;
}

/** Returns a configuration value of a topic as Kafka prints it; undefined if it is not set. */
export function configOf(topic: PlannedTopic, key: string): string | undefined {
  return Object.hasOwn(topic.config, key) ? topic.config[key] : undefined;
}

/** Returns a numeric configuration value; `absent` if there is none. */
export function numberOf(topic: PlannedTopic, key: string, absent: number): number {
  const value = configOf(topic, key);
  return value === undefined ? absent : Number(value);
}

/** Returns the names of the services with a role, sorted. */
export function servicesIn(affected: readonly Affected[], role: Affected["role"]): string[] {
  return affected.filter((each) => each.role === role).map(({ service }) => service);
}

/** Returns whether a topic is compacted, with or without deletion. */
export function isCompacted(topic: PlannedTopic): boolean {
  return (configOf(topic, "cleanup.policy") ?? "").includes("compact");
}

/** Data classes that may contain personal data. */
const personal: readonly (Classification | undefined)[] = ["confidential", "restricted"];

/**
 * Returns whether a topic may contain personal data. With a longer retention, such data is kept longer than its owners
 * and users agreed to.
 */
export function isPersonal({ declaredAfter }: TopicPair): boolean {
  return personal.includes(declaredAfter?.classification);
}
