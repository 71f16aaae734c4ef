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

/** Says what a lowering would do and what to type instead. */
export function describeLowered({ topic, before, after }: LoweredPartitions): string {
  return `${topic} has ${before} partitions; ${after} are declared. Kafka can't lower the number: the topic would be deleted with all its records and made anew. Set partitions back to ${before}, or declare a new topic and move its consumers there.`;
}
