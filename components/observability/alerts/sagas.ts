import type { Alert } from "../alert.ts";
import { SAGA_OBJECTIVE } from "../signals/sagas.ts";

const age =
  'saga_oldest_nonterminal_age_seconds{service="order-service", replica="order-service-1", saga="order", state="pending"}';
const failures =
  'saga_compensation_failures_total{service="payment-service", replica="payment-service-1", kind="refund"}';
const of = (part: "_count" | "_bucket", saga: string): string =>
  `saga_duration_seconds${part}{service="order-service", replica="order-service-1", saga="${saga}", outcome="confirmed"${part === "_bucket" ? `, le="${SAGA_OBJECTIVE.le}"` : ""}}`;
const runs = of("_count", "order");
const quick = of("_bucket", "order");

/** Share of slow runs that the objective allows. */
const BUDGET = 1 - SAGA_OBJECTIVE.share;
/** Returns a multiple of the budget, without floating-point noise. */
const times = (factor: number): number => Number((BUDGET * factor).toFixed(6));
const burn = (long: string, short: string, factor: number): string =>
  `saga:slow:ratio${long} > ${times(factor)} and saga:slow:ratio${short} > ${times(factor)}`;
/** One slow run of three is no reason for a page: `SagaStuck` reports a single run. */
const ENOUGH_RUNS = "sum by (saga) (saga_outcome:sagas:rate5m) > 0.1";
const SLOW = `take longer than ${SAGA_OBJECTIVE.le} s`;

/** Alerts on sagas that do not reach a terminal state, or too slowly. */
export const sagaAlerts: readonly Alert[] = [
  {
    name: "SagaStuck",
    severity: "ticket",
    expression: "saga_state:oldest_age_seconds:max > 300",
    for: "2m",
    owner: "platform",
    summary:
      "A run of saga {{ $labels.saga }} has been in state {{ $labels.state }} for {{ $value | humanizeDuration }}: it should have ended or timed out.",
    runbook: "saga",
    firing: {
      series: { [age]: "0+60x20" },
      at: "10m",
      labels: { saga: "order", state: "pending" },
      summary: "A run of saga order has been in state pending for 10m 0s: it should have ended or timed out.",
    },
    silent: { series: { [age]: "0 30 12 45 28 40 22 31 9 17 30" }, at: "10m" },
    reproduce: { scenario: "service-freeze" },
  },
  {
    name: "CompensationFailed",
    severity: "page",
    expression: "service_kind:compensation_failures:increase15m > 0",
    for: "0s",
    owner: "service",
    summary:
      "{{ $labels.service }} could not undo a step ({{ $labels.kind }}): a customer may be charged or stock held for nothing.",
    runbook: "saga",
    firing: {
      series: { [failures]: "0x5 1x20" },
      at: "10m",
      labels: { service: "payment-service", kind: "refund" },
      summary: "payment-service could not undo a step (refund): a customer may be charged or stock held for nothing.",
    },
    silent: { series: { [failures]: "4x30" }, at: "20m" },
    reproduce: {
      none: "no scenario makes a compensation fail for good: the sample's participants accept every refund and release",
    },
  },
  {
    name: "SagaLatencyBurnFast",
    severity: "page",
    expression: `${burn("1h", "5m", 14.4)} and on (saga) ${ENOUGH_RUNS}`,
    for: "2m",
    owner: "platform",
    summary: `{{ $value | humanizePercentage }} of the runs of saga {{ $labels.saga }} ${SLOW}: the month's allowance is gone in two days.`,
    runbook: "saga",
    firing: {
      series: { [runs]: "0+2000x30", [quick]: "0+1800x30" },
      at: "20m",
      labels: { saga: "order" },
      summary: "10% of the runs of saga order take longer than 5 s: the month's allowance is gone in two days.",
    },
    // One bad minute, long ago, and another saga with a third of its runs slow, with three runs in five minutes.
    silent: {
      series: {
        [runs]: "0+2000x60",
        [quick]: "0 1800 3800+2000x60",
        [of("_count", "trial")]: "0+0.6x60",
        [of("_bucket", "trial")]: "0+0.4x60",
      },
      at: "30m",
    },
    reproduce: { scenario: "two-zones-down" },
  },
  {
    name: "SagaLatencyBurnSlow",
    severity: "page",
    expression: `${burn("6h", "30m", 6)} and on (saga) ${ENOUGH_RUNS}`,
    for: "15m",
    owner: "platform",
    summary: `{{ $value | humanizePercentage }} of the runs of saga {{ $labels.saga }} ${SLOW}: the month's allowance is gone in five days.`,
    runbook: "saga",
    firing: {
      series: { [runs]: "0+2000x60", [quick]: "0+1980x60" },
      at: "40m",
      labels: { saga: "order" },
      summary: "1% of the runs of saga order take longer than 5 s: the month's allowance is gone in five days.",
    },
    silent: { series: { [runs]: "0+2000x60", [quick]: "0+1996x60" }, at: "40m" },
    reproduce: { none: "it needs half an hour of slow orders; SagaLatencyBurnFast has the same cause and is drilled" },
  },
  {
    name: "SagaLatencyBurn",
    severity: "ticket",
    expression: burn("3d", "6h", 1),
    for: "1h",
    owner: "platform",
    summary: `{{ $value | humanizePercentage }} of the runs of saga {{ $labels.saga }} ${SLOW}: more than the objective allows.`,
    runbook: "saga",
    firing: {
      series: { [runs]: "0+2000x120", [quick]: "0+1996x120" },
      at: "90m",
      labels: { saga: "order" },
      summary: "0.2% of the runs of saga order take longer than 5 s: more than the objective allows.",
    },
    silent: { series: { [runs]: "0+2000x120", [quick]: "0+1999x120" }, at: "90m" },
    reproduce: { none: "it needs hours of slow orders; SagaLatencyBurnFast has the same cause and is drilled" },
  },
];
