/**
 * Conditions that must hold after a fault is healed, besides the invariants: customers are served again, and unaffected
 * customers noticed nothing.
 */
import type { WitnessedFault } from "../witness.ts";
import type { Demand } from "./expectations.ts";
import type { Reading } from "./reading.ts";
import { NO_ANSWER } from "./reading.ts";
import type { Site } from "./site.ts";
import { lookFor } from "./site.ts";

/** A demand with its reading. */
export type DemandResult = NonNullable<WitnessedFault["demands"]>[number];

const LIMIT_MS = 10_000;

/** Reads until the demand is met or its time limit has passed. */
export async function insist(
  site: Pick<Site, "signal">,
  { what, read, met, limitMs = LIMIT_MS }: Demand,
  before: Reading,
): Promise<DemandResult> {
  let seen: Reading = NO_ANSWER;
  await lookFor(
    site,
    async () => {
      seen = await read().catch(() => NO_ANSWER);
      return met(before, seen) ? true : undefined;
    },
    limitMs,
  );
  return { what, seen: String(seen), met: met(before, seen) };
}
