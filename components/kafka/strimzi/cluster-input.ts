import type { StackSettings } from "../../model/stack/stack.ts";
import type { StrimziSettings } from "../../model/stack/stack-kubernetes.ts";
import type { PodSettings } from "../../model/stack/stack-pods.ts";
import type { ClusterShape } from "../nodes.ts";

/** Everything that the manifests of a Strimzi cluster follow from. */
export interface StrimziClusterInput {
  readonly namespace: string;
  readonly shape: ClusterShape;
  readonly topics: StackSettings["topics"];
  readonly settings: StrimziSettings;
  /** Where the pods run: of each role, and of what stands beside the nodes (Cruise Control, the exporter). */
  readonly pods: Readonly<Record<"broker" | "controller" | "beside", PodSettings>>;
  /** Bytes per second that a broker's network carries each way; Cruise Control balances by it. */
  readonly network: number;
  /** Namespaces whose pods are Kafka clients. */
  readonly clientNamespaces: readonly string[];
}

/** Number of brokers. */
export function brokersOf({ zones, brokersPerZone }: ClusterShape): number {
  return zones.length * brokersPerZone;
}
