import { compareText } from "../model/problem.ts";

/** A topic whose number of partitions would go down. */
export interface LoweredPartitions {
  readonly topic: string;
  readonly before: number;
  readonly after: number;
}

/**
 * Topics that are in both and would lose partitions, sorted. Kafka can't lower them: a tool that tries
 * deletes the topic with its data and makes it anew. Removed topics are not listed.
 */
export function loweredPartitions(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): LoweredPartitions[] {
  return Object.keys(before)
    .sort(compareText)
    .flatMap((topic) => {
      const was = before[topic];
      const now = Object.hasOwn(after, topic) ? after[topic] : undefined;
      return was === undefined || now === undefined || now >= was ? [] : [{ topic, before: was, after: now }];
    });
}

/** What a lowering would do, in words. */
export function describeLowered({ topic, before, after }: LoweredPartitions): string {
  return `topic ${topic} has ${before} partitions and would be lowered to ${after}. Kafka cannot take partitions away: the topic and all its data would be deleted and made anew.`;
}

/** What to type instead of a lowering. */
export function insteadOfLowering({ topic, before }: LoweredPartitions): string {
  return `set partitions of ${topic} back to ${before} or more; for fewer partitions declare a new topic and move its producers and consumers over`;
}
