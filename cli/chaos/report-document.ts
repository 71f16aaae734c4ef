/** The document of a run. */
import type { VerifyDocument } from "../verify/verify-platform.ts";
import type { WitnessedFault } from "../witness.ts";
import type { DemandResult } from "./demands.ts";
import type { Phases, Recovery } from "./recovery.ts";
import type { Schedule } from "./schedule.ts";

/** A line of the timeline. */
export interface TimelineEntry {
  /** Milliseconds since the first order of the load. */
  readonly atMs: number;
  readonly text: string;
}

/**
 * `clean`: the fault was felt, all invariants hold and all demands are met. `violated`: one is not. `void`: a fault had no
 * effect, so the run says nothing.
 */
export type ChaosOutcome = "clean" | "violated" | "void";

/** The document of `kit chaos --scenario NAME --json`. Fields may be added, but never removed or renamed. */
export interface ChaosReport {
  readonly scenario: string;
  readonly seed: number;
  readonly outcome: ChaosOutcome;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Minimum duration of the load; healing, settling and verification come on top. */
  readonly plannedMs: number;
  readonly elapsedMs: number;
  readonly load: {
    readonly ratePerSecond: number;
    /** Orders that were due. */
    readonly due: number;
    /** Due orders that were not sent because too many requests were in progress. */
    readonly unsent: number;
    readonly accepted: number;
    /** Answered with a status below 500 that is not 2xx. */
    readonly refused: number;
    /** No certain answer even after retries. */
    readonly unknown: number;
    /** Requests that were sent again because the answer to an earlier one was uncertain. */
    readonly repetitions: number;
    /** Number of rejected and uncertain requests, by answer. */
    readonly failures: Readonly<Record<string, number>>;
  };
  readonly schedule: Schedule;
  readonly faults: readonly (WitnessedFault & { readonly recovery: Recovery })[];
  /** Conditions that had to hold at the end besides the invariants: of the whole run, then of each fault. */
  readonly demands: readonly DemandResult[];
  /** From the first fault until no partition lacked a replica; `null` if the run did not wait for that. */
  readonly replicatedAgainMs: number | null;
  /** In milliseconds from the time at which an order was due. */
  readonly latency: { readonly accepted: Phases; readonly confirmed: Phases };
  readonly orders: { readonly confirmed: number; readonly cancelled: number; readonly open: number };
  readonly injected: { readonly records: number; readonly discardedLetters: number };
  readonly verify: VerifyDocument;
  readonly timeline: readonly TimelineEntry[];
  /** Folder with schedule.json, witness.json and report.json. */
  readonly folder: string;
}

/** The document of `kit chaos --all --json`. */
export interface ChaosSeries {
  readonly seed: number;
  readonly runs: readonly (
    | ChaosReport
    | {
        readonly scenario: string;
        readonly seed: number;
        readonly outcome: "failed";
        readonly error: { readonly code: string; readonly message: string };
      }
  )[];
  /** Planned load of all scenarios, and the total duration. Milliseconds. */
  readonly plannedMs: number;
  readonly elapsedMs: number;
  readonly good: boolean;
}
