/** What a run leaves behind on purpose is put away: an operator's list of dead letters is for real ones. */
import { userInfo } from "node:os";
import { readLetters, needsWork } from "../dlt/letters.ts";
import { discardLetters } from "../dlt/resolve.ts";
import type { ServerAccess } from "../platform-access.ts";
import type { InjectedRecord } from "../witness.ts";
import type { Schedule } from "./schedule.ts";

/**
 * Discards the letters of records that the run wrote itself, with the run as the reason.
 * @returns how many.
 */
export async function discardInjected(access: ServerAccess, injected: readonly InjectedRecord[], schedule: Schedule): Promise<number> {
  if (injected.length === 0) return 0;
  const places = new Set(injected.map(placeOf));
  const letters = (await readLetters(access)).filter(({ origin, state }) => needsWork(state) && places.has(placeOf(origin)));
  await discardLetters(access, letters, { actor: { name: userInfo().username, reason: `written by kit chaos --scenario ${schedule.scenario} --seed ${schedule.seed}` }, again: false });
  return letters.length;
}

function placeOf({ topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: string }): string {
  return `${topic}/${partition}/${offset}`;
}
