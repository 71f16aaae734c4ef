/** Cleans up what a run leaves behind on purpose: an operator's list must contain only real dead-letter records. */
import { userInfo } from "node:os";
import { needsWork, readDeadLetters } from "../dlt/dead-letters.ts";
import { discardDeadLetters } from "../dlt/resolve.ts";
import { readParkedEvents } from "../outbox/parked-events.ts";
import { resolveEvents } from "../outbox/resolve.ts";
import type { ServerAccess } from "../platform/platform-access.ts";
import type { InjectedRecord } from "../witness.ts";
import type { Schedule } from "./schedule.ts";

/**
 * Discards the dead-letter records of records that the run wrote itself, including those that are too large to be published,
 * with the run as the reason.
 * @returns the number of discarded dead-letter records.
 */
export async function discardInjected(
  access: ServerAccess,
  injected: readonly InjectedRecord[],
  schedule: Schedule,
): Promise<number> {
  if (injected.length === 0) return 0;
  const places = new Set(injected.map(placeOf));
  const actor = {
    name: userInfo().username,
    reason: `written by kit chaos --scenario ${schedule.scenario} --seed ${schedule.seed}`,
  };
  const deadLetters = (await readDeadLetters(access)).filter(({ origin }) => places.has(placeOf(origin)));
  // A dead-letter record that cannot be published is parked under its own id.
  const ids = new Set(deadLetters.map(({ letterId }) => letterId));
  const parked = (await readParkedEvents(access)).filter(
    ({ eventId, state }) => state === "parked" && ids.has(eventId),
  );
  await resolveEvents(access, parked, "discard", actor);
  const open = deadLetters.filter(({ state }) => needsWork(state));
  await discardDeadLetters(access, open, { actor, again: false });
  return open.length;
}

function placeOf({
  topic,
  partition,
  offset,
}: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}): string {
  return `${topic}/${partition}/${offset}`;
}
