import { podsOf, type Manifest } from "../../kubernetes/manifest.ts";
import { addresses, allow } from "../../kubernetes/network.ts";
import type { NameService } from "../../kubernetes/network-peer.ts";
import { clusterLabel } from "./names.ts";
import { API_PORTS } from "./operator.ts";

/** What {@link clusterPolicy} follows from. */
export interface ClusterPolicyInput {
  readonly cluster: string;
  readonly namespace: string;
  /** Addresses of the Kubernetes API. */
  readonly apiServers: readonly string[];
  readonly dns: NameService;
  /** The store of tiered storage, where the brokers have one. */
  readonly remoteStorage?: { readonly cidrs: readonly string[]; readonly port: number } | undefined;
}

/**
 * What the cluster's pods may reach: each other, the names' server, and the Kubernetes API, from which a broker
 * learns its zone when it starts; and the store of tiered storage. Who may reach them is Strimzi's to write, from the listeners.
 */
export function clusterPolicy({ cluster, namespace, apiServers, dns, remoteStorage }: ClusterPolicyInput): Manifest {
  return allow({
    name: `${cluster}-egress`,
    namespace,
    component: "kafka",
    pods: clusterLabel(cluster),
    dns,
    from: [{ peers: [podsOf(namespace)], ports: [] }],
    to: [{ peers: [podsOf(namespace)], ports: [] }, { peers: addresses(apiServers), ports: API_PORTS }, ...(remoteStorage === undefined ? [] : [{ peers: addresses(remoteStorage.cidrs), ports: [remoteStorage.port] }])],
  });
}
