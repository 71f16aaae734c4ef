import type { StrimziClusterInput } from "../../../components/kafka/strimzi/cluster-input.ts";
import { expectRead } from "../../../components/model/read.ts";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import type { StackSettings } from "../../../components/model/stack/stack.ts";

/** A part of a stack's settings, as people write them. */
export type Written = Readonly<Record<string, unknown>>;

/** The least that a stack on Kubernetes must say. */
export const leastKubernetes: Written = {
  workloads: { images: { registry: "registry.example.com" } },
  postgres: { cloudNativePg: {} },
  redis: { inCluster: {} },
};

/** A stack's settings as written, with changes below `kubernetes` and beside it. */
export function written(kubernetes: Written = {}, stack: Written = {}): Written {
  return { substrate: "kubernetes", ...stack, kubernetes: { ...leastKubernetes, ...kubernetes } };
}

/** Valid settings. */
export function stackSettings(kubernetes: Written = {}, stack: Written = {}): StackSettings {
  return expectRead(parseStackSettings(written(kubernetes, stack)));
}

/** The part for Kubernetes of valid settings. */
export function kubernetesOf(kubernetes: Written = {}): NonNullable<StackSettings["kubernetes"]> {
  const { kubernetes: settings } = stackSettings(kubernetes);
  if (settings === undefined) throw new Error("The settings have no part for Kubernetes.");
  return settings;
}

/** What the manifests of a cluster follow from, with changes below `kubernetes.kafka` and beside `kubernetes`. */
export function clusterInput(kafka: Written = {}, stack: Written = {}): StrimziClusterInput {
  const settings = stackSettings({ kafka }, stack);
  if (settings.kubernetes === undefined) throw new Error("The settings have no part for Kubernetes.");
  return {
    namespace: "kafka",
    shape: settings.kafka,
    topics: settings.topics,
    settings: settings.kubernetes.kafka,
    pods: { broker: {}, controller: {}, beside: {} },
    network: settings.capacity.networkPerBroker,
    clientNamespaces: ["platform", "services"],
  };
}
