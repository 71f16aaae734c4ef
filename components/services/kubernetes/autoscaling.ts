import type { Manifest } from "../../kubernetes/manifest.ts";
import type { RenderContext } from "./context.ts";
import { metadataOf } from "./labels.ts";
import { scalingOf } from "./scaling.ts";

/** Scaling up is fast and scaling down slow, because each change moves partitions between consumers. */
const BEHAVIOR = {
  scaleUp: {
    stabilizationWindowSeconds: 30,
    selectPolicy: "Max",
    policies: [
      { type: "Percent", value: 100, periodSeconds: 60 },
      { type: "Pods", value: 2, periodSeconds: 60 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    selectPolicy: "Max",
    policies: [{ type: "Pods", value: 1, periodSeconds: 120 }],
  },
} as const;

/** Returns the autoscaler by CPU use; undefined if something else scales the service. */
export function horizontalPodAutoscaler(context: RenderContext): Manifest | undefined {
  const { workload, settings } = context;
  const { by, min, max } = scalingOf(workload, settings);
  if (by !== "cpu") return undefined;
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: metadataOf(context),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: workload.name },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          type: "Resource",
          resource: {
            name: "cpu",
            target: { type: "Utilization", averageUtilization: settings.autoscaling.cpuPercent },
          },
        },
      ],
      behavior: BEHAVIOR,
    },
  };
}

/** The objects with which KEDA scales by lag. */
export interface LagScaling {
  /**
   * Credentials of KEDA: those of the service, whose principal may read the group's offsets and the topics' end
   * offsets.
   */
  readonly secret: Manifest;
  readonly authentication: Manifest;
  readonly scaledObject: Manifest;
}

/**
 * Returns the objects that scale by the lag of the consumer group, with KEDA's scaler `kafka`
 * (https://keda.sh/docs/2.22/scalers/apache-kafka/); undefined if something else scales the service. The brokers allow
 * connections from the namespace `autoscaling.kedaNamespace`, in which KEDA runs.
 */
export function lagScaling(context: RenderContext): LagScaling | undefined {
  const { workload, settings } = context;
  const { by, min, max } = scalingOf(workload, settings);
  const { group } = workload;
  if (by !== "kafka-lag" || group === undefined) return undefined;
  const metadata = metadataOf(context, { suffix: "scaler" });
  const { name } = metadata;
  const contentOf = (file: string) => workload.files.find((candidate) => candidate.name === file)?.content ?? "";
  return {
    secret: {
      apiVersion: "v1",
      kind: "Secret",
      metadata,
      type: "Opaque",
      stringData: {
        ca: contentOf("kafka-ca.pem"),
        password: contentOf("kafka-password"),
        sasl: "scram_sha512",
        tls: "enable",
        username: workload.environment.KAFKA_USERNAME ?? workload.name,
      },
    },
    authentication: {
      apiVersion: "keda.sh/v1alpha1",
      kind: "TriggerAuthentication",
      metadata,
      spec: {
        secretTargetRef: ["sasl", "username", "password", "tls", "ca"].map((parameter) => ({
          parameter,
          name,
          key: parameter,
        })),
      },
    },
    scaledObject: {
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: metadataOf(context),
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: workload.name },
        minReplicaCount: min,
        maxReplicaCount: max,
        pollingInterval: 15,
        cooldownPeriod: 300,
        // Missing metrics are no reason to scale down: without them the service keeps its declared replicas.
        fallback: { failureThreshold: 4, replicas: min },
        advanced: { horizontalPodAutoscalerConfig: { behavior: BEHAVIOR } },
        triggers: group.topics.map((topic) => ({
          type: "kafka",
          metadata: {
            bootstrapServers: workload.environment.KAFKA_BROKERS ?? "",
            consumerGroup: group.name,
            topic: topic.name,
            lagThreshold: String(settings.autoscaling.lagPerReplica),
            offsetResetPolicy: "earliest",
            allowIdleConsumers: "false",
          },
          authenticationRef: { name },
        })),
      },
    },
  };
}
