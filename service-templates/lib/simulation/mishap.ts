/** Seeded failures of a simulated external system: the same seed, call and attempt give the same result in any process. */
import { createHash } from "node:crypto";

/** `unavailable`: refused before anything was done. `silent`: done, but the answer is lost. */
export type Mishap = "unavailable" | "silent";

/** Returns the failure of one attempt of a call; undefined: none. Half of the failures are of each kind. */
export function mishapOf(seed: number, rate: number, reference: string, attempt: number): Mishap | undefined {
  const drawn =
    createHash("sha256").update(`${seed}\u0000${reference}\u0000${attempt}`).digest().readUInt32BE(0) / 2 ** 32;
  if (drawn >= rate) return undefined;
  return drawn < rate / 2 ? "unavailable" : "silent";
}
