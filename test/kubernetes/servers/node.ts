/**
 * One real node: kubelet, containerd, kube-proxy and CoreDNS in their own namespaces, beside the API server that the tests
 * start anyway. Nothing in it reaches a network, and the machine's links, rules, mounts and settings stay unchanged.
 */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:net";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { runChecked, runCommand } from "../../../toolchain/making/command.ts";
import { findOnPath } from "../../../toolchain/making/probe.ts";
import { findContainerRuntime } from "../../toolchain/container-runtime.ts";
import type { KubernetesPart } from "../../toolchain/kubernetes-parts.ts";
import { describeAnswer } from "./api-client.ts";
import type { ApiServer } from "./api-server.ts";
import { partPath, startApiServer, whyMissing } from "./api-server.ts";
import { hasCondition } from "./crds.ts";
import { apiServerEndpoints, CLUSTER_DNS } from "./node/cluster-dns.ts";
import { writeProgramImage } from "./node/program-image.ts";
import { COREDNS_IMAGE, NODE_ADDRESS, nodeSettings, PAUSE_IMAGE } from "./node/settings.ts";
import type { Dial, InsideAnswer, InsideRequest } from "./node/ways.ts";
import { doorTo, exitTo, requestThrough } from "./node/ways.ts";
import type { ServerProcess } from "./server-process.ts";
import { startServer, untilAlive } from "./server-process.ts";

/** Options of a node. */
export interface NodeOptions {
  /** Folders with custom resource definitions; see {@link startApiServer}. Default: none. */
  readonly crds?: readonly string[];
  /** Archives of images, absolute. */
  readonly images?: readonly string[];
  /** Ports of the node's address, reachable from pods, that forward to a port of this machine's loopback. */
  readonly exits?: readonly { readonly port: number; readonly to: number }[];
}

/** A running node with its control plane. */
export interface ClusterNode {
  readonly api: ApiServer;
  /** Connects to an address inside, e.g. a Service's name. */
  readonly dial: Dial;
  /** A free port of this machine's loopback that leads to an address inside. */
  door(host: string, port: number): Promise<number>;
  /** An HTTP request to an address inside, on a connection of its own. */
  fetch(url: string, request?: InsideRequest): Promise<InsideAnswer>;
  /** Loads archives of images. */
  importImages(archives: readonly string[]): Promise<void>;
  /** Output of a pod's containers, for errors. */
  podLogs(namespace: string, pod: string): Promise<string>;
  /** Runs a program inside. */
  run(command: readonly string[]): Promise<string>;
  /** Ends every process of the node at once, as a power cut does, and starts it again with the state on its disk. */
  restart(): Promise<void>;
  /** Waits until a condition holds; fails at once when one of the node's servers has ended. */
  until(what: string, condition: () => Promise<boolean>, limitMs: number): Promise<void>;
  /** Ends everything and removes it: processes, mounts, links, control groups, folder. */
  stop(): Promise<void>;
  /** For tests of the end: the node's folder and control group. */
  readonly places: { readonly folder: string; readonly cgroup: string };
}

const SANDBOX = join(import.meta.dirname, "node", "sandbox.sh");
const TUNNEL = join(import.meta.dirname, "node", "tunnel.ts");
const PARTS: readonly KubernetesPart[] = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "coredns",
  "cni-plugins",
  "pause",
];
const PROGRAMS = ["unshare", "nsenter", "setpriv", "mount", "ip", "find"];
const CGROUPS = "/sys/fs/cgroup";
const READY_LIMIT_MS = 120_000;
/** A node with many images has some ten thousand files to remove. */
const END_LIMIT_MS = 180_000;

