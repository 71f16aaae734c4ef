/** A signal: a measurement of the platform under a name of our own. Pure data. */

/** Substrates on which signals are computed: one machine, or Kubernetes. */
export const SUBSTRATES = ["local", "kubernetes"] as const;

/** As {@link SUBSTRATES}. */
export type Substrate = (typeof SUBSTRATES)[number];

/** Unit of a value. `ratio`: 0 to 1. */
export type Unit =
  | "records"
  | "records per second"
  | "events"
  | "partitions"
  | "seconds"
  | "bytes"
  | "bytes per second"
  | "ratio"
  | "per second"
  | "count"
  | "boolean"
  | "cores";

/**
 * A recorded series. Alerts, dashboards and runbooks use only signals, so that a change of an exporter changes one
 * file. The name follows Prometheus' convention `level:metric:operations`. The level states its labels.
 */
export interface Signal {
  readonly name: string;
  /** Meaning, as a sentence without a full stop. */
  readonly meaning: string;
  readonly unit: Unit;
  /** Labels of each of its series. */
  readonly labels: readonly string[];
  /**
   * Expression on raw metrics, or on earlier signals, but never on both: recorded series may have an additional label
   * that identifies the platform. One text if both substrates have the same metrics.
   */
  readonly expression: string | Readonly<Partial<Record<Substrate, string>>>;
}

/** Returns the expression on a substrate; undefined if it has no such signal. */
export function expressionOn({ expression }: Signal, substrate: Substrate): string | undefined {
  return typeof expression === "string" ? expression : expression[substrate];
}
