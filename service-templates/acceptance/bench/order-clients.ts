/** How the clients of the saga's benchmarks behave: all of them alike, so that their figures can be compared. */
import type { Arrivals, RepetitionPlan } from "../../../cli/project/bench.ts";
import { KitError } from "../../../cli/project/bench.ts";

/** What a careful client does when it is told to come again, or not told anything: the same key again, as long as its customer may wait. */
export const REPETITION: RepetitionPlan = { everyMs: 1_000, limitMs: 60_000 };
/** How long a client waits for an answer, in milliseconds. */
export const ANSWER_LIMIT_MS = 10_000;
/** How long an order may take to its end, in milliseconds: the saga gives up on one after 30 s and then compensates. */
export const END_LIMIT_MS = 120_000;

/**
 * How orders arrive, from an option.
 * @throws KitError `KIT_USAGE` for another word.
 */
export function arrivalsOf(text: string): Arrivals {
  if (text === "constant" || text === "poisson") return text;
  throw new KitError("KIT_USAGE", `${JSON.stringify(text)} is not constant or poisson.`);
}
