import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import type { LocalLayout } from "../local/layout.ts";
import { LOOPBACK } from "../local/layout.ts";
import { Process } from "../provider/resources.ts";
import type { Workload } from "./workload.ts";
import { heapFlags } from "./workload.ts";

/** Ports of one instance on this machine. */
export interface InstancePorts {
  /** Absent if the service has no HTTP API. */
  readonly http?: number;
  readonly management: number;
}

/** Arguments of {@link LocalService}. */
export interface LocalServiceArgs {
  readonly workload: Workload;
  /** Ports of the instances, one entry per replica. */
  readonly instances: readonly InstancePorts[];
  /** Path of the Node binary. */
  readonly node: string;
  /** Folder of the service templates. */
  readonly templates: string;
  readonly layout: LocalLayout;
  /** Version that changes with the service's code, so that running instances are replaced. */
  readonly codeVersion: string;
}

const START_TIMEOUT_SECONDS = 60;
/** Services drain within 10 s of SIGTERM. */
const STOP_GRACE_SECONDS = 12;

/** A workload as processes on this machine, one per replica. */
export class LocalService extends KitComponent {
  /** Instances in order. An instance is ready when its resource exists. */
  readonly processes: readonly Process[];

  constructor(args: LocalServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:LocalService", args.workload.name, opts);
    this.processes = args.instances.map((ports, index) => this.instance(args, ports, index));
    this.registerOutputs({});
  }

  private instance(args: LocalServiceArgs, ports: InstancePorts, index: number): Process {
    const { workload, layout } = args;
    // The first instance keeps its name and ports, whatever the number of instances. A renamed instance would be
    // started beside the old one, whose ports are still in use.
    const name = index === 0 ? workload.name : `${workload.name}-${index}`;
    const path = (file: string) => layout.file(name, file);
    const folder = join(args.templates, workload.name);
    return new Process(
      name,
      {
        name,
        role: "service",
        command: [
          args.node,
          "--disable-warning=ExperimentalWarning",
          ...heapFlags(workload.resources),
          join(folder, workload.entry),
        ],
        workingDirectory: folder,
        env: {
          ...workload.environment,
          SERVICE_NAME: workload.name,
          // Fault injection, with which a process can be told to crash, is enabled only here:
          // service-templates/lib/fault-points.ts.
          FAULT_INJECTION: "on",
          SERVICE_INSTANCE: String(index),
          // A supervised process restarts with its number. As a static member it keeps its partitions meanwhile.
          ...(workload.group === undefined ? {} : { KAFKA_GROUP_INSTANCE_ID: `${workload.name}-${index}` }),
          HTTP_HOST: LOOPBACK,
          MANAGEMENT_PORT: String(ports.management),
          ...(ports.http === undefined ? {} : { HTTP_PORT: String(ports.http) }),
          ...Object.fromEntries(workload.files.map((file) => [file.variable, path(file.name)])),
        },
        files: workload.files.map((file) => ({ path: path(file.name), content: file.content })),
        ports: [
          { name: "management", host: LOOPBACK, port: ports.management },
          ...(ports.http === undefined ? [] : [{ name: "http", host: LOOPBACK, port: ports.http }]),
        ],
        readiness: {
          http: { url: `http://${LOOPBACK}:${ports.management}${workload.management.readiness}`, status: 200 },
          timeoutSeconds: START_TIMEOUT_SECONDS,
        },
        stop: { signal: "SIGTERM", graceSeconds: STOP_GRACE_SECONDS },
        restartToken: args.codeVersion,
        stateDir: layout.substrateDir,
      },
      this.child({ dependsOn: [...workload.dependsOn] }),
    );
  }
}
