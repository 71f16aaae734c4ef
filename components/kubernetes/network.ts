import type { KubernetesServers } from "../model/stack/stack-kubernetes.ts";
import { type Manifest, type ObjectMeta, platformLabels } from "./manifest.ts";

/** Who a policy lets in or out: pods by their labels, of this or another namespace, or addresses. */
export interface NetworkPeer {
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string };
}

interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

/** A port of a flow: a number for TCP. */
export type FlowPort = number | { readonly port: number; readonly protocol: "TCP" | "UDP" };

/** One direction of a policy: peers and the ports between; all ports when none is named. */
export interface Flow {
  readonly peers: readonly NetworkPeer[];
  readonly ports: readonly FlowPort[];
}

/** The cluster's name service as a stack describes it. */
export type NameService = KubernetesServers["dns"];

/** Arguments of {@link allow}. */
export interface AllowArgs {
  readonly metadata: ObjectMeta;
  /** Pods that the policy is for; all of the namespace when empty. */
  readonly pods: Readonly<Record<string, string>>;
  readonly dns: NameService;
  readonly from?: readonly Flow[];
  readonly to?: readonly Flow[];
}

/** Nothing in and nothing out of a namespace's pods, except what other policies allow. */
export function denyAll(namespace: string): Manifest {
  const name = "default-deny";
  const metadata = { name, namespace, labels: platformLabels(name, "network") };
  return policy(metadata, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
}

/** Allows named flows and look-ups of names, nothing else. */
export function allow({ metadata, pods, dns, from = [], to = [] }: AllowArgs): Manifest {
  return policy(metadata, {
    podSelector: Object.keys(pods).length === 0 ? {} : { matchLabels: pods },
    policyTypes: ["Ingress", "Egress"],
    ingress: from.map((flow) => ({ from: flow.peers, ...portsOf(flow) })),
    egress: [nameService(dns), ...to].map((flow) => ({ to: flow.peers, ...portsOf(flow) })),
  });
}

/** All pods of a namespace, or those among them with labels. Kubernetes itself labels each namespace with its name. */
export function podsOf(namespace: string, labels?: Readonly<Record<string, string>>): NetworkPeer {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    ...(labels === undefined ? {} : { podSelector: { matchLabels: labels } }),
  };
}

/** Peers by address. */
export function addresses(cidrs: readonly string[]): NetworkPeer[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr } }));
}

/** Lets Prometheus in, from the namespaces it runs in; nothing when there are none. */
export function readersOf(namespaces: readonly string[], port: number): readonly Flow[] {
  return namespaces.length === 0 ? [] : [{ peers: namespaces.map((namespace) => podsOf(namespace)), ports: [port] }];
}

/** Look-ups at the cluster's name service: its pods, and the addresses that answer in their place. */
function nameService({ namespace, podLabels, addresses: cidrs, ports }: NameService): Flow {
  return {
    peers: [podsOf(namespace, podLabels), ...addresses(cidrs)],
    ports: ports.flatMap((port): FlowPort[] => [
      { port, protocol: "UDP" },
      { port, protocol: "TCP" },
    ]),
  };
}

function portsOf({ ports }: Flow): { ports?: { port: number; protocol: string }[] } {
  if (ports.length === 0) return {};
  return { ports: ports.map((each) => (typeof each === "number" ? { port: each, protocol: "TCP" } : each)) };
}

function policy(metadata: ObjectMeta, spec: Record<string, unknown>): Manifest {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec };
}
