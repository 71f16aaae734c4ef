import type { types } from "@pulumi/kubernetes";
import { inNamespace, type NetworkPeer } from "../../kubernetes/network-peer.ts";
import type { ServerKind } from "../workload.ts";
import type { RenderContext } from "./context.ts";
import { PORTS } from "./context.ts";
import { selectorLabels, standardLabels } from "./labels.ts";

/** What pods may talk to, beside each other. */
export interface NetworkPeers extends Readonly<Record<Exclude<ServerKind, "claim-checks">, NetworkPeer>> {
  /** Absent where the environment has none: then nothing is let out to it. */
  readonly "claim-checks"?: NetworkPeer;
  /** The cluster's name service. */
  readonly dns: NetworkPeer;
}

type NetworkPolicyPeer = types.input.networking.v1.NetworkPolicyPeer;
type NetworkPolicy = types.input.networking.v1.NetworkPolicy;
type IngressRule = types.input.networking.v1.NetworkPolicyIngressRule;
type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;

/** What the contract says, and nothing beyond: who calls the service, who reads its metrics, which servers and services it talks to. */
export function networkPolicy(context: RenderContext, peers: NetworkPeers): NetworkPolicy {
  const { workload, namespace } = context;
  return {
    metadata: { name: workload.name, namespace, labels: standardLabels(workload) },
    spec: {
      podSelector: { matchLabels: selectorLabels(workload.name) },
      policyTypes: ["Ingress", "Egress"],
      ingress: ingressRules(context),
      egress: [
        egressTo(peers.dns),
        ...workload.connects.flatMap((server) => peers[server] ?? []).map(egressTo),
        ...workload.calls.map(
          (called): EgressRule => ({ to: [podsOf(called)], ports: [{ port: PORTS.http, protocol: "TCP" }] }),
        ),
      ],
    },
  };
}

/** A migration looks up its database and talks to it; nobody talks to it. */
export function migrationNetworkPolicy({ workload, namespace }: RenderContext, peers: NetworkPeers): NetworkPolicy {
  return {
    metadata: { name: `${workload.name}-migration`, namespace, labels: standardLabels(workload, "migration") },
    spec: {
      podSelector: { matchLabels: selectorLabels(workload.name, "migration") },
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [egressTo(peers.dns), egressTo(peers.postgres)],
    },
  };
}

/** Nothing goes in or out of a namespace's pods but what another policy allows. */
export function defaultDenyPolicy(namespace: types.input.meta.v1.ObjectMeta["namespace"]): NetworkPolicy {
  return {
    metadata: {
      name: "default-deny",
      ...(namespace === undefined ? {} : { namespace }),
      labels: { "app.kubernetes.io/part-of": "event-platform", "app.kubernetes.io/managed-by": "pulumi" },
    },
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  };
}

function ingressRules({ workload, settings }: RenderContext): IngressRule[] {
  const { exposure, monitoring } = settings;
  const callers: NetworkPolicyPeer[] = workload.calledBy.map(podsOf);
  if (workload.exposed && exposure.by !== "none") {
    if (exposure.controllerNamespace !== undefined) callers.push(inNamespace(exposure.controllerNamespace));
    callers.push(...exposure.sourceRanges.map((cidr) => ({ ipBlock: { cidr } })));
  }
  return [
    ...(workload.http && callers.length > 0 ? [{ from: callers, ports: [{ port: PORTS.http, protocol: "TCP" }] }] : []),
    ...(monitoring.podMonitor
      ? [{ from: [inNamespace(monitoring.namespace)], ports: [{ port: PORTS.management, protocol: "TCP" }] }]
      : []),
  ];
}

function podsOf(service: string): types.input.networking.v1.NetworkPolicyPeer {
  return { podSelector: { matchLabels: selectorLabels(service) } };
}

function egressTo({ to, ports }: NetworkPeer): EgressRule {
  return { to: [...to], ports: ports.map(({ port, protocol = "TCP" }) => ({ port, protocol })) };
}
