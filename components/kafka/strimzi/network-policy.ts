import { type Manifest, platformLabels } from "../../kubernetes/manifest.ts";
import { addresses, allow, type NameService, podsOf } from "../../kubernetes/network.ts";
import { clusterLabel } from "./names.ts";

/** Input of {@link clusterPolicy}. */
export interface ClusterPolicyInput {
  readonly cluster: string;
  readonly namespace: string;
  /** Addresses of the Kubernetes API. */
  readonly apiServers: readonly string[];
  /** Ports of the Kubernetes API. */
  readonly apiServerPorts: readonly number[];
  readonly dns: NameService;
  /** Object store of tiered storage. Absent if the brokers have none. */
  readonly remoteStorage?: { readonly cidrs: readonly string[]; readonly port: number } | undefined;
}

/**
 * Ports between the pods of a cluster in Strimzi's own policies: controllers (9090) and brokers (9091). Cruise Control
 * and the exporter connect to them too. Only the operator, which has a policy of its own, connects to the brokers'
 * agent (8443) and to Cruise Control's REST API.
 */
const CLUSTER_PORTS = [9_090, 9_091] as const;

/**
 * Returns the policy for the egress of the cluster's pods. They may connect to each other where Strimzi allows it, to
 * DNS, to the Kubernetes API, from which a broker reads its zone when it starts, and to the object store of tiered
 * storage. Strimzi writes the ingress policies from the listeners.
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
    // Policies are additive: an ingress rule here would allow connections beyond those that Strimzi's own policies
    // allow.
    to: [
      { peers: [podsOf(namespace, clusterLabel(cluster))], ports: CLUSTER_PORTS },
      { peers: addresses(apiServers), ports: apiServerPorts },
      ...(remoteStorage === undefined ? [] : [{ peers: addresses(remoteStorage.cidrs), ports: [remoteStorage.port] }]),
    ],
  });
}
