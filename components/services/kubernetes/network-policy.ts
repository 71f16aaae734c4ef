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

/** What pods may talk to, beside each other. */
export interface NetworkPeers extends Readonly<Record<Exclude<ServerKind, "claim-checks" | "traces">, Flow>> {
  /** Absent where the environment has none: then nothing is let out to it. */
  readonly "claim-checks"?: Flow;
  readonly traces?: Flow;
  /** The cluster's name service. */
  readonly dns: NameService;
}

/** What the contract says, and nothing beyond: who calls the service, who reads its metrics, which servers and services it talks to. */
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

/** A migration looks up its database and talks to it; nobody talks to it. */
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

/** The pods of a service of the same namespace. */
function serviceOf(service: string): NetworkPeer {
  return { podSelector: { matchLabels: selectorLabels(service) } };
}
