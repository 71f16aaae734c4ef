import type { types } from "@pulumi/kubernetes";
import type { KubernetesServers } from "../model/stack-kubernetes.ts";

/** A server outside the service: where it is, and its ports. */
export interface NetworkPeer {
  readonly to: readonly types.input.networking.v1.NetworkPolicyPeer[];
  readonly ports: readonly { readonly port: number; readonly protocol?: "TCP" | "UDP" }[];
}

/** The cluster's name service as a stack describes it. */
export type NameService = KubernetesServers["dns"];

/** Look-ups at the cluster's name service: its pods, and what answers in their place. */
export function nameService({ namespace, podLabels, addresses, ports }: NameService): NetworkPeer {
  return {
    to: [inNamespace(namespace, podLabels), ...addresses.map((cidr) => ({ ipBlock: { cidr } }))],
    ports: ports.flatMap((port) => [
      { port, protocol: "UDP" as const },
      { port, protocol: "TCP" as const },
    ]),
  };
}

/** Pods of a namespace, all or those with labels. Kubernetes itself labels each namespace with its name. */
export function inNamespace(
  namespace: string,
  labels?: Readonly<Record<string, string>>,
): types.input.networking.v1.NetworkPolicyPeer {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    ...(labels === undefined ? {} : { podSelector: { matchLabels: { ...labels } } }),
  };
}