/** Why a node cannot be started here, for `test.skipIf`; undefined when it can. Only checks. */
export async function whyNoNode(): Promise<string | undefined> {
  if (process.platform !== "linux") return "a node needs Linux";
  if (process.getuid?.() !== 0) return "a node needs root";
  const programs = await Promise.all(PROGRAMS.map((name) => findOnPath(name)));
  const absent = PROGRAMS.filter((_, index) => programs[index] === undefined);
  if (absent.length > 0) return `not on PATH: ${absent.join(", ")}`;
  if (!existsSync(join(CGROUPS, "memory")))
    return "no hierarchy of control groups, version 1, for memory: others were not tried";
  const rights = await runCommand("unshare", [
    "--mount",
    "--net",
    "--pid",
    "--fork",
    "sh",
    "-c",
    "mount -t tmpfs tmpfs /mnt && ip link add node0 type veth peer name node0p && ip link add bridge0 type bridge",
  ]);
  if (rights.code !== 0)
    return `namespaces, mounts or links are not allowed here (${rights.stderr.trim().split("\n").at(-1) ?? ""})`;
  const probe = join(CGROUPS, "memory", `kit-probe-${process.pid}`);
  const groups = await runCommand("sh", ["-c", 'mkdir "$1" && rmdir "$1"', "sh", probe]);
  if (groups.code !== 0) return "control groups cannot be made here";
  if ((await findContainerRuntime()) === undefined)
    return "neither installed nor unpacked: containerd, runc, nftables (npx kit doctor --fix --kubernetes)";
  return await whyMissing(PARTS);
}

