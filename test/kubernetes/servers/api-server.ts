import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import type { KubernetesPart } from "../../toolchain/kubernetes-parts.ts";
import { findKubernetesPart } from "../../toolchain/kubernetes-parts.ts";
import type { ApiClient } from "./api-client.ts";
import { apiClient } from "./api-client.ts";
import type { ControlPlaneFiles } from "./control-plane-files.ts";
import { writeControlPlaneFiles } from "./control-plane-files.ts";
import { startControllers, startManagers } from "./controllers.ts";
import { installCrds } from "./crds.ts";
import type { ServerProcess } from "./server-process.ts";
import { startServer, untilAlive } from "./server-process.ts";

/** Options of a test's API server. */
export interface ApiServerOptions {
  /** Folders with custom resource definitions (YAML) to install. Default: Strimzi's, CloudNativePG's, KEDA's, the Gateway API's. */
  readonly crds?: readonly string[];
  /**
   * Also starts the controller manager, the scheduler and simulated nodes, one per zone: Deployments become available and Jobs
   * complete although no container runs. `without-nodes`: for a node that joins by itself. Default: only the API server.
   */
  readonly controllers?: boolean | "without-nodes";
}

/** A running API server with its etcd. */
export interface ApiServer {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly client: ApiClient;
  readonly files: ControlPlaneFiles;
  /**
   * Waits until a condition holds.
   * @throws {Error} at once when one of the processes has ended, with its last lines; otherwise when the limit passes.
   */
  until(what: string, condition: () => Promise<boolean>, limitMs: number): Promise<void>;
  /** Ends every process, by its handle, and removes the folder. */
  stop(): Promise<void>;
}

/** The Service addresses; no machine routes them. */
export const SERVICE_RANGE = "10.96.0.0/16";
const READY_LIMIT_MS = 120_000;
const API_SERVER_PARTS: readonly KubernetesPart[] = ["etcd", "kube-apiserver"];
const CONTROLLER_PARTS: readonly KubernetesPart[] = ["kube-controller-manager", "kube-scheduler", "kwok"];

/**
 * Why an API server cannot be started here, for `test.skipIf`; undefined when it can. Only checks: `kit test` and `kit doctor
 * --fix --kubernetes` build missing parts.
 */
export async function whyNoApiServer(options: { readonly controllers?: boolean } = {}): Promise<string | undefined> {
  return await whyMissing(options.controllers === true ? [...API_SERVER_PARTS, ...CONTROLLER_PARTS] : API_SERVER_PARTS);
}

/** Names the parts that are not built; undefined when all are. */
export async function whyMissing(parts: readonly KubernetesPart[]): Promise<string | undefined> {
  const found = await Promise.all(parts.map(findKubernetesPart));
  const missing = parts.filter((_, index) => found[index] === undefined);
  return missing.length === 0 ? undefined : `not built: ${missing.join(", ")} (npx kit doctor --fix --kubernetes)`;
}

/** Location of a part that {@link whyMissing} did not name. */
export async function partPath(part: KubernetesPart): Promise<string> {
  const path = await findKubernetesPart(part);
  if (path === undefined) throw new Error(`${part} is not built; run: npx kit doctor --fix --kubernetes`);
  return path;
}

/**
 * Starts etcd and an API server on free loopback ports and installs custom resource definitions. Pod security is enforced by
 * each namespace's labels, authorisation is by RBAC, and every client has a token.
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), "kit-api-server-"));
  const processes: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    // Clients first, so that none reports a lost server.
    for (const server of processes.toReversed()) await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [etcdPort, peerPort, port] = await freePorts(3);
    const url = `https://127.0.0.1:${port}`;
    const files = await writeControlPlaneFiles(join(folder, "pki"), {
      url,
      ipAddresses: ["127.0.0.1", "10.96.0.1"],
      dnsNames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
    });
    const logs = join(folder, "log");
    await mkdir(logs);
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    processes.push(
      startServer(
        "etcd",
        [await partPath("etcd"), ...etcdArguments(join(folder, "etcd"), etcdUrl, `http://127.0.0.1:${peerPort}`)],
        { folder: logs },
      ),
    );
    const apiServer = startServer(
      "kube-apiserver",
      [
        await partPath("kube-apiserver"),
        ...apiServerArguments(files, etcdUrl),
        "--bind-address=127.0.0.1",
        `--secure-port=${port}`,
        "--advertise-address=127.0.0.1",
        // It has no endpoints to maintain, because nothing runs in a pod.
        "--endpoint-reconciler-type=none",
      ],
      { folder: logs },
    );
    processes.push(apiServer);
    const client = apiClient({ url, ca: files.ca, token: files.token("admin") });
    await apiServer.until("readiness", () => isReady(client), READY_LIMIT_MS);
    await installCrds(client, options.crds);
    if (options.controllers === "without-nodes") processes.push(...(await startManagers(files, { logs })));
    if (options.controllers === true) processes.push(...(await startControllers(client, files, { logs })));
    return {
      url,
      kubeconfig: files.kubeconfig("admin"),
      client,
      files,
      until: (what, condition, limitMs) => untilAlive(processes, what, condition, limitMs),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Arguments of a temporary etcd: it never waits for the disk. */
export function etcdArguments(dataFolder: string, clientUrl: string, peerUrl: string): readonly string[] {
  return [
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

/** Arguments of an API server, except for its addresses. */
export function apiServerArguments(files: ControlPlaneFiles, etcdUrl: string): readonly string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    `--tls-cert-file=${files.certificateFile}`,
    `--tls-private-key-file=${files.keyFile}`,
    `--token-auth-file=${files.tokensFile}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${files.serviceAccountPublicKeyFile}`,
    `--service-account-signing-key-file=${files.serviceAccountKeyFile}`,
    "--allow-privileged=true",
    "--profiling=false",
  ];
}

/** Whether an API server reports that it is ready. */
export async function isReady(client: ApiClient): Promise<boolean> {
  try {
    return (await client.request("GET", "/readyz")).status === 200;
  } catch {
    // Not listening yet.
    return false;
  }
}
