/**
 * Retention of the tables and topics that the invariants use. Data is not judged against data that has already been removed.
 */
import type { TopicLog, TopicRecord } from "../evidence.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Rows of outbox_published and inbox stay 8 days; minus an hour for clocks and for the duration of a clean-up. */
export const ROWS_KEPT_MS = 8 * DAY_MS - HOUR_MS;
/** Rows of resolved dead-letter records stay 30 days. */
export const LETTERS_KEPT_MS = 30 * DAY_MS - HOUR_MS;

/**
 * Time from which the topic is complete: 0 if no partition lost its beginning. A row does not contain its partition, so the
 * partition that lost most decides.
 */
export function retainedFrom(topic: TopicLog, records: readonly TopicRecord[]): number {
  const trimmed = new Map(
    topic.partitions.filter(({ start }) => start > 0).map(({ partition }) => [partition, Infinity]),
  );
  if (trimmed.size === 0) return 0;
  for (const { topic: name, partition, timestamp } of records) {
    const earliest = name === topic.name ? trimmed.get(partition) : undefined;
    if (earliest !== undefined && timestamp < earliest) trimmed.set(partition, timestamp);
  }
  return Math.max(...trimmed.values());
}