/** Starts a control plane and one node, and waits until the node is Ready and answers DNS queries. */
export async function startNode(options: NodeOptions = {}): Promise<ClusterNode> {
  const runtime = await findContainerRuntime();
  if (runtime === undefined) throw new Error("There is no containerd; run: npx kit doctor --fix --kubernetes");
  const folder = await mkdtemp(join(tmpdir(), "kit-node-"));
  const cgroup = folder.slice(tmpdir().length + 1);
  for (const name of ["etc", "run", "log", "mount", "mount/cgroup", "cni", "kubelet", "containerd", "pods", "images"])
    await mkdir(join(folder, name));
  const api = await startApiServer({ controllers: "without-nodes", crds: options.crds ?? [] });
  let keeper: Keeper | undefined;
  const ways: Server[] = [];
  let servers: ServerProcess[] = [];
  let init = "";

  const inside = (command: readonly string[]): readonly string[] => [
    "nsenter",
    `--target=${init}`,
    "--mount",
    "--net",
    "--pid",
    "--uts",
    "--ipc",
    "--",
    ...command,
  ];
  const run = async (command: readonly string[]): Promise<string> => {
    const [program = "", ...args] = inside(command);
    return (await runChecked(program, args, { env: { ...runtime.env } })).stdout;
  };
  const until: ClusterNode["until"] = (what, condition, limitMs) => untilAlive(servers, what, condition, limitMs);
  const start = (name: string, command: readonly string[]): void => {
    servers.push(startServer(name, inside(command), { folder: join(folder, "log"), env: runtime.env }));
  };
  const entrance = join(folder, "run", "entrance.sock");
  const importImages = async (archives: readonly string[]): Promise<void> => {
    for (const archive of archives) await run(["ctr", "--namespace=k8s.io", "images", "import", archive]);
  };
  const isReady = async (): Promise<boolean> =>
    (await api.client.list("/api/v1/nodes")).some((node) => hasCondition(node, "Ready"));
  const dial: Dial = (host, port) => {
    const socket = createConnection({ path: entrance });
    socket.write(`${host} ${port}\n`);
    return socket;
  };
  const apiPort = Number(new URL(api.url).port);
  const exits = [{ port: apiPort, to: apiPort }, ...(options.exits ?? [])].map((each) => ({
    ...each,
    exit: join(folder, "run", `exit-${each.port}.sock`),
  }));

  const boot = async (first: boolean): Promise<void> => {
    // The first process reads settings, which exist by now.
    keeper ??= new Keeper(folder, cgroup);
    init = await keeper.nextInit();
    start("tunnel", [
      process.execPath,
      TUNNEL,
      entrance,
      JSON.stringify(exits.map(({ port, exit }) => ({ port, exit }))),
    ]);
    start("containerd", ["containerd", "--config", join(folder, "etc", "containerd.toml")]);
    await untilAlive(servers, "containerd", async () => (await run(["ctr", "version"])) !== "", READY_LIMIT_MS);
    if (first) {
      await importImages([
        await writeProgramImage(join(folder, "images"), {
          name: "pause",
          path: await partPath("pause"),
          image: PAUSE_IMAGE,
        }),
        await writeProgramImage(join(folder, "images"), {
          name: "coredns",
          path: await partPath("coredns"),
          image: COREDNS_IMAGE,
        }),
        ...(options.images ?? []),
      ]);
    }
    start("kube-proxy", [await partPath("kube-proxy"), `--config=${join(folder, "etc", "kube-proxy.json")}`]);
    start("kubelet", [
      await partPath("kubelet"),
      `--config=${join(folder, "etc", "kubelet.json")}`,
      `--kubeconfig=${api.files.kubeconfig("kubelet")}`,
      `--root-dir=${join(folder, "kubelet")}`,
      `--cert-dir=${join(folder, "kubelet", "pki")}`,
      "--hostname-override=node1",
      `--node-ip=${NODE_ADDRESS}`,
    ]);
  };

  const stop = async (): Promise<void> => {
    await keeper?.end();
    // The keeper does it, if there is one.
    await rm(folder, { recursive: true, force: true });
    for (const server of servers) await server.stop();
    for (const server of ways) server.close();
    await api.stop();
  };

  try {
    const settings = nodeSettings({ folder, cgroup, plugins: await partPath("cni-plugins"), files: api.files });
    for (const [path, content] of Object.entries(settings)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content, { mode: path === "etc/resolv.conf" ? 0o644 : 0o600 });
    }
    for (const { exit, to } of exits) ways.push(await exitTo(exit, to));
    await boot(true);
    for (const object of [apiServerEndpoints(apiPort), ...CLUSTER_DNS]) {
      // The first objects may come before the control plane has made their namespace.
      await api.until(
        `${object.kind} ${object.metadata.name}`,
        async () => {
          const answer = await api.client.apply(object);
          if (answer.status >= 300 && answer.status !== 404) throw new Error(describeAnswer(answer));
          return answer.status < 300;
        },
        READY_LIMIT_MS,
      );
    }
    await until("a Ready node", isReady, READY_LIMIT_MS);
    await until(
      "an available CoreDNS",
      async () => {
        const deployment = await api.client.read("/apis/apps/v1/namespaces/kube-system/deployments/coredns");
        return deployment !== undefined && hasCondition(deployment, "Available");
      },
      READY_LIMIT_MS,
    );
  } catch (error) {
    const words = await Promise.all(servers.map(async (server) => `${server.name}:\n${await server.lastLines()}`));
    await stop();
    throw new Error(
      `The node did not start: ${error instanceof Error ? error.message : String(error)}\n${words.join("\n")}`,
      { cause: error },
    );
  }

  return {
    api,
    dial,
    importImages,
    run,
    until,
    stop,
    places: { folder, cgroup },
    door: async (host, port) => {
      const { server, port: here } = await doorTo(dial, host, port);
      ways.push(server);
      return here;
    },
    fetch: (url, request = {}) => requestThrough(dial, url, request),
    podLogs: async (namespace, pod) => {
      const folders = (await readdir(join(folder, "pods"))).filter((name) => name.startsWith(`${namespace}_${pod}`));
      const files = await Promise.all(
        folders.map(async (name) =>
          (await readdir(join(folder, "pods", name), { recursive: true }))
            .filter((file) => file.endsWith(".log"))
            .map((file) => join(folder, "pods", name, file)),
        ),
      );
      return (await Promise.all(files.flat().map((file) => readFile(file, "utf8")))).join("\n");
    },
    restart: async () => {
      const before = servers;
      servers = [];
      keeper?.reboot();
      await boot(false);
      for (const server of before) await server.stop();
    },
  };
}

/** Keeps the namespaces: its standard input closes when this process ends, for any reason. */
class Keeper {
  readonly #child: ChildProcess;
  readonly #inits: AsyncIterator<string>;
  #words = "";

  constructor(folder: string, cgroup: string) {
    this.#child = spawn("sh", [SANDBOX, "keep", folder, cgroup], { detached: true, stdio: ["pipe", "pipe", "pipe"] });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error("The keeper has no output.");
    stderr.on("data", (chunk: Buffer) => {
      this.#words += chunk.toString("utf8");
    });
    this.#inits = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Id of the first process of the namespaces that were started last. */
  async nextInit(): Promise<string> {
    const line = await this.#inits.next();
    const init = line.done === true ? "" : line.value.trim();
    if (!/^\d+$/.test(init)) throw new Error(`The node's namespaces could not be made:\n${this.#words}`);
    return init;
  }

  reboot(): void {
    this.#child.stdin?.write("again\n");
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit", { signal: AbortSignal.timeout(END_LIMIT_MS) });
    this.#child.stdin?.end();
    await ended;
  }
}
