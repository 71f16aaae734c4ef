/** Metrics of claim checks, for services that use them. */
import type { Registry } from "prom-client";
import { Counter, Histogram } from "prom-client";
import type { ClaimOutcome } from "./claim-check.ts";

export interface ClaimCheckMetrics {
  /** Requests to the store by result: done, missing, altered, unavailable. */
  readonly requests: Counter<"operation" | "outcome">;
  readonly seconds: Histogram<"operation">;
  /** Removed objects that no event could refer to any more. */
  readonly removed: Counter;
}

const OUTCOMES: readonly ClaimOutcome[] = ["done", "missing", "altered", "unavailable"];

export function claimCheckMetrics(registry: Registry): ClaimCheckMetrics {
  const registers = [registry];
  const metrics: ClaimCheckMetrics = {
    requests: new Counter({
      name: "claim_check_requests_total",
      help: "Requests to the store of claim checks",
      labelNames: ["operation", "outcome"],
      registers,
    }),
    seconds: new Histogram({
      name: "claim_check_request_duration_seconds",
      help: "Time of a request to the store of claim checks",
      labelNames: ["operation"],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
      registers,
    }),
    removed: new Counter({
      name: "claim_check_removed_total",
      help: "Stored objects removed after their time",
      registers,
    }),
  };
  // Alerts on an increase need the series to exist before its first event.
  for (const outcome of OUTCOMES)
    for (const operation of ["store", "fetch"]) metrics.requests.inc({ operation, outcome }, 0);
  return metrics;
}
