/** The effects that a fault must show, and the conditions that must hold after it. */
import type { Reading } from "./reading.ts";

/** A measurement around a fault. */
export interface Probe {
  readonly what: string;
  /** `during`: repeated while the fault lasts, until it shows the fault. `after`: once the fault is healed. */
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
  /** Maximum time after the healing, in milliseconds. @default 10000 */
  readonly limitMs?: number;
}

/** Time from the injection of a fault to its healing, milliseconds since the epoch; both 0 before. */
export interface FaultWindow {
  readonly from: number;
  readonly to: number;
}

/** Effects and demands of a fault besides the fault's own. */
export interface Expectations {
  readonly probes?: readonly Probe[];
  readonly demands?: readonly Demand[];
}
