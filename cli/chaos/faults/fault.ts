/** The course of every fault: measure, inject, measure, wait, heal, measure. */
import type { WitnessedFault } from "../../witness.ts";
import { insist } from "../demands.ts";
import type { Demand, Probe } from "../expectations.ts";
import type { Evidence } from "../probes.ts";
import { measure, measureUntilFelt } from "../probes.ts";
import type { Reading } from "../reading.ts";
import type { Site } from "../site.ts";
import { waitUntil } from "../site.ts";

/** A fault's description. */
export interface FaultCourse {
  readonly name: string;
  readonly probes: readonly Probe[];
  /** Conditions that must hold once it is healed. @default only the invariants */
  readonly demands?: readonly Demand[];
  /** Time of injection, milliseconds since the epoch. */
  readonly at: number;
  /** Minimum time from the injection to the healing. */
  readonly lengthMs: number;
  readonly strike: () => Promise<void>;
  /** Undoes the fault. Always called, and must be harmless when there is nothing to undo. */
  readonly heal: () => Promise<void>;
}

/** Time beyond the fault's length during which a probe is repeated before the fault counts as not felt. */
const FEEL_LIMIT_MS = 20_000;
const AFTER_LIMIT_MS = 20_000;

/** Runs a fault from its injection to its healing. */
export async function runFault(site: Site, course: FaultCourse): Promise<WitnessedFault> {
  const { name, lengthMs } = course;
  const { beside } = site;
  const probes = [...course.probes, ...(beside?.probes ?? [])];
  const demands = [...(course.demands ?? []), ...(beside?.demands ?? [])];
  await waitUntil(site, course.at);
  const before = new Map<Probe | Demand, Reading>(
    await Promise.all([...probes, ...demands].map(async (probe) => [probe, await measure(probe)] as const)),
  );
  const evidence: Evidence[] = [];
  const take = async (when: Probe["when"], limitMs: number): Promise<void> => {
    evidence.push(
      ...(await Promise.all(
        probes
          .filter((probe) => probe.when === when)
          .map((probe) => measureUntilFelt(site, probe, before.get(probe) ?? 0, limitMs)),
      )),
    );
  };
  const startedAt = site.now();
  site.note(`${name}: begins`);
  try {
    await course.strike();
    if (beside !== undefined) beside.window.from = site.now();
    await take("during", lengthMs + FEEL_LIMIT_MS);
    await waitUntil(site, startedAt + lengthMs);
  } finally {
    site.note(`${name}: is healed now`);
    if (beside !== undefined) beside.window.to = site.now();
    await course.heal();
  }
  const healedAt = site.now();
  site.note(`${name}: healed after ${Math.round((healedAt - startedAt) / 100) / 10} s`);
  await take("after", AFTER_LIMIT_MS);
  const results = await Promise.all(demands.map((demand) => insist(site, demand, before.get(demand) ?? 0)));
  return {
    name,
    startedAt,
    healedAt,
    evidence: evidence.map(({ what, before: was, after }) => ({ what, before: was, after })),
    felt: evidence.length > 0 && evidence.every(({ felt }) => felt),
    ...(results.length === 0 ? {} : { demands: results }),
  };
}
