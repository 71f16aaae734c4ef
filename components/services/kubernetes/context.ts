import type { PodSettings } from "../../model/stack/stack-pods.ts";
import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";
import type { Workload } from "../workload.ts";

/** What every renderer works from. A renderer is a pure function: the same context gives the same object. */
export interface RenderContext {
  readonly workload: Workload;
  readonly namespace: string;
  readonly settings: KubernetesWorkloadSettings;
  /** Where the pods run; images are fetched with the workload's own pull secrets, else with these. */
  readonly pods: PodSettings;
  /** Label of nodes that names their zone, by which brokers know theirs too. */
  readonly zoneLabel: string;
}

/** Ports of every pod; the same in all of them, because each has an address of its own. */
export const PORTS = { http: 8080, management: 9090 } as const;
