import { join } from "node:path";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import type { ApiClient, ApiObject } from "./api-client.ts";
import { describeAnswer } from "./api-client.ts";
import { partPath } from "./api-server.ts";
import type { ControlPlaneFiles } from "./control-plane-files.ts";
import { hasCondition } from "./crds.ts";
import type { ServerProcess } from "./server-process.ts";
import { startServer, untilAlive } from "./server-process.ts";

/** Zones of the played nodes. */
export const PLAYED_ZONES = ["zone-a", "zone-b", "zone-c"] as const;
/** Given by hand: the binary knows none, and kwok would otherwise look for them in the user's home. */
const KWOK_STAGES = join(import.meta.dirname, "kwok-stages.yaml");
const NODES_LIMIT_MS = 120_000;

/** Starts the controller manager, with further arguments where given, and the scheduler. */
export async function startManagers(
  files: ControlPlaneFiles,
  options: { readonly logs: string; readonly managerArguments?: readonly string[] },
): Promise<readonly ServerProcess[]> {
  const [managerPort, schedulerPort] = await freePorts(2);
  return [
    startServer(
      "kube-controller-manager",
      [
        await partPath("kube-controller-manager"),
        ...controllerManagerArguments(files),
        `--secure-port=${managerPort}`,
        `--cert-dir=${join(files.folder, "controller-manager")}`,
        ...(options.managerArguments ?? []),
      ],
      { folder: options.logs },
    ),
    startServer(
      "kube-scheduler",
      [
        await partPath("kube-scheduler"),
        ...schedulerArguments(files),
        `--secure-port=${schedulerPort}`,
        `--cert-dir=${join(files.folder, "scheduler")}`,
      ],
      { folder: options.logs },
    ),
  ];
}

/** Starts the controller manager, the scheduler and kwok, and adds one node per zone that kwok plays. */
export async function startControllers(
  client: ApiClient,
  files: ControlPlaneFiles,
  options: { readonly logs: string },
): Promise<readonly ServerProcess[]> {
  // On a busy machine kwok is late with its heartbeats; the nodes that it plays never fail.
  const started = [
    ...(await startManagers(files, { ...options, managerArguments: ["--node-monitor-grace-period=10m"] })),
  ];
  try {
    const [kwokPort] = await freePorts(1);
    for (const zone of PLAYED_ZONES) {
      const answer = await client.apply(playedNode(`node-${zone}`, zone));
      if (answer.status >= 300) throw new Error(`The node of ${zone} was refused: ${describeAnswer(answer)}`);
    }
    started.push(
      startServer(
        "kwok",
        [
          await partPath("kwok"),
          `--config=${KWOK_STAGES}`,
          `--kubeconfig=${files.kubeconfig("admin")}`,
          "--manage-all-nodes=true",
          `--server-address=127.0.0.1:${kwokPort}`,
        ],
        { folder: options.logs },
      ),
    );
    await untilAlive(
      started,
      "played nodes",
      async () => {
        const nodes = await client.list("/api/v1/nodes");
        return nodes.length === PLAYED_ZONES.length && nodes.every((node) => hasCondition(node, "Ready"));
      },
      NODES_LIMIT_MS,
    );
    return started;
  } catch (error) {
    for (const server of started.toReversed()) await server.stop();
    throw error;
  }
}

/** Arguments of a controller manager, but for where it listens. */
export function controllerManagerArguments(files: ControlPlaneFiles): readonly string[] {
  return [
    `--kubeconfig=${files.kubeconfig("kube-controller-manager")}`,
    `--service-account-private-key-file=${files.serviceAccountKeyFile}`,
    `--root-ca-file=${files.caFile}`,
    "--use-service-account-credentials=true",
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    "--allocate-node-cidrs=false",
    "--profiling=false",
  ];
}

/** Arguments of a scheduler, but for where it listens. */
export function schedulerArguments(files: ControlPlaneFiles): readonly string[] {
  return [
    `--kubeconfig=${files.kubeconfig("kube-scheduler")}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    "--profiling=false",
  ];
}

/** A node that kwok plays. */
export function playedNode(name: string, zone: string): ApiObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake" },
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": zone,
      },
    },
  };
}
