import { type Manifest, platformLabels } from "../../kubernetes/manifest.ts";
import { addresses, allow, type NameService, podsOf } from "../../kubernetes/network.ts";
import { clusterLabel } from "./names.ts";

/** What {@link clusterPolicy} follows from. */
export interface ClusterPolicyInput {
  readonly cluster: string;
  readonly namespace: string;
  /** Addresses of the Kubernetes API. */
  readonly apiServers: readonly string[];
  /** Its ports. */
  readonly apiServerPorts: readonly number[];
  readonly dns: NameService;
  /** The store of tiered storage, where the brokers have one. */
  readonly remoteStorage?: { readonly cidrs: readonly string[]; readonly port: number } | undefined;
}

/**
 * Ports between the pods of a cluster, by Strimzi's own policies: controllers (9090) and brokers (9091), to which Cruise Control and the exporter connect
 * too. The brokers' agent (8443) and Cruise Control's REST API are the operator's alone, which has a policy of its own.
 */
const CLUSTER_PORTS = [9_090, 9_091] as const;

/**
 * What the cluster's pods may reach: each other where Strimzi lets them, the names' server, and the Kubernetes API, from which a broker
 * learns its zone when it starts; and the store of tiered storage. Who may reach them is Strimzi's to write, from the listeners.
 */
export function clusterPolicy({
  cluster,
  namespace,
  apiServers,
  apiServerPorts,
  dns,
  remoteStorage,
}: ClusterPolicyInput): Manifest {
  const name = `${cluster}-egress`;
  return allow({
    metadata: { name, namespace, labels: platformLabels(name, "kafka") },
    pods: clusterLabel(cluster),
    dns,
    // Policies only ever add: whatever were let in here would be let in beside what Strimzi's own policies leave.
    to: [
      { peers: [podsOf(namespace, clusterLabel(cluster))], ports: CLUSTER_PORTS },
      { peers: addresses(apiServers), ports: apiServerPorts },
      ...(remoteStorage === undefined ? [] : [{ peers: addresses(remoteStorage.cidrs), ports: [remoteStorage.port] }]),
    ],
  });
}
