import type { Signal } from "../signal.ts";

/**
 * Objective of a saga: the share of its runs that reach a terminal state within the time. `le` is a bucket of the
 * histogram `saga_duration_seconds`, in Prometheus' notation.
 */
export const SAGA_OBJECTIVE = { share: 0.999, le: "5" } as const;

/** Windows over which the budget of the objective is measured. */
export const BURN_WINDOWS = ["5m", "30m", "1h", "6h", "3d"] as const;

/** Signals of the runs of sagas, whatever their subject. */
export const sagaSignals: readonly Signal[] = [
  {
    name: "saga_state:oldest_age_seconds:max",
    meaning: "Age of the oldest run that is not in a terminal state",
    unit: "seconds",
    labels: ["saga", "state"],
    expression: "max by (saga, state) (saga_oldest_nonterminal_age_seconds)",
  },
  {
    name: "saga_outcome:sagas:rate5m",
    meaning: "Runs that reach a terminal state, by outcome",
    unit: "per second",
    labels: ["saga", "outcome"],
    expression: "sum by (saga, outcome) (rate(saga_duration_seconds_count[5m]))",
  },
  {
    name: "saga:duration_seconds:p95",
    meaning: "Time from the start of a run to its terminal state, 95th percentile",
    unit: "seconds",
    labels: ["saga"],
    expression: "histogram_quantile(0.95, sum by (saga, le) (rate(saga_duration_seconds_bucket[5m])))",
  },
  {
    name: "saga:duration_seconds:p50",
    meaning: "Time from the start of a run to its terminal state, median",
    unit: "seconds",
    labels: ["saga"],
    expression: "histogram_quantile(0.5, sum by (saga, le) (rate(saga_duration_seconds_bucket[5m])))",
  },
  ...BURN_WINDOWS.map(
    (window): Signal => ({
      name: `saga:slow:ratio${window}`,
      meaning: `Share of the runs of the last ${window} that took longer than ${SAGA_OBJECTIVE.le} s`,
      unit: "ratio",
      labels: ["saga"],
      expression: `1 - sum by (saga) (rate(saga_duration_seconds_bucket{le="${SAGA_OBJECTIVE.le}"}[${window}])) / (sum by (saga) (rate(saga_duration_seconds_count[${window}])) > 0)`,
    }),
  ),
  {
    name: "service_kind:compensations:rate5m",
    meaning: "Forward steps that are undone",
    unit: "per second",
    labels: ["service", "kind"],
    expression: "sum by (service, kind) (rate(saga_compensations_total[5m]))",
  },
  {
    name: "service_kind:compensation_failures:increase15m",
    meaning: "Compensations of the last fifteen minutes that could not be done",
    unit: "count",
    labels: ["service", "kind"],
    expression: "sum by (service, kind) (increase(saga_compensation_failures_total[15m]))",
  },
];
