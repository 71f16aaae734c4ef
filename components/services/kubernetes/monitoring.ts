import type { Manifest } from "../../kubernetes/manifest.ts";
import type { RenderContext } from "./context.ts";
import { metadataOf, selectorLabels } from "./labels.ts";

/**
 * Returns the PodMonitor with which the Prometheus operator reads the metrics of every pod; undefined if the stack
 * disables it.
 */
export function podMonitor(context: RenderContext): Manifest | undefined {
  const { workload } = context;
  const { monitoring } = context.settings;
  if (!monitoring.podMonitor) return undefined;
  const metadata = metadataOf(context);
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    metadata: { ...metadata, labels: { ...metadata.labels, ...monitoring.labels } },
    spec: {
      selector: { matchLabels: selectorLabels(workload.name) },
      podMetricsEndpoints: [
        { port: "management", path: workload.management.metrics, interval: `${monitoring.intervalSeconds}s` },
      ],
    },
  };
}
