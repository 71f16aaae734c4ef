/**
 * 14. No event is parked and no dead-letter record is open, unless a fault explains it: the witness wrote the record, or it is
 * a replay of one that the witness wrote. With a witness, failures that were open before the run are named but do not count
 * against the run.
 */
import type { DeadLetterRow, MessagingTables } from "../evidence.ts";
import type { Judgement } from "../verdict.ts";
import type { JudgeContext } from "./context.ts";
import { placeOf } from "./context.ts";

export function unresolvedFailures(context: JudgeContext): Judgement {
  const violations = context.newViolations();
  const figures = { parked: 0, openLetters: 0, explained: 0, beforeTheRun: 0 };
  const notes: string[] = [];
  const expected = new Set(
    (context.witness?.injected ?? []).flatMap(({ topic, partition, offset, groups }) =>
      groups.map((group) => `${group} ${topic}/${partition}/${offset}`),
    ),
  );
  for (const tables of context.evidence.messaging) {
    const { service } = tables;
    const explained = explainedDeadLetters(tables, expected);
    const before = (at: number): boolean => at < context.witnessedFrom;
    let earlier = 0;
    for (const deadLetter of openDeadLetters(tables)) {
      figures.openLetters += 1;
      if (explained.has(deadLetter.letterId)) figures.explained += 1;
      else if (before(deadLetter.failedAt)) earlier += 1;
      else
        violations.add(
          deadLetter.letterId,
          `of ${service} (${deadLetter.eventType} at ${placeOf(deadLetter)}, ${deadLetter.errorCode}) is open: fix the cause and \`kit dlt replay\` it, or \`kit dlt discard\` it`,
        );
    }
    for (const { eventId, eventType, topic, key, errorCode, parkedAt } of tables.parked) {
      figures.parked += 1;
      // A dead-letter record that is too large to be published is parked with its own id.
      if (explained.has(eventId)) figures.explained += 1;
      else if (before(parkedAt)) earlier += 1;
      else
        violations.add(
          eventId,
          `of ${service} (${eventType} of ${key ?? "no key"} for ${topic}, ${errorCode}) is parked: fix the cause and \`kit outbox retry\` it, or \`kit outbox discard\` it`,
        );
    }
    if (earlier > 0)
      notes.push(`${service}: ${earlier} were open before the run; \`kit dlt list\` and \`kit outbox list\` show them`);
    figures.beforeTheRun += earlier;
  }
  return { figures, violations, notes };
}

/** Dead-letter records that are neither replayed nor discarded; a replay that failed again has its own. */
export function openDeadLetters(tables: MessagingTables): readonly DeadLetterRow[] {
  const resolved = new Set(tables.actions.map(({ letterId }) => letterId));
  return tables.deadLetters.filter(({ letterId }) => !resolved.has(letterId));
}

/** Ids of dead-letter records that come from records of the witness, directly or through replays. */
function explainedDeadLetters(tables: MessagingTables, expected: ReadonlySet<string>): ReadonlySet<string> {
  const explained = new Set<string>();
  const replays = new Map<string, string[]>();
  for (const deadLetter of tables.deadLetters) {
    if (deadLetter.replayOf !== undefined)
      replays.set(deadLetter.replayOf, [...(replays.get(deadLetter.replayOf) ?? []), deadLetter.letterId]);
    if (expected.has(`${tables.service} ${placeOf(deadLetter)}`)) explained.add(deadLetter.letterId);
  }
  // The loop also visits ids that it adds.
  for (const letterId of explained) for (const replay of replays.get(letterId) ?? []) explained.add(replay);
  return explained;
}
