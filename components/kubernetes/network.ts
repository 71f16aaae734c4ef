import type { KubernetesServers } from "../model/stack/stack-kubernetes.ts";
import { type Manifest, type ObjectMeta, platformLabels } from "./manifest.ts";

/*
 * Network policies are additive. A pod that no policy selects may connect to everything. A selected pod may do what any
 * of its policies allows. A connection needs both sides: egress in the client's policy and ingress in the server's
 * policy. Each namespace therefore has one policy that denies everything, and each workload one policy that allows what
 * it needs.
 */

/**
 * Pods by their labels. Without a namespace selector, the pods are in the policy's own namespace. Without a pod
 * selector, all pods match.
 */
export interface PodPeer {
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
  readonly ipBlock?: never;
}

/** An address range, for peers that are not pods of the cluster. */
export interface AddressPeer {
  /** `cidr`: for example `10.0.0.0/8`. A single address ends in `/32` (IPv4) or `/128` (IPv6). */
  readonly ipBlock: { readonly cidr: string };
  readonly namespaceSelector?: never;
  readonly podSelector?: never;
}

/** The other side of a connection. Kubernetes refuses a peer that is both. */
export type NetworkPeer = PodPeer | AddressPeer;

interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

/** A port of a flow. A plain number is a TCP port. */
export type FlowPort = number | { readonly port: number; readonly protocol: "TCP" | "UDP" };

/** Connections in one direction, to any of the peers on any of the ports. */
export interface Flow {
  /** At least one peer. Kubernetes interprets an empty list as every peer, so {@link allow} refuses it. */
  readonly peers: readonly NetworkPeer[];
  /** Empty: every port. */
  readonly ports: readonly FlowPort[];
}

/** The cluster's DNS, as a stack describes it. */
export type NameService = KubernetesServers["dns"];

/** Arguments of {@link allow}. */
export interface AllowArgs {
  /** Name and namespace of the policy. The policy selects only pods of that namespace. */
  readonly metadata: ObjectMeta;
  /** Labels of the pods that the policy selects. Empty: all pods of the namespace. */
  readonly pods: Readonly<Record<string, string>>;
  /** The cluster's DNS, to which the selected pods may always connect. */
  readonly dns: NameService;
  /** Connections that the selected pods accept. Default: none. */
  readonly from?: readonly Flow[];
  /** Connections that the selected pods open, besides DNS. Default: none. */
  readonly to?: readonly Flow[];
}

/**
 * Returns the policy that closes a namespace: its pods neither accept nor open a connection unless another policy
 * allows it.
 */
export function denyAll(namespace: string): Manifest {
  const name = "default-deny";
  const metadata = { name, namespace, labels: platformLabels(name, "network") };
  return policy(metadata, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
}

/**
 * Returns the policy of one workload. It allows the given flows and DNS, nothing else.
 * @throws Error if a flow has no peers: the policy would be open to every address.
 */
export function allow({ metadata, pods, dns, from = [], to = [] }: AllowArgs): Manifest {
  return policy(metadata, {
    podSelector: Object.keys(pods).length === 0 ? {} : { matchLabels: pods },
    policyTypes: ["Ingress", "Egress"],
    ingress: from.map((flow) => ({ from: peersOf(flow, metadata), ...portsOf(flow) })),
    egress: [nameService(dns), ...to].map((flow) => ({ to: peersOf(flow, metadata), ...portsOf(flow) })),
  });
}

/**
 * Returns the pods of a namespace as a peer. Kubernetes labels each namespace with its name.
 * @param labels - Labels that the pods must have. Default: all pods match.
 */
export function podsOf(namespace: string, labels?: Readonly<Record<string, string>>): PodPeer {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    ...(labels === undefined ? {} : { podSelector: { matchLabels: labels } }),
  };
}

/** Returns one peer per address range. */
export function addresses(cidrs: readonly string[]): AddressPeer[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr } }));
}

/**
 * Returns the flow from Prometheus to a metrics port.
 * @param namespaces - Namespaces in which Prometheus runs. Empty: no flow.
 */
export function readersOf(namespaces: readonly string[], port: number): readonly Flow[] {
  return namespaces.length === 0 ? [] : [{ peers: namespaces.map((namespace) => podsOf(namespace)), ports: [port] }];
}

/** Returns the flow to DNS: to its pods, and to the addresses that answer in their place. */
function nameService({ namespace, podLabels, addresses: cidrs, ports }: NameService): Flow {
  return {
    peers: [podsOf(namespace, podLabels), ...addresses(cidrs)],
    ports: ports.flatMap((port): FlowPort[] => [
      { port, protocol: "UDP" },
      { port, protocol: "TCP" },
    ]),
  };
}

/**
 * Returns the peers of a flow.
 * @throws Error if there are none.
 */
function peersOf(flow: Flow, { name, namespace = "default" }: ObjectMeta): readonly NetworkPeer[] {
  if (flow.peers.length > 0) return flow.peers;
  const ports = portsOf(flow).ports?.map(({ port }) => port);
  throw new Error(
    `network policy ${namespace}/${name}: a flow on port ${ports?.join(", ") ?? "*"} has no peers, which Kubernetes takes for every address; leave the flow out, or name the addresses 0.0.0.0/0 and ::/0`,
  );
}

function portsOf({ ports }: Flow): { ports?: { port: number; protocol: string }[] } {
  if (ports.length === 0) return {};
  return { ports: ports.map((each) => (typeof each === "number" ? { port: each, protocol: "TCP" } : each)) };
}

function policy(metadata: ObjectMeta, spec: Record<string, unknown>): Manifest {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec };
}
