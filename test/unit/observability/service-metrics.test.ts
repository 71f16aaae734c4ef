/** Compares the metrics that services export with the catalogue: without a platform, from the library's own registry. */
import { describe, expect, it } from "vitest";
import { SERVICE_LABELS, serviceMetrics } from "../../../components/observability/exported/services.ts";
import { SAGA_OBJECTIVE } from "../../../components/observability/signals/sagas.ts";
import { eventMetrics, startCompensationCounters } from "../../../service-templates/lib/telemetry/event-metrics.ts";
import { createMetrics } from "../../../service-templates/lib/telemetry/metrics.ts";
import { sagaDuration } from "../../../service-templates/lib/telemetry/saga-metrics.ts";

const CONTRACT = {
  consumes: [{ topic: "order-events", events: [{ event: "order.created", record: "R", schema: "s" }] }],
  publishes: [{ event: "payment.failed", topic: "payment-events", subject: "s", record: "R", schema: "s" }],
  retryTopics: [],
  deadLetterTopic: "payment-service.dlt",
};

/** As Prometheus scrapes it. */
async function scrape(): Promise<string> {
  const metrics = eventMetrics(createMetrics("payment-service", "payment-service-1"), CONTRACT);
  startCompensationCounters(metrics, ["refund"]);
  sagaDuration(metrics.registry, "order", ["confirmed"]);
  metrics.httpSeconds.observe({ method: "GET", route: "/livez", status: "200" }, 0.001);
  return metrics.registry.metrics();
}

describe("the library's metrics", () => {
  // The order service has it of its own; the library does not know what a run is.
  const own = new Set(["saga_oldest_nonterminal_age_seconds"]);

  it.each(serviceMetrics.metrics.filter(({ name }) => !own.has(name)).map((metric) => [metric.name, metric] as const))(
    "%s has the type and the labels of the catalogue, from the start",
    async (name, { type, labels }) => {
      const text = await scrape();
      expect(text).toMatch(new RegExp(`^# TYPE ${name} ${type}$`, "m"));
      const series = new RegExp(`^${name}${type === "histogram" ? "_count" : ""}\\{([^}]*)\\} `, "m").exec(text)?.[1];
      const found = [...(series ?? "").matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
      expect(found.toSorted()).toEqual([...labels].toSorted());
    },
  );

  it("are told apart by service and process, and not by Prometheus' own label", async () => {
    const text = await scrape();
    for (const label of SERVICE_LABELS) expect(text).toContain(`${label}="payment-service`);
    expect(text).not.toContain("instance=");
  });

  it("have the bucket by which the objective of sagas is judged", async () => {
    expect(await scrape()).toMatch(new RegExp(`saga_duration_seconds_bucket\\{[^}]*le="${SAGA_OBJECTIVE.le}"`));
  });
});
