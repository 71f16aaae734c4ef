import type { Rule } from "../rule.ts";
import { workloadAutoscalingRules } from "./workload-autoscaling.ts";
import { workloadAvailabilityRules } from "./workload-availability.ts";
import { workloadClusterRules } from "./workload-cluster.ts";
import { workloadImageRules } from "./workload-images.ts";
import { workloadKafkaRules } from "./workload-kafka.ts";
import { workloadNetworkRules } from "./workload-network.ts";
import { workloadPodRules } from "./workload-pods.ts";
import { workloadSecretRules } from "./workload-secrets.ts";

/** Rules on what runs on Kubernetes. */
export const workloadRules: readonly Rule[] = [
  ...workloadPodRules,
  ...workloadImageRules,
  ...workloadSecretRules,
  ...workloadAvailabilityRules,
  ...workloadAutoscalingRules,
  ...workloadNetworkRules,
  ...workloadClusterRules,
  ...workloadKafkaRules,
];
