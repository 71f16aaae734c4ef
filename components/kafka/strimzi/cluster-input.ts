import type { StackSettings } from "../../model/stack/stack.ts";
import type { StrimziSettings } from "../../model/stack/stack-kubernetes.ts";
import type { PodSettings } from "../../model/stack/stack-pods.ts";
import type { ClusterShape } from "../nodes.ts";

/** Input of the manifests of a Strimzi cluster. */
export interface StrimziClusterInput {
  readonly namespace: string;
  readonly shape: ClusterShape;
  readonly topics: StackSettings["topics"];
  readonly settings: StrimziSettings;
  /** Placement of the pods of each role, and of the pods beside the nodes (Cruise Control, the exporter). */
  readonly pods: Readonly<Record<"broker" | "controller" | "beside", PodSettings>>;
  /** Network capacity of a broker in each direction, in bytes per second. Cruise Control balances the load by it. */
  readonly network: number;
  /** Namespaces whose pods are Kafka clients. */
  readonly clientNamespaces: readonly string[];
}

/** Returns the number of brokers. */
export function brokersOf({ zones, brokersPerZone }: ClusterShape): number {
  return zones.length * brokersPerZone;
}
