/**
 * 8. Every dead-letter row has its record in the group's dead-letter topic and every record its row, each with its origin and
 * replayable byte for byte. With a witness, exactly the injected records became dead-letter records.
 */
import type { MessagingTables, ServiceContract, TopicRecord } from "../evidence.ts";
import type { Judgement, Violations } from "../verdict.ts";
import type { JudgeContext } from "./context.ts";
import { isLate, placeOf } from "./context.ts";
import { LETTERS_KEPT_MS } from "./retention.ts";
import { openDeadLetters } from "./unresolved-failures.ts";

export function deadLetters(context: JudgeContext): Judgement {
  const violations = context.newViolations();
  const { evidence, witness } = context;
  const byTopic = Map.groupBy(evidence.records, (record) => record.topic);
  const figures = {
    letters: 0,
    open: 0,
    replayed: 0,
    discarded: 0,
    records: 0,
    injected: 0,
    expected: 0,
    beforeTheRun: 0,
  };
  const notes: string[] = [];
  for (const contract of context.consumers) {
    const tables = context.messaging.get(contract.service);
    if (tables === undefined) continue;
    compareGroup(context, contract, tables, byTopic, figures, violations);
    figures.open += openDeadLetters(tables).length;
  }
  if (witness !== undefined) compareWitness(context, figures, violations, notes);
  return { figures, violations, notes };
}

interface DeadLetterFigures {
  letters: number;
  replayed: number;
  discarded: number;
  records: number;
  injected: number;
  expected: number;
  beforeTheRun: number;
}

function compareGroup(
  context: JudgeContext,
  contract: ServiceContract,
  tables: MessagingTables,
  byTopic: ReadonlyMap<string, readonly TopicRecord[]>,
  figures: DeadLetterFigures,
  violations: Violations,
): void {
  const { service } = contract;
  const records = contract.deadLetterTopic === undefined ? [] : (byTopic.get(contract.deadLetterTopic) ?? []);
  figures.records += records.length;
  figures.letters += tables.deadLetters.length;
  for (const { action } of tables.actions) figures[action === "replay" ? "replayed" : "discarded"] += 1;

  const rows = new Set(tables.deadLetters.map(({ letterId }) => letterId));
  const resolved = new Set(tables.actions.map(({ letterId }) => letterId));
  const found = new Map<string, TopicRecord>();
  for (const record of records) {
    if (context.injected.has(placeOf(record))) continue;
    if (record.lacks.length > 0 || record.rowId === undefined) {
      violations.add(
        placeOf(record),
        `is a dead-letter record without ${record.lacks.join(", ")}: it cannot be replayed`,
      );
      continue;
    }
    const before = found.get(record.rowId);
    // At least once: the relay may write a dead-letter record again, but never another one with the same id.
    if (
      before !== undefined &&
      (before.size !== record.size || before.digest !== record.digest || before.key !== record.key)
    ) {
      violations.add(
        placeOf(record),
        `and ${placeOf(before)} are the same dead-letter record ${record.rowId} with different bytes`,
      );
    }
    found.set(record.rowId, record);
    // A resolved dead-letter row is removed after its retention, a little before or after its record.
    const expired = context.evidence.takenAt - record.timestamp > LETTERS_KEPT_MS;
    if (!rows.has(record.rowId) && !resolved.has(record.rowId) && !expired && !isLate(context, record))
      violations.add(
        placeOf(record),
        `is a dead-letter record of ${service} that is missing in its table dead_letters`,
      );
  }

  const waiting = new Set([
    ...[...tables.outbox, ...tables.parked].map(({ eventId }) => eventId),
    ...tables.discardedEvents,
  ]);
  const origins = new Map<string, TopicRecord>();
  const wanted = new Set(tables.deadLetters.map(placeOf));
  for (const { topic } of contract.consumes)
    for (const record of byTopic.get(topic) ?? [])
      if (wanted.has(placeOf(record))) origins.set(placeOf(record), record);
  const trimmed =
    contract.deadLetterTopic !== undefined &&
    (context.evidence.topics
      .find(({ name }) => name === contract.deadLetterTopic)
      ?.partitions.some(({ start }) => start > 0) ??
      false);
  for (const deadLetter of tables.deadLetters) {
    const record = found.get(deadLetter.letterId);
    if (record === undefined) {
      if (!waiting.has(deadLetter.letterId) && !trimmed)
        violations.add(
          deadLetter.letterId,
          `of ${service} (${deadLetter.eventType} at ${placeOf(deadLetter)}) has no record in ${contract.deadLetterTopic ?? "a dead-letter topic"}`,
        );
      continue;
    }
    const origin = origins.get(placeOf(deadLetter));
    if (
      origin !== undefined &&
      (origin.size !== record.size || origin.digest !== record.digest || origin.key !== record.key)
    ) {
      violations.add(
        deadLetter.letterId,
        `of ${service} differs from its origin ${placeOf(deadLetter)}: a replay would not bring the same record`,
      );
    }
  }
}

function compareWitness(
  context: JudgeContext,
  figures: DeadLetterFigures,
  violations: Violations,
  notes: string[],
): void {
  const { witness, witnessedFrom } = context;
  const expected = new Set<string>();
  const elsewhere = new Set<string>();
  for (const { topic, partition, offset, kind, groups } of witness?.injected ?? []) {
    figures.injected += 1;
    for (const group of groups) {
      const tables = context.messaging.get(group);
      if (tables === undefined) {
        elsewhere.add(group);
        continue;
      }
      figures.expected += 1;
      const place = `${topic}/${partition}/${offset}`;
      expected.add(`${group} ${place}`);
      if (!tables.deadLetters.some((deadLetter) => placeOf(deadLetter) === place))
        violations.add(place, `was injected (${kind}) and is not a dead-letter record of ${group}`);
    }
  }
  if (elsewhere.size > 0)
    notes.push(`injected for groups that are not deployed: ${[...elsewhere].toSorted().join(", ")}`);
  for (const { service, deadLetters: letters } of context.evidence.messaging) {
    for (const deadLetter of letters) {
      // A replay that fails again belongs to the operator who replayed it.
      if (expected.has(`${service} ${placeOf(deadLetter)}`) || deadLetter.replayOf !== undefined) continue;
      if (deadLetter.failedAt < witnessedFrom) figures.beforeTheRun += 1;
      else
        violations.add(
          deadLetter.letterId,
          `of ${service} (${deadLetter.eventType} at ${placeOf(deadLetter)}, ${deadLetter.errorCode}) was not injected`,
        );
    }
  }
}
