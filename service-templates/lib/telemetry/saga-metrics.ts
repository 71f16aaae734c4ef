/** Metrics of services that end sagas. */
import type { Registry } from "prom-client";
import { Histogram } from "prom-client";

/** Upper bounds in seconds: what customers notice, and what only a time-out ends. */
const SAGA_SECONDS = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];

/** Notes that a run of a saga came to a terminal state. @param seconds - Since it began. */
export type NoteSagaEnd<Outcome extends string> = (outcome: Outcome, seconds: number) => void;

/**
 * The histogram `saga_duration_seconds`. Each outcome is there, at 0, before the first run ends.
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
