import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { buildImages } from "../../cli/image/build-images.ts";
import { readServiceTemplates } from "../../components/services/template.ts";
import { eventually } from "../platform/condition.ts";
import { PROJECT_DIR, runKit } from "../platform/kit-command.ts";
import { processesMentioning } from "../platform/processes.ts";
import { describeAnswer } from "./servers/api-client.ts";
import type { PodState } from "./servers/node/pods.ts";
import { podsOf } from "./servers/node/pods.ts";
import { PROBE_NAMESPACE, probeService } from "./servers/node/probe-service.ts";
import { renderedServices, SERVICES_NAMESPACE } from "./servers/node/rendered-services.ts";
import type { ClusterNode } from "./servers/node.ts";
import { startNode, whyNoNode } from "./servers/node.ts";

const missing = await whyNoNode();
const templates = readServiceTemplates(join(PROJECT_DIR, "service-templates"));
/** As the stack `dev` names them. */
const imageOf = (service: string): string => `registry.dev.example.com/order-platform/${service}:latest`;
const SERVICE = `http://probe.${PROBE_NAMESPACE}.svc.cluster.local/`;
const LIMIT_MS = 90_000;
const SERVICES_LIMIT_MS = 240_000;

/** Hierarchies that know a control group. */
function controlGroups(name: string): readonly string[] {
  return readdirSync("/sys/fs/cgroup").filter((controller) => existsSync(join("/sys/fs/cgroup", controller, name)));
}

