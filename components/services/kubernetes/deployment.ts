import type * as pulumi from "@pulumi/pulumi";
import { CHECKSUM_ANNOTATION } from "../../kubernetes/digest.ts";
import type { Manifest } from "../../kubernetes/manifest.ts";
import { spreadOut } from "../../kubernetes/placement.ts";
import { LEAVE_SECONDS, leavesLate } from "../../kubernetes/pod-end.ts";
import { containerSecurity, podSecurity } from "../../kubernetes/pod-security.ts";
import { pullPolicyOf } from "../../kubernetes/pull-policy.ts";
import { heapFlags } from "../workload.ts";
import { environment } from "./config.ts";
import type { RenderContext } from "./context.ts";
import { PORTS } from "./context.ts";
import { imageReference } from "./image.ts";
import { metadataOf, selectorLabels } from "./labels.ts";
import { requestsOf, serviceResources } from "./resources.ts";
import { SURGE_PERCENT, scalingOf } from "./scaling.ts";
import { serviceScheduling } from "./scheduling.ts";
import type { Mount } from "./volumes.ts";
import { serviceMounts, volumeMounts } from "./volumes.ts";

/** Folder of the services' code inside an image. */
export const IMAGE_ROOT = "/app";

/** Services drain within 10 s of SIGTERM (service-templates/lib/service.ts). The rest is for a slow node. */
const DRAIN_SECONDS = 15;
/** Seconds without progress after which a rollout counts as failed. */
const PROGRESS_SECONDS = 300;

/** Returns the Deployment of a service. */
export function deployment(context: RenderContext, checksum: pulumi.Input<string>): Manifest {
  const { workload, settings } = context;
  const metadata = metadataOf(context);
  const scaling = scalingOf(workload, settings);
  const mounts = serviceMounts(context);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      // If an autoscaler sets the number of pods, a number here would undo its decision.
      ...(scaling.by === "none" ? { replicas: scaling.min } : {}),
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: PROGRESS_SECONDS,
      selector: { matchLabels: selectorLabels(workload.name) },
      // There are never fewer pods than wanted. More pods at once only reduce the number of rebalances.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: `${SURGE_PERCENT}%`, maxUnavailable: 0 } },
      template: {
        metadata: { labels: metadata.labels, annotations: { [CHECKSUM_ANNOTATION]: checksum } },
        spec: {
          serviceAccountName: workload.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: podSecurity,
          terminationGracePeriodSeconds: (workload.http ? LEAVE_SECONDS : 0) + DRAIN_SECONDS,
          ...serviceScheduling(context),
          ...(scaling.max < 2 ? {} : spreadOut(selectorLabels(workload.name), settings.placement)),
          containers: [container(context, mounts)],
          volumes: mounts.map(({ volume }) => volume),
        },
      },
    },
  };
}

function container(context: RenderContext, mounts: readonly Mount[]): Record<string, unknown> {
  const { workload, settings } = context;
  const requests = requestsOf(workload, settings);
  const image = imageReference(workload.name, settings);
  return {
    name: "service",
    image,
    imagePullPolicy: settings.images.pullPolicy ?? pullPolicyOf(image),
    workingDir: IMAGE_ROOT,
    command: ["node"],
    args: [
      "--disable-warning=ExperimentalWarning",
      ...heapFlags(requests),
      `service-templates/${workload.name}/${workload.entry}`,
    ],
    env: environment(context),
    ports: [
      ...(workload.http ? [{ name: "http", containerPort: PORTS.http, protocol: "TCP" }] : []),
      { name: "management", containerPort: PORTS.management, protocol: "TCP" },
    ],
    resources: serviceResources(requests),
    securityContext: containerSecurity,
    ...probes(context),
    ...(workload.http ? { lifecycle: leavesLate } : {}),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: volumeMounts(mounts),
  };
}

/**
 * Returns the probes. The liveness probe only checks that the process answers, because a restart fixes no other fault.
 * The readiness probe checks that the pod should receive requests: an unavailable server makes pods unready and kills
 * none.
 */
function probes({
  workload: { management },
}: RenderContext): Record<"startupProbe" | "livenessProbe" | "readinessProbe", unknown> {
  const get = (path: string) => ({ path, port: "management" });
  return {
    startupProbe: { httpGet: get(management.liveness), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 30 },
    livenessProbe: { httpGet: get(management.liveness), periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 3 },
    // Each check of readiness takes at most 2 s (service-templates/lib/http/management.ts).
    readinessProbe: { httpGet: get(management.readiness), periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
  };
}
