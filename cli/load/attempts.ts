/** Combines the answers to one order's requests. */
import type { WitnessedOrder } from "../witness.ts";
import type { Answer } from "./post-order.ts";

/** State of an order after an answer. */
export interface Judgement {
  readonly outcome: WitnessedOrder["outcome"];
  /** Whether a retry with the same key can still bring a better answer. */
  readonly repeatable: boolean;
}

/** Statuses that mean "not now" and say nothing about the order. */
const NOT_NOW: ReadonlySet<number> = new Set([409, 425, 429]);

/**
 * Judges an answer.
 * @param doubtful - Whether an earlier request of the same order got no certain answer: the order may exist, and a rejected
 * retry does not undo it.
 */
export function judge(answer: Answer, doubtful: boolean): Judgement {
  const { status } = answer;
  if (status === undefined || status >= 500) return { outcome: "unknown", repeatable: true };
  if (status >= 200 && status < 300) return { outcome: "accepted", repeatable: false };
  if (!doubtful) return { outcome: "refused", repeatable: false };
  return { outcome: "unknown", repeatable: NOT_NOW.has(status) };
}
