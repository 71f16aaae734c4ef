/**
 * 6. The outbox is empty at rest. Every published row is in its topic at least once, with its key. There is no record without a
 * row, except recorded replays, records that the witness wrote, and records that became dead-letter records and are resolved.
 * Duplicates are allowed: a relay that dies between publishing and moving publishes again.
 */
import type { OutboxRow, TopicRecord } from "../evidence.ts";
import type { Judgement } from "../verdict.ts";
import type { JudgeContext } from "./context.ts";
import { isLate, placeOf } from "./context.ts";
import { ROWS_KEPT_MS, retainedFrom } from "./retention.ts";

export function publishedEvents(context: JudgeContext): Judgement {
  const violations = context.newViolations();
  const { evidence } = context;
  const figures = {
    waiting: 0,
    oldestWaitingMs: 0,
    published: 0,
    records: evidence.records.length,
    copies: 0,
    replays: 0,
    injected: 0,
    rejected: 0,
    beyondRetention: 0,
    missing: 0,
    withoutRow: 0,
  };
  const rows = new Map<string, { readonly row: OutboxRow; readonly waiting: boolean; seen: number }>();
  for (const { service, outbox, published } of evidence.messaging) {
    figures.waiting += outbox.length;
    figures.published += published.length;
    for (const row of outbox)
      figures.oldestWaitingMs = Math.max(figures.oldestWaitingMs, Math.round(evidence.takenAt - row.at));
    if (outbox.length > 0)
      violations.add(
        service,
        `${outbox.length} events wait in its outbox, for example ${outbox[0]?.eventType ?? ""} ${outbox[0]?.eventId ?? ""}`,
      );
    for (const row of published) rows.set(row.eventId, { row, waiting: false, seen: 0 });
    // Still in the outbox and already in the topic: a relay is working on it, or died in between.
    for (const row of outbox) rows.set(row.eventId, { row, waiting: true, seen: 0 });
  }

  const letters = replayedDeadLetters(context);
  const rejected = rejectedPlaces(context);
  for (const record of evidence.records) {
    if (record.replay !== undefined) {
      figures.replays += 1;
      if (!letters.has(`${record.replay.group} ${record.replay.letter}`))
        violations.add(
          placeOf(record),
          `is marked as a replay of dead-letter record ${record.replay.letter} for ${record.replay.group}, for which there is no audit row`,
        );
      continue;
    }
    if (context.injected.has(placeOf(record))) {
      figures.injected += 1;
      continue;
    }
    const known = record.rowId === undefined ? undefined : rows.get(record.rowId);
    if (known === undefined) {
      if (isLate(context, record) || evidence.takenAt - record.timestamp > ROWS_KEPT_MS) continue;
      if (rejected.has(placeOf(record))) {
        figures.rejected += 1;
        continue;
      }
      figures.withoutRow += 1;
      violations.add(placeOf(record), `${describe(record)} is in the topic and in no service's outbox`);
      continue;
    }
    if (known.row.topic !== record.topic || known.row.key !== record.key) {
      violations.add(
        placeOf(record),
        `${describe(record)} was written for ${known.row.topic} under the key ${known.row.key ?? "(none)"}`,
      );
      continue;
    }
    known.seen += 1;
    if (known.seen > 1) figures.copies += 1;
  }

  const retained = new Map(evidence.topics.map((topic) => [topic.name, retainedFrom(topic, evidence.records)]));
  for (const { row, waiting, seen } of rows.values()) {
    if (waiting || seen > 0) continue;
    if (row.at < (retained.get(row.topic) ?? 0)) {
      figures.beyondRetention += 1;
      continue;
    }
    figures.missing += 1;
    violations.add(row.eventId, `${row.eventType} of ${row.key ?? "no key"} was published and is not in ${row.topic}`);
  }
  return { figures, violations };
}

/** `group letter` of every recorded replay. */
function replayedDeadLetters(context: JudgeContext): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { service, actions } of context.evidence.messaging) {
    for (const { letterId, action } of actions) if (action === "replay") names.add(`${service} ${letterId}`);
  }
  return names;
}

/**
 * Positions of records that became dead-letter records and are resolved: replayed, discarded, or from before the run. Such a
 * record may come from outside; no group applied it.
 */
function rejectedPlaces(context: JudgeContext): ReadonlySet<string> {
  const places = new Set<string>();
  const open = new Set<string>();
  for (const { deadLetters, actions } of context.evidence.messaging) {
    const resolved = new Set(actions.map(({ letterId }) => letterId));
    for (const deadLetter of deadLetters)
      (resolved.has(deadLetter.letterId) || deadLetter.failedAt < context.witnessedFrom ? places : open).add(
        placeOf(deadLetter),
      );
  }
  for (const place of open) places.delete(place);
  return places;
}

function describe(record: TopicRecord): string {
  return `${record.eventType ?? "a record without event-type"} ${record.eventId ?? "without event-id"} of ${record.key ?? "no key"}`;
}
