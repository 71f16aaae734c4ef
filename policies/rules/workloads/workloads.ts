import type { Rule } from "../../rule.ts";
import { workloadAutoscalingRules } from "./autoscaling.ts";
import { workloadAvailabilityRules } from "./availability.ts";
import { workloadClusterRules } from "./cluster.ts";
import { workloadImageRules } from "./images.ts";
import { workloadKafkaRules } from "./kafka.ts";
import { workloadNetworkRules } from "./network.ts";
import { workloadPodRules } from "./pods.ts";
import { workloadSecretRules } from "./secrets.ts";

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
