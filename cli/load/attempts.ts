/** What the answers to one order's requests, taken together, say about it. */
import type { WitnessedOrder } from "../witness.ts";
import type { Answer } from "./post-order.ts";

/** Where an order stands after an answer. */
export interface Judgement {
  readonly outcome: WitnessedOrder["outcome"];
  /** Whether the same request with the same key can still bring a better answer. */
  readonly repeatable: boolean;
}

/** Answers that say "not now" and nothing about the order. */
const NOT_NOW: ReadonlySet<number> = new Set([409, 425, 429]);

/**
 * Judges an answer.
 * @param doubtful - Whether an earlier request of the same order went without a certain answer: the order may exist,
 * and a refusal of its repetition does not undo it.
 */
export function judge(answer: Answer, doubtful: boolean): Judgement {
  const { status } = answer;
  if (status === undefined || status >= 500) return { outcome: "unknown", repeatable: true };
  if (status >= 200 && status < 300) return { outcome: "accepted", repeatable: false };
  if (!doubtful) return { outcome: "refused", repeatable: false };
  return { outcome: "unknown", repeatable: NOT_NOW.has(status) };
}
