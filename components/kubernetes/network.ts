import { type Manifest, platformLabels, podsOf } from "./manifest.ts";
import { type NameService, nameService } from "./network-peer.ts";

/** One direction of a policy: peers and the ports between. */
export interface Flow {
  readonly peers: readonly Record<string, unknown>[];
  readonly ports: readonly number[];
}

/** Nothing in and nothing out of a namespace's pods, but for what other policies allow. */
export function denyAll(namespace: string): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "default-deny", namespace, labels: platformLabels("default-deny", "network") },
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  };
}

/** Arguments of {@link allow}. */
export interface AllowArgs {
  readonly name: string;
  readonly namespace: string;
  readonly component: string;
  /** Pods that the policy is for; all of the namespace when empty. */
  readonly pods: Readonly<Record<string, string>>;
  readonly dns: NameService;
  readonly from?: readonly Flow[];
  readonly to?: readonly Flow[];
}

/** Allows named flows and look-ups of names, nothing else. */
export function allow({ name, namespace, component, pods, dns, from = [], to = [] }: AllowArgs): Manifest {
  const ports = (flow: Flow) =>
    flow.ports.length === 0 ? {} : { ports: flow.ports.map((port) => ({ protocol: "TCP", port })) };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace, labels: platformLabels(name, component) },
    spec: {
      podSelector: Object.keys(pods).length === 0 ? {} : { matchLabels: pods },
      policyTypes: ["Ingress", "Egress"],
      ingress: from.map((flow) => ({ from: flow.peers, ...ports(flow) })),
      egress: [nameService(dns), ...to.map((flow) => ({ to: flow.peers, ...ports(flow) }))],
    },
  };
}

/** Lets those in who read metrics. */
export function readersOf(namespaces: readonly string[], port: number): readonly Flow[] {
  return namespaces.length === 0 ? [] : [{ peers: namespaces.map((namespace) => podsOf(namespace)), ports: [port] }];
}

/** Peers by address. */
export function addresses(cidrs: readonly string[]): Record<string, unknown>[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr } }));
}
