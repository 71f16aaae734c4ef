/** The faults, their times and durations: the seed determines them before the run changes anything. Pure. */

import type { Random } from "../load/seeded-random.ts";
import { seededRandom } from "../load/seeded-random.ts";
import type { Terrain } from "./terrain.ts";

/** Failure points at which a service can be made to end itself, as its management API names them. */
export type CrashPoint = "before-commit" | "after-commit" | "after-publish";

/** Ways in which a record can be invalid. */
export const POISON_KINDS = [
  "not-avro",
  "wrong-magic-byte",
  "unknown-schema",
  "incompatible-schema",
  "header-missing",
] as const;
/** One of {@link POISON_KINDS}. */
export type PoisonKind = (typeof POISON_KINDS)[number];

/** A column that is read with every record, and its temporary type. */
export interface MigratedColumn {
  readonly service: string;
  readonly table: string;
  readonly column: string;
  /** SQL types. */
  readonly from: string;
  readonly to: string;
}

/** Time and duration of a fault. */
export interface Timed {
  /** From the first order of the load, in milliseconds. */
  readonly atMs: number;
  /** Minimum time until it is healed; milliseconds. */
  readonly lengthMs: number;
}

/** A project's own fault: see {@link FaultDefinition}. Its other fields go into the schedule as JSON. */
export interface ProjectInjection extends Timed {
  /** The fault's name; differs from all names of the kit. */
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
    /** All brokers of all zones but one: every partition lacks more replicas than a write tolerates. */
    | { readonly fault: "zones-down"; readonly zones: readonly string[]; readonly targets: readonly string[] }
    /** One of several instances of a service. */
    | { readonly fault: "freeze-instance"; readonly service: string; readonly target: string }
    /** The active controller is known only at that moment. */
    | { readonly fault: "kill-active-controller" }
    /** One after the other in this order. */
    | { readonly fault: "roll-brokers"; readonly targets: readonly string[] }
    | { readonly fault: "crash-at-point"; readonly target: string; readonly point: CrashPoint; readonly after: number }
    /** `records`: by how much each partition's offset is set back. */
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
    /**
     * Well-formed records of the topic's maximum size, and many smaller ones on one partition, none of which a consumer can
     * read.
     */
    | { readonly fault: "large-poison"; readonly topic: string; readonly event: string; readonly heap: number }
    /** Clients that disconnect: `requests` with valid tokens, each disconnected at a different moment. */
    | { readonly fault: "disconnect-storm"; readonly requests: number; readonly seed: number }
    | { readonly fault: "widen-column"; readonly column: MigratedColumn }
    | { readonly fault: "read-only-database"; readonly service: string }
    /** Clock error of each process, in milliseconds; positive: ahead. */
    | {
        readonly fault: "clock-skew";
        readonly clocks: readonly { readonly target: string; readonly offsetMs: number }[];
      }
    /** The services are started while the registry is down. */
    | {
        readonly fault: "cold-registry";
        readonly targets: readonly string[];
        readonly service: string;
        readonly instances: readonly string[];
      }
  );

/** The complete plan of a run; the same for the same scenario, seed, duration and platform. */
export interface Schedule {
  readonly scenario: string;
  readonly seed: number;
  /** Minimum duration of the load, in milliseconds. */
  readonly durationMs: number;
  /** By `atMs`. */
  readonly injections: readonly Injection[];
}

/** Random draws of one schedule. */
export interface Draw {
  readonly terrain: Terrain;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  /** @throws RangeError when the list is empty. */
  pick<T>(from: readonly T[], what: string): T;
  shuffle<T>(list: readonly T[]): readonly T[];
}

/** A scenario's input to {@link planChaos}. */
export interface ScenarioPlan {
  readonly name: string;
  /** Longest scheduled time from its first fault to the end of its last; milliseconds. */
  readonly spanMs: number;
  /** @param atMs - When its first fault is due. */
  readonly plan: (draw: Draw, atMs: number) => readonly Injection[];
}

/** A scenario as `kit chaos --list` shows it. */
export interface Scenario extends ScenarioPlan {
  readonly summary: string;
  /** Minimum number of instances of each service. @default 1 */
  readonly instances?: number;
}

/** Load before the first fault, for comparison. */
export const LEAD_MS = 4_000;
/** Load after the last fault is healed. */
export const TAIL_MS = 6_000;
/** Range for the moment of the first fault if no duration is given. */
const ROOM_MS = 2_000;

/** Minimum duration of a scenario, in milliseconds. */
export function shortestMs(scenario: ScenarioPlan): number {
  return LEAD_MS + scenario.spanMs + TAIL_MS;
}

/** Default duration of a scenario's load, in milliseconds. */
export function plannedMs(scenario: ScenarioPlan): number {
  return shortestMs(scenario) + ROOM_MS;
}

/**
 * Makes the schedule.
 * @param options - `durationMs`: default a little more than the scenario needs.
 * @throws RangeError when the duration is shorter than {@link shortestMs}, or the platform has no suitable target.
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