describe.skipIf(missing !== undefined)(`a real node${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  let folder: string;
  let node: ClusterNode;
  let started: ClusterNode | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kit-node-images-"));
    const archive = join(folder, "images.tar");
    await buildImages({
      projectDir: PROJECT_DIR,
      version: "1.0.0",
      base: { by: "host" },
      out: archive,
      services: templates.map(({ name, runtime }) => ({
        service: name,
        workspace: `service-templates/${name}`,
        entry: runtime.entry,
        name: imageOf(name),
      })),
    });
    const rendered = await runKit(
      { stateDir: join(folder, "state"), portBase: 0 },
      ["render", "dev", "--out", join(folder, "dev")],
      { timeoutMs: 240_000 },
    );
    expect(rendered.code, rendered.stderr).toBe(0);
    node = started = await startNode({ images: [archive] });
  }, 600_000);
  afterAll(async () => {
    await started?.stop();
    await rm(folder, { recursive: true, force: true });
    if (started === undefined) return;
    expect(processesMentioning(node.places.folder)).toEqual([]);
    expect(existsSync(node.places.folder)).toBe(false);
    expect(controlGroups(node.places.cgroup)).toEqual([]);
  }, 240_000);

  const pods = async (): Promise<readonly PodState[]> => await podsOf(node.api.client, PROBE_NAMESPACE);
  const bothReady = async (): Promise<boolean> => {
    const found = await pods();
    return found.length === 2 && found.every(({ ready }) => ready);
  };
  const answering = async (): Promise<string> => {
    const { status, body } = await node.fetch(SERVICE);
    expect(status).toBe(200);
    return body;
  };
  /** The first of the pods, which is about to be harmed. */
  const victim = async (): Promise<PodState> => {
    await node.until("two Ready pods", bothReady, LIMIT_MS);
    const [first] = await pods();
    if (first === undefined) throw new Error("There is no pod.");
    return first;
  };
  const harmed = async (name: string): Promise<PodState | undefined> => (await pods()).find((pod) => pod.name === name);

  it("runs an image of the kit as restricted pods, which a Service's name reaches", async () => {
    for (const object of probeService(imageOf("api-gateway"))) {
      const answer = await node.api.client.apply(object);
      expect(answer.status, describeAnswer(answer)).toBeLessThan(300);
    }
    await node.until("two Ready pods", bothReady, LIMIT_MS);
    // Rules and names follow the pods within seconds.
    await node.until(
      "an answer of each pod",
      async () => {
        const names = new Set(
          await Promise.all(Array.from({ length: 8 }, async () => (await node.fetch(SERVICE)).body)),
        );
        return names.size === 2;
      },
      LIMIT_MS,
    );
  });

  it("rolls a Deployment over under load without a request that fails", async () => {
    const before = new Set((await pods()).map(({ name }) => name));
    const answers = new Map<string, number>();
    const failures: string[] = [];
    let over = false;
    const client = async (): Promise<void> => {
      while (!over) {
        try {
          const name = await answering();
          answers.set(name, (answers.get(name) ?? 0) + 1);
        } catch (error) {
          failures.push(error instanceof Error ? error.message : String(error));
        }
      }
    };
    const clients = Array.from({ length: 4 }, client);
    try {
      const restarted = await node.api.client.request(
        "PATCH",
        `/apis/apps/v1/namespaces/${PROBE_NAMESPACE}/deployments/probe`,
        {
          type: "application/strategic-merge-patch+json",
          body: JSON.stringify({
            spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } } } },
          }),
        },
      );
      expect(restarted.status, describeAnswer(restarted)).toBe(200);
      await node.until(
        "two new Ready pods",
        async () => {
          const found = await pods();
          return found.length === 2 && found.every(({ name, ready }) => ready && !before.has(name));
        },
        LIMIT_MS,
      );
      await node.until(
        "an answer of each new pod",
        async () => (await pods()).every(({ name }) => answers.has(name)),
        LIMIT_MS,
      );
    } finally {
      over = true;
      await Promise.all(clients);
    }
    expect(failures).toEqual([]);
    expect([...answers.keys()].some((name) => before.has(name))).toBe(true);
  });

  it("starts a killed container again", async () => {
    const { name, container, restarts } = await victim();
    await node.run(["ctr", "--namespace=k8s.io", "tasks", "kill", "--signal=SIGKILL", container ?? ""]);
    await node.until(
      "a container that came back",
      async () => {
        const now = await harmed(name);
        return now?.ready === true && now.restarts > restarts;
      },
      LIMIT_MS,
    );
  });

  it("ends what takes more memory than its limit, and starts it again", async () => {
    await victim();
    await node.fetch(`${SERVICE}eat`);
    await node.until(
      "a container that came back after it ran out of memory",
      async () => (await pods()).some(({ lastEnd, ready }) => lastEnd === "OOMKilled" && ready),
      LIMIT_MS,
    );
  });

  it("replaces a deleted pod", async () => {
    const { name } = await victim();
    const answer = await node.api.client.request("DELETE", `/api/v1/namespaces/${PROBE_NAMESPACE}/pods/${name}`);
    expect(answer.status, describeAnswer(answer)).toBe(200);
    await node.until(
      "two Ready pods, one of them new",
      async () => (await bothReady()) && (await harmed(name)) === undefined,
      LIMIT_MS,
    );
  });

  it("comes back with all its pods after a power cut", async () => {
    const before = await victim();
    await node.restart();
    await node.until(
      "the pods' containers of after the cut",
      async () => {
        const found = await pods();
        return (await bothReady()) && found.every(({ container }) => container !== before.container);
      },
      LIMIT_MS,
    );
    await node.until("an answer through the Service", async () => (await node.fetch(SERVICE)).status === 200, LIMIT_MS);
  });

  it(
    "runs every service of dev as it was rendered: restricted, alive, and not Ready without its servers; nothing is left when they go",
    async () => {
      const { client } = node.api;
      await client.request("DELETE", `/api/v1/namespaces/${PROBE_NAMESPACE}`);
      for (const object of await renderedServices(join(folder, "dev"))) {
        const { status, body, warnings } = await client.apply(object);
        expect(status, `${object.kind} ${object.metadata.name}: ${JSON.stringify(body)}`).toBeLessThan(300);
        // A certificate that a secret store has yet to fill in is none.
        expect(warnings.filter((warning) => !warning.includes("failed to find any PEM data"))).toEqual([]);
      }
      await node.until(
        "a started pod of every service",
        async () => {
          const started = (await podsOf(client, SERVICES_NAMESPACE)).filter((pod) => pod.started);
          return templates.every(({ name }) => started.some((pod) => pod.name.startsWith(`${name}-`)));
        },
        SERVICES_LIMIT_MS,
      );
      const ready = (await podsOf(client, SERVICES_NAMESPACE)).filter((pod) => pod.ready).map(({ name }) => name);
      expect(ready.filter((name) => !name.startsWith("api-gateway-"))).toEqual([]);
      const deleted = await client.request("DELETE", `/api/v1/namespaces/${SERVICES_NAMESPACE}`);
      expect(deleted.status, describeAnswer(deleted)).toBe(200);
      await node.until(
        "the end of the services' namespace",
        async () => (await client.read(`/api/v1/namespaces/${SERVICES_NAMESPACE}`)) === undefined,
        SERVICES_LIMIT_MS,
      );
      const containers = await node.run(["ctr", "--namespace=k8s.io", "tasks", "list", "--quiet"]);
      // CoreDNS and its sandbox.
      expect(containers.trim().split("\n")).toHaveLength(2);
    },
    2 * SERVICES_LIMIT_MS,
  );
});

describe.skipIf(missing !== undefined)(
  `a real node whose test is killed${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    it(
      "goes with it: processes, control groups and folder",
      async () => {
        const temporary = await mkdtemp(join(tmpdir(), "kit-killed-"));
        const program = `const { startNode } = await import(${JSON.stringify(join(import.meta.dirname, "servers", "node.ts"))});
      const node = await startNode();
      console.log(JSON.stringify(node.places));`;
        const test = spawn(
          process.execPath,
          ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program],
          { env: { ...process.env, TMPDIR: temporary }, stdio: ["ignore", "pipe", "inherit"] },
        );
        try {
          const [line]: unknown[] = await once(createInterface({ input: test.stdout }), "line", {
            signal: AbortSignal.timeout(LIMIT_MS),
          });
          const { folder, cgroup } = z
            .object({ folder: z.string(), cgroup: z.string() })
            .parse(JSON.parse(String(line)));
          expect(controlGroups(cgroup)).not.toEqual([]);
          test.kill("SIGKILL");
          await eventually(
            "nothing left of the node",
            async () =>
              existsSync(folder) || controlGroups(cgroup).length > 0 || processesMentioning(temporary).length > 0
                ? undefined
                : true,
            LIMIT_MS,
          );
        } finally {
          test.kill("SIGKILL");
          await rm(temporary, { recursive: true, force: true });
        }
      },
      2 * LIMIT_MS,
    );
  },
);
