/** Metrics that every process has: those of the process itself and of its HTTP servers. */
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

export interface Metrics {
  readonly registry: Registry;
  /** Seconds of answered requests, by method, route pattern and status. */
  readonly httpSeconds: Histogram<"method" | "route" | "status">;
}

/** Upper bounds in seconds for time-critical work. */
export const FAST_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/**
 * @param replica - See `createLogger`. The label is not called `instance`: Prometheus sets that label to the address
 * that it scrapes.
 */
export function createMetrics(service: string, replica: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service, replica });
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    httpSeconds: new Histogram({
      name: "http_request_duration_seconds",
      help: "Time to answer an HTTP request",
      labelNames: ["method", "route", "status"],
      buckets: FAST_SECONDS,
      registers: [registry],
    }),
  };
}
