import type { Dashboard } from "../dashboard.ts";
import { lines, stat } from "./panels.ts";

/** Dashboard of sagas: runs from start to terminal state, and the duration of their parts. */
export const saga: Dashboard = {
  name: "saga",
  title: "Event platform: sagas",
  description: "How sagas end, how long they take, which stage takes the time, and what is undone.",
  rows: [
    {
      title: "Outcome",
      panels: [
        lines("Runs that end", "per second", { "{{saga}} {{outcome}}": "saga_outcome:sagas:rate5m" }),
        lines("Oldest run that has not ended", "seconds", {
          "{{saga}} {{state}}": "saga_state:oldest_age_seconds:max",
        }),
        stat("Share of slow runs, 1 h", "ratio", "max(saga:slow:ratio1h)", 0.001),
        stat("Share of slow runs, 6 h", "ratio", "max(saga:slow:ratio6h)", 0.001),
      ],
    },
    {
      title: "Time",
      panels: [
        lines("From start to terminal state", "seconds", {
          "{{saga}} median": "saga:duration_seconds:p50",
          "{{saga}} 95th percentile": "saga:duration_seconds:p95",
        }),
        lines(
          "From an event's occurrence to its application",
          "seconds",
          { "{{service}} {{event}}": "service_event:event_latency_seconds:p95" },
          "95th percentile. Outbox, Kafka, waiting in the topic and the handler together.",
        ),
        lines(
          "Handlers",
          "seconds",
          { "{{service}} {{event}}": "service_event:handler_duration_seconds:p95" },
          "95th percentile.",
        ),
      ],
    },
    {
      title: "Compensation",
      panels: [
        lines("Steps undone", "per second", { "{{service}} {{kind}}": "service_kind:compensations:rate5m" }),
        stat("Compensations that failed, 15 min", "count", "sum(service_kind:compensation_failures:increase15m)", 1),
      ],
    },
  ],
};
