/** Behaviour of the clients in the saga's benchmarks. It is the same in all of them, so that their figures can be compared. */
import type { Arrivals, RepetitionPlan } from "../../../cli/project/bench.ts";
import { KitError } from "../../../cli/project/bench.ts";

/**
 * A careful client's retries, after a refusal with Retry-After or without an answer: the same key again, for as long as
 * its customer would wait.
 */
export const REPETITION: RepetitionPlan = { everyMs: 1_000, limitMs: 60_000 };
/** A client's timeout for an answer, in milliseconds. */
export const ANSWER_LIMIT_MS = 10_000;
/** Longest wait for an order's terminal state, in milliseconds: the saga times out after 30 s and then compensates. */
export const END_LIMIT_MS = 120_000;

/**
 * Returns the arrival pattern of orders from an option.
 * @throws KitError `KIT_USAGE` for any other word.
 */
export function arrivalsOf(text: string): Arrivals {
  if (text === "constant" || text === "poisson") return text;
  throw new KitError("KIT_USAGE", `${JSON.stringify(text)} is not constant or poisson.`);
}
