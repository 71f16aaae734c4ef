/** A signal: what the platform is asked, under a name of our own. Pure data. */

/** Where a signal is computed: on one machine, or on Kubernetes. */
export const SUBSTRATES = ["local", "kubernetes"] as const;

/** As {@link SUBSTRATES}. */
export type Substrate = (typeof SUBSTRATES)[number];

/** What a value counts. `ratio`: 0 to 1. */
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
 * A recorded series. Alerts, dashboards and runbooks name signals only, so that a change of an exporter changes one file.
 * Its name follows Prometheus' convention `level:metric:operations`; the level says its labels.
 */
export interface Signal {
  readonly name: string;
  /** What it tells, in a sentence without a full stop. */
  readonly meaning: string;
  readonly unit: Unit;
  /** Labels of each of its series. */
  readonly labels: readonly string[];
  /**
   * Expression on raw metrics, or on signals that stand before it, never on both: recorded series may have a label more, by
   * which a platform's are told from another's. One text where both substrates have the same metrics.
   */
  readonly expression: string | Readonly<Partial<Record<Substrate, string>>>;
}

/** The expression on a substrate; undefined where it has no such signal. */
export function expressionOn({ expression }: Signal, substrate: Substrate): string | undefined {
  return typeof expression === "string" ? expression : expression[substrate];
}
