/** What will be broken, when, and for how long: decided by the seed before anything is touched. Pure. */

import type { Random } from "../load/seeded-random.ts";
import { seededRandom } from "../load/seeded-random.ts";
import type { Terrain } from "./terrain.ts";

/** Places at which a service can be made to end itself, in the words of its management API. */
export type CrashPoint = "before-commit" | "after-commit" | "after-publish";

/** Ways in which a record can be wrong. */
export const POISON_KINDS = [
  "not-avro",
  "wrong-magic-byte",
  "unknown-schema",
  "incompatible-schema",
  "header-missing",
] as const;
/** One of {@link POISON_KINDS}. */
export type PoisonKind = (typeof POISON_KINDS)[number];

/** A column that is read with every record, and what it becomes for a while. */
export interface MigratedColumn {
  readonly service: string;
  readonly table: string;
  readonly column: string;
  /** SQL types. */
  readonly from: string;
  readonly to: string;
}

/** When a fault is due, and for how long. */
export interface Timed {
  /** From the first order of the load, in milliseconds. */
  readonly atMs: number;
  /** How long it lasts before it is healed, at least; milliseconds. */
  readonly lengthMs: number;
}

/** A fault of a project's own: see {@link FaultDefinition}; what else stands in it goes into the schedule as JSON. */
export interface ProjectInjection extends Timed {
  /** The fault's name, none of the kit's. */
  readonly fault: string;
}

/** One fault of a schedule. */
export type Injection = KitInjection | ProjectInjection;

/** A fault that every platform has. `targets` are names of processes. */
export type KitInjection = Timed &
  (
    | {
        readonly fault: "kill";
        readonly of: "broker" | "zone" | "registry" | "database" | "cache" | "gateway";
        readonly targets: readonly string[];
      }
    | { readonly fault: "freeze"; readonly of: "broker"; readonly targets: readonly string[] }
    /** All brokers of all zones but one: every partition lacks more replicas than writing needs. */
    | { readonly fault: "zones-down"; readonly zones: readonly string[]; readonly targets: readonly string[] }
    /** One of several instances of a service. */
    | { readonly fault: "freeze-instance"; readonly service: string; readonly target: string }
    /** Which controller is active is known only when the moment has come. */
    | { readonly fault: "kill-active-controller" }
    /** One after the other in this order. */
    | { readonly fault: "roll-brokers"; readonly targets: readonly string[] }
    | { readonly fault: "crash-at-point"; readonly target: string; readonly point: CrashPoint; readonly after: number }
    /** `records`: how far each partition's offset is set back. */
    | {
        readonly fault: "rewind-offsets";
        readonly service: string;
        readonly targets: readonly string[];
        readonly records: number;
      }
    | {
        readonly fault: "poison";
        readonly records: readonly { readonly kind: PoisonKind; readonly topic: string; readonly event: string }[];
      }
    /** Sound records that are as large as the topic lets them be, and a heap of smaller ones on one partition, none of which a consumer can read. */
    | { readonly fault: "large-poison"; readonly topic: string; readonly event: string; readonly heap: number }
    /** Customers who leave: `requests` with good tokens, of which each is left at another moment. */
    | { readonly fault: "disconnect-storm"; readonly requests: number; readonly seed: number }
    | { readonly fault: "widen-column"; readonly column: MigratedColumn }
    | { readonly fault: "read-only-database"; readonly service: string }
    /** By how much the clocks of processes are wrong, in milliseconds; positive: ahead. */
    | {
        readonly fault: "clock-skew";
        readonly clocks: readonly { readonly target: string; readonly offsetMs: number }[];
      }
    /** The services are started while the registry is away. */
    | {
        readonly fault: "cold-registry";
        readonly targets: readonly string[];
        readonly service: string;
        readonly instances: readonly string[];
      }
  );

/** Everything that a run will do; the same for the same scenario, seed, duration and platform. */
export interface Schedule {
  readonly scenario: string;
  readonly seed: number;
  /** Shortest time the load runs, in milliseconds. */
  readonly durationMs: number;
  /** By `atMs`. */
  readonly injections: readonly Injection[];
}

/** Draws of one schedule. */
export interface Draw {
  readonly terrain: Terrain;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  /** @throws RangeError when the list is empty. */
  pick<T>(from: readonly T[], what: string): T;
  shuffle<T>(list: readonly T[]): readonly T[];
}

/** What a scenario adds to {@link planChaos}. */
export interface ScenarioPlan {
  readonly name: string;
  /** Longest time from its first fault to the end of its last, as scheduled; milliseconds. */
  readonly spanMs: number;
  /** @param atMs - When its first fault is due. */
  readonly plan: (draw: Draw, atMs: number) => readonly Injection[];
}

/** A scenario as `kit chaos --list` shows it. */
export interface Scenario extends ScenarioPlan {
  readonly summary: string;
  /** Instances of each service that it needs at least. @default 1 */
  readonly instances?: number;
}

/** Load before the first fault: figures to compare with. */
export const LEAD_MS = 4_000;
/** Load after the last fault is healed. */
export const TAIL_MS = 6_000;
/** Room for the moment of the first fault when the duration is not given. */
const ROOM_MS = 2_000;

/** Shortest duration a scenario can do with, in milliseconds. */
export function shortestMs(scenario: ScenarioPlan): number {
  return LEAD_MS + scenario.spanMs + TAIL_MS;
}

/** How long the load of a scenario runs when nothing else is asked for, in milliseconds. */
export function plannedMs(scenario: ScenarioPlan): number {
  return shortestMs(scenario) + ROOM_MS;
}

/**
 * Makes the schedule.
 * @param options - `durationMs`: default a little more than the scenario needs.
 * @throws RangeError when the duration is shorter than {@link shortestMs}, or the platform has nothing to hit.
 */
export function planChaos(
  scenario: ScenarioPlan,
  options: { seed: number; durationMs?: number | undefined; terrain: Terrain },
): Schedule {
  const { seed, terrain, durationMs = plannedMs(scenario) } = options;
  const room = durationMs - shortestMs(scenario);
  if (room < 0)
    throw new RangeError(
      `${scenario.name} takes at least ${Math.ceil(shortestMs(scenario) / 1_000)} s; a duration of ${durationMs / 1_000} s is too short`,
    );
  const draw = drawFrom(seededRandom(`${scenario.name} ${seed}`), terrain);
  const injections = scenario.plan(draw, LEAD_MS + draw.between(0, room)).toSorted((a, b) => a.atMs - b.atMs);
  return { scenario: scenario.name, seed, durationMs, injections };
}

function drawFrom(random: Random, terrain: Terrain): Draw {
  const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  return {
    terrain,
    between,
    pick<T>(from: readonly T[], what: string): T {
      const chosen = from[between(0, from.length - 1)];
      if (chosen === undefined) throw new RangeError(`the platform has no ${what}`);
      return chosen;
    },
    shuffle<T>(list: readonly T[]): readonly T[] {
      const rest = [...list];
      return list.flatMap(() => rest.splice(between(0, rest.length - 1), 1));
    },
  };
}
