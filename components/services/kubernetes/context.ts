import type { PodSettings } from "../../model/stack/stack-pods.ts";
import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";
import type { Workload } from "../workload.ts";

/** Input of every renderer. A renderer is a pure function: the same context gives the same object. */
export interface RenderContext {
  readonly workload: Workload;
  readonly namespace: string;
  readonly settings: KubernetesWorkloadSettings;
  /** Placement of the pods. Images are pulled with the workload's own pull secrets, otherwise with these. */
  readonly pods: PodSettings;
  /** Node label that names the zone. Brokers use the same label. */
  readonly zoneLabel: string;
}

/** Ports of every pod. They are equal in all pods, because each pod has its own address. */
export const PORTS = { http: 8080, management: 9090 } as const;
