import { compareText } from "../model/problems/problem.ts";

/** A topic whose number of partitions would be reduced. */
export interface LoweredPartitions {
  readonly topic: string;
  readonly before: number;
  readonly after: number;
  /** The stack's factor for the partitions of all topics, if it causes the reduction. */
  readonly factor?: LoweredFactor;
}

/** A reduction of a stack's `topics.partitionFactor`. */
export interface LoweredFactor {
  readonly before: number;
  readonly after: number;
}

/** Returns the factor if it is reduced; undefined if it is equal, larger, or was not known. */
export function loweredFactor(before: number | undefined, after: number | undefined): LoweredFactor | undefined {
  return before === undefined || after === undefined || after >= before ? undefined : { before, after };
}

/**
 * Returns the topics that are in both states and would lose partitions, sorted. Kafka cannot reduce partitions: a tool
 * that tries deletes the topic with its data and recreates it. Removed topics are not listed.
 * @param factor - The factor that reduces all of them at once.
 */
export function loweredPartitions(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  factor?: LoweredFactor,
): LoweredPartitions[] {
  return Object.keys(before)
    .sort(compareText)
    .flatMap((topic) => {
      const was = before[topic];
      const now = Object.hasOwn(after, topic) ? after[topic] : undefined;
      return was === undefined || now === undefined || now >= was
        ? []
        : [{ topic, before: was, after: now, ...(factor === undefined ? {} : { factor }) }];
    });
}

/** Returns the effect of a reduction, as text. */
export function describeLowered({ topic, before, after }: LoweredPartitions): string {
  return `topic ${topic} has ${before} partitions and would be lowered to ${after}. Kafka cannot take partitions away: the topic and all its data would be deleted and recreated.`;
}

/** Returns what to write instead of a reduction. */
export function insteadOfLowering({ topic, before, factor }: LoweredPartitions): string {
  const back =
    factor === undefined
      ? `set partitions of ${topic} back to ${before} or more`
      : `set topics.partitionFactor in the stack's file back to ${factor.before}, it is ${factor.after} now and scales every topic`;
  return `${back}; for fewer partitions declare a new topic and move its producers and consumers over`;
}
