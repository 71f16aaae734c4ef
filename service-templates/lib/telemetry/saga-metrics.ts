/** Metrics of services that decide the terminal state of sagas. */
import type { Registry } from "prom-client";
import { Histogram } from "prom-client";

/** Upper bounds in seconds: short ones for what customers notice, long ones for sagas that end by a timeout. */
const SAGA_SECONDS = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];

/**
 * Records that a saga reached a terminal state.
 * @param seconds - Time since its start.
 */
export type NoteSagaEnd<Outcome extends string> = (outcome: Outcome, seconds: number) => void;

/**
 * Creates the histogram `saga_duration_seconds`. Each outcome exists, at 0, before the first saga ends.
 * @param saga - Its name: the value of the label `saga`.
 * @param outcomes - Its terminal states: the values of the label `outcome`.
 */
export function sagaDuration<Outcome extends string>(
  registry: Registry,
  saga: string,
  outcomes: readonly Outcome[],
): NoteSagaEnd<Outcome> {
  const histogram = new Histogram({
    name: "saga_duration_seconds",
    help: "Time from the start of a saga's run to its first terminal state",
    labelNames: ["saga", "outcome"],
    buckets: SAGA_SECONDS,
    registers: [registry],
  });
  for (const outcome of outcomes) histogram.zero({ saga, outcome });
  return (outcome, seconds) => histogram.observe({ saga, outcome }, Math.max(0, seconds));
}
