/**
 * 9. The order of events per key: in each topic, the first occurrences of a service's events of one key are in the order of
 * their outbox positions, and each group applied them in the order of their offsets. Later duplicates may be anywhere, because
 * the inbox discards them.
 */
import type { InboxRow, ServiceContract, TopicRecord } from "../evidence.ts";
import type { Judgement, Violations } from "../verdict.ts";
import type { JudgeContext } from "./context.ts";
import { placeOf } from "./context.ts";

export function keyOrder(context: JudgeContext): Judgement {
  const violations = context.newViolations();
  const figures = { keys: 0, events: 0, applied: 0, appliedTogether: 0, delayed: 0, keysInSeveralPartitions: 0 };
  topicOrder(context, figures, violations);
  const keys = new Map<string, string | null>();
  for (const record of context.evidence.records)
    if (context.kinds.get(record.topic) === "event") keys.set(placeOf(record), record.key);
  for (const contract of context.consumers) applicationOrder(context, contract, keys, figures, violations);
  const notes =
    figures.keysInSeveralPartitions === 0
      ? []
      : [
          `${figures.keysInSeveralPartitions} keys have records in several partitions of a topic (partitions were added): their order was judged within each`,
        ];
  return { figures, violations, notes };
}

interface OrderFigures {
  keys: number;
  events: number;
  applied: number;
  appliedTogether: number;
  delayed: number;
  keysInSeveralPartitions: number;
}

interface Latest {
  position: number;
  record: TopicRecord;
}

function topicOrder(context: JudgeContext, figures: OrderFigures, violations: Violations): void {
  const rows = new Map<string, { readonly service: string; readonly position: number }>();
  for (const { service, published, outbox } of context.evidence.messaging) {
    for (const { eventId, position } of published) rows.set(eventId, { service, position });
    for (const { eventId, position } of outbox) rows.set(eventId, { service, position });
  }
  const seen = new Set<string>();
  const latest = new Map<string, Latest>();
  const partitions = new Map<string, number>();
  const spread = new Set<string>();
  for (const record of context.evidence.records) {
    const { topic, key, eventId, partition } = record;
    // Dead-letter and delayed records have their own rows; a replay comes later on purpose.
    if (
      context.kinds.get(topic) !== "event" ||
      key === null ||
      eventId === undefined ||
      record.replay !== undefined ||
      seen.has(eventId)
    )
      continue;
    const row = rows.get(eventId);
    if (row === undefined || context.injected.has(placeOf(record))) continue;
    seen.add(eventId);
    figures.events += 1;
    const home = `${topic}\n${key}`;
    const partitionBefore = partitions.get(home);
    if (partitionBefore === undefined) {
      partitions.set(home, partition);
      figures.keys += 1;
    } else if (partitionBefore !== partition) spread.add(home);
    const place = `${row.service}\n${home}\n${partition}`;
    const before = latest.get(place);
    if (before === undefined) latest.set(place, { position: row.position, record });
    else if (row.position < before.position) {
      violations.add(
        key,
        `${record.eventType ?? eventId} at ${placeOf(record)} was written before ${before.record.eventType ?? "the event"} at ${placeOf(before.record)} (outbox positions ${row.position} and ${before.position})`,
      );
    } else {
      before.position = row.position;
      before.record = record;
    }
  }
  figures.keysInSeveralPartitions = spread.size;
}

function applicationOrder(
  context: JudgeContext,
  contract: ServiceContract,
  keys: ReadonlyMap<string, string | null>,
  figures: OrderFigures,
  violations: Violations,
): void {
  const tables = context.messaging.get(contract.service);
  if (tables === undefined) return;
  // A delayed record is applied after later ones, as the group requested.
  const delayed = delayedPlaces(context, contract);
  const rows = tables.inbox.toSorted((a, b) =>
    a.topic === b.topic ? a.partition - b.partition || a.offset - b.offset : a.topic < b.topic ? -1 : 1,
  );
  const latest = new Map<string, InboxRow>();
  for (const row of rows) {
    const place = placeOf(row);
    const key = keys.get(place);
    if (key === undefined || key === null) continue;
    if (delayed.has(place)) {
      figures.delayed += 1;
      continue;
    }
    figures.applied += 1;
    const name = `${row.topic}\n${row.partition}\n${key}`;
    const before = latest.get(name);
    if (before === undefined) latest.set(name, row);
    // One batch applies its events in order in one transaction; the times of its rows add no information.
    else if (before.transaction === row.transaction) figures.appliedTogether += 1;
    else if (row.processedAt < before.processedAt) {
      violations.add(
        key,
        `${contract.service} applied ${row.eventType} (${place}) ${Math.ceil(before.processedAt - row.processedAt)} ms before ${before.eventType} (${placeOf(before)})`,
      );
    } else latest.set(name, row);
  }
}

function delayedPlaces(context: JudgeContext, contract: ServiceContract): ReadonlySet<string> {
  const topics = new Set(contract.retryTopics.map(({ topic }) => topic));
  if (topics.size === 0) return new Set();
  return new Set(
    context.evidence.records.flatMap((record) =>
      topics.has(record.topic) && record.origin !== undefined ? [placeOf(record.origin)] : [],
    ),
  );
}
