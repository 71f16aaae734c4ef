/** The course of every fault: measure, strike, measure, hold, heal, measure. */
import type { WitnessedFault } from "../../witness.ts";
import type { Evidence, Probe, Reading } from "../probes.ts";
import { measure, measureUntilFelt } from "../probes.ts";
import type { Site } from "../site.ts";
import { waitUntil } from "../site.ts";

/** A fault as its makers describe it. */
export interface FaultCourse {
  readonly name: string;
  readonly probes: readonly Probe[];
  /** When to strike, milliseconds since the epoch. */
  readonly at: number;
  /** From the strike to the healing, at least. */
  readonly lengthMs: number;
  readonly strike: () => Promise<void>;
  /** Undoes it; called whatever happened, and must do no harm when there is nothing to undo. */
  readonly heal: () => Promise<void>;
}

/** How long a probe is repeated beyond the fault's length before it counts as not felt. */
const FEEL_LIMIT_MS = 20_000;
const AFTER_LIMIT_MS = 20_000;

/** Runs a fault from its moment to its healing. */
export async function runFault(site: Site, course: FaultCourse): Promise<WitnessedFault> {
  const { name, probes, lengthMs } = course;
  await waitUntil(site, course.at);
  const before = new Map<Probe, Reading>(await Promise.all(probes.map(async (probe) => [probe, await measure(probe)] as const)));
  const evidence: Evidence[] = [];
  const take = async (when: Probe["when"], limitMs: number): Promise<void> => {
    evidence.push(...await Promise.all(probes.filter((probe) => probe.when === when).map((probe) => measureUntilFelt(site, probe, before.get(probe) ?? 0, limitMs))));
  };
  const startedAt = site.now();
  site.note(`${name}: begins`);
  try {
    await course.strike();
    await take("during", lengthMs + FEEL_LIMIT_MS);
    await waitUntil(site, startedAt + lengthMs);
  } finally {
    site.note(`${name}: is healed now`);
    await course.heal();
  }
  const healedAt = site.now();
  site.note(`${name}: healed after ${Math.round((healedAt - startedAt) / 100) / 10} s`);
  await take("after", AFTER_LIMIT_MS);
  return {
    name, startedAt, healedAt,
    evidence: evidence.map(({ what, before: was, after }) => ({ what, before: was, after })),
    felt: evidence.length > 0 && evidence.every(({ felt }) => felt),
  };
}
