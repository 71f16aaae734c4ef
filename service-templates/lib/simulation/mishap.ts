/** Chance of a simulated outside system, decided by a seed: the same seed, call and attempt meet the same fate in any process. */
import { createHash } from "node:crypto";

/** `unavailable`: refused before anything was done. `silent`: done, but the answer is lost. */
export type Mishap = "unavailable" | "silent";

/** What goes wrong with one attempt of a call; undefined: nothing. Half of the mishaps are of either kind. */
export function mishapOf(seed: number, rate: number, reference: string, attempt: number): Mishap | undefined {
  const drawn =
    createHash("sha256").update(`${seed}\u0000${reference}\u0000${attempt}`).digest().readUInt32BE(0) / 2 ** 32;
  if (drawn >= rate) return undefined;
  return drawn < rate / 2 ? "unavailable" : "silent";
}
