/** What a fault has to show, and what must be true after it. */
import type { Reading } from "./reading.ts";

/** Something to measure around a fault. */
export interface Probe {
  readonly what: string;
  /** `during`: while the fault lasts, repeated until it is felt. `after`: when it is healed. */
  readonly when: "during" | "after";
  readonly read: () => Promise<Reading>;
  /** Whether the second measurement shows the fault. */
  readonly felt: (before: Reading, after: Reading) => boolean;
}

/** A demand on the healed platform. */
export interface Demand {
  readonly what: string;
  readonly read: () => Promise<Reading>;
  /** Whether a reading meets it. `before` was taken before the fault. */
  readonly met: (before: Reading, after: Reading) => boolean;
  /** How long after the healing it may take, in milliseconds. @default 10000 */
  readonly limitMs?: number;
}

/** From the strike of a fault to its healing, milliseconds since the epoch; both 0 before. */
export interface FaultWindow {
  readonly from: number;
  readonly to: number;
}

/** What a fault has to show or to leave behind beside what it says itself. */
export interface Expectations {
  readonly probes?: readonly Probe[];
  readonly demands?: readonly Demand[];
}
