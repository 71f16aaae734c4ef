import type { Manifest } from "../../kubernetes/manifest.ts";
import {
  addresses,
  allow,
  type Flow,
  type NameService,
  type NetworkPeer,
  podsOf,
  readersOf,
} from "../../kubernetes/network.ts";
import type { ServerKind } from "../workload.ts";
import type { RenderContext } from "./context.ts";
import { PORTS } from "./context.ts";
import { metadataOf, type PodPart, selectorLabels } from "./labels.ts";

/** Flows to the servers that pods may use. */
export interface NetworkPeers extends Readonly<Record<Exclude<ServerKind, "claim-checks" | "traces">, Flow>> {
  /** Absent if the environment has no such server. No egress to it is then allowed. */
  readonly "claim-checks"?: Flow;
  readonly traces?: Flow;
  /** The cluster's DNS. */
  readonly dns: NameService;
}

/**
 * Returns the network policy of a service. It allows exactly what the contract states: the callers of the service, the
 * readers of its metrics, and the servers and services that it uses.
 */
export function networkPolicy(context: RenderContext, peers: NetworkPeers): Manifest {
  const { workload } = context;
  return policy(context, "service", peers.dns, {
    from: callersOf(context),
    to: [
      ...workload.connects.flatMap((server) => peers[server] ?? []),
      ...workload.calls.map((called): Flow => ({ peers: [serviceOf(called)], ports: [PORTS.http] })),
    ],
  });
}

/**
 * Returns the network policy of a migration. It may resolve the name of its database and connect to it. Nothing may
 * connect to it.
 */
export function migrationNetworkPolicy(context: RenderContext, peers: NetworkPeers): Manifest {
  return policy(context, "migration", peers.dns, { from: [], to: [peers.postgres] });
}

function policy(
  context: RenderContext,
  part: PodPart,
  dns: NameService,
  flows: { readonly from: readonly Flow[]; readonly to: readonly Flow[] },
): Manifest {
  const metadata = metadataOf(context, part === "service" ? {} : { part, suffix: part });
  return allow({ metadata, pods: selectorLabels(context.workload.name, part), dns, ...flows });
}

function callersOf({ workload, settings }: RenderContext): Flow[] {
  const { exposure, monitoring } = settings;
  const callers: NetworkPeer[] = workload.calledBy.map(serviceOf);
  if (workload.exposed && exposure.by !== "none") {
    if (exposure.controllerNamespace !== undefined) callers.push(podsOf(exposure.controllerNamespace));
    callers.push(...addresses(exposure.sourceRanges));
  }
  return [
    ...(workload.http && callers.length > 0 ? [{ peers: callers, ports: [PORTS.http] }] : []),
    ...readersOf(monitoring.podMonitor ? [monitoring.namespace] : [], PORTS.management),
  ];
}

/** Returns the pods of a service in the same namespace as a peer. */
function serviceOf(service: string): NetworkPeer {
  return { podSelector: { matchLabels: selectorLabels(service) } };
}
