/** The document of a run. */
import type { VerifyDocument } from "../verify/verify-platform.ts";
import type { WitnessedFault } from "../witness.ts";
import type { DemandResult } from "./demands.ts";
import type { Phases, Recovery } from "./recovery.ts";
import type { Schedule } from "./schedule.ts";

/** A line of the timeline. */
export interface TimelineEntry {
  /** Since the first order of the load, in milliseconds. */
  readonly atMs: number;
  readonly text: string;
}

/** `clean`: felt, all invariants hold and all demands are met. `violated`: one is not. `void`: a fault left no trace, so the run says nothing. */
export type ChaosOutcome = "clean" | "violated" | "void";

/** The document of `kit chaos --scenario NAME --json`. Fields may be added, none removed or renamed. */
export interface ChaosReport {
  readonly scenario: string;
  readonly seed: number;
  readonly outcome: ChaosOutcome;
  /** ISO 8601. */
  readonly startedAt: string;
  /** How long the load was to run at least; healing, waiting for rest and verifying come on top. */
  readonly plannedMs: number;
  readonly elapsedMs: number;
  readonly load: {
    readonly ratePerSecond: number;
    /** Orders that were due. */
    readonly due: number;
    /** Of these, orders that were not sent, for too many were under way. */
    readonly unsent: number;
    readonly accepted: number;
    /** Answered with a status below 500 that is not 2xx. */
    readonly refused: number;
    /** Without a certain answer even after repetitions. */
    readonly unknown: number;
    /** Requests that were sent again because the answer to an earlier one was uncertain. */
    readonly repetitions: number;
    /** How often a request was refused or went without a certain answer, by what was said. */
    readonly failures: Readonly<Record<string, number>>;
  };
  readonly schedule: Schedule;
  readonly faults: readonly (WitnessedFault & { readonly recovery: Recovery })[];
  /** What had to be true in the end beside the invariants: of the whole run, then of each fault. */
  readonly demands: readonly DemandResult[];
  /** From the first fault until no partition lacked a replica; `null` when that was not waited for. */
  readonly replicatedAgainMs: number | null;
  /** In milliseconds from when an order was due. */
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
  /** Load of all scenarios as planned, and what all of it took. Milliseconds. */
  readonly plannedMs: number;
  readonly elapsedMs: number;
  readonly good: boolean;
}
