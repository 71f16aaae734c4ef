import type { RenderContext } from "./context.ts";
import { selectorLabels, standardLabels } from "./labels.ts";
import type { Manifest } from "./manifest.ts";

/** Tells the Prometheus operator to read every pod's metrics; absent where the stack wants none. */
export function podMonitor({ workload, namespace, settings }: RenderContext): Manifest | undefined {
  const { monitoring } = settings;
  if (!monitoring.podMonitor) return undefined;
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PodMonitor",
    metadata: { name: workload.name, namespace, labels: { ...standardLabels(workload), ...monitoring.labels } },
    spec: {
      selector: { matchLabels: selectorLabels(workload.name) },
      podMetricsEndpoints: [
        { port: "management", path: workload.management.metrics, interval: `${monitoring.intervalSeconds}s` },
      ],
    },
  };
}
