import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployment } from "../../components/services/kubernetes/deployment.ts";
import { processesMentioning } from "../platform/processes.ts";
import { contextOf, orderWorkload } from "../unit/services/kubernetes/sample-workload.ts";
import type { ApiObject } from "./servers/api-client.ts";
import { apiClient, describeAnswer } from "./servers/api-client.ts";
import type { ApiServer } from "./servers/api-server.ts";
import { startApiServer, whyNoApiServer } from "./servers/api-server.ts";
import { playedNode } from "./servers/controllers.ts";
import { hasCondition } from "./servers/crds.ts";

const missing = await whyNoApiServer();
const withoutControllers = await whyNoApiServer({ controllers: true });
const reason = (text: string | undefined): string => (text === undefined ? "" : ` (skipped: ${text})`);

const namespace = (name: string, labels: Readonly<Record<string, string>> = {}): ApiObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});

const restricted = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

const podTemplate = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image: "example.test/web:1" }] },
};

let server: ApiServer;

const applied = async (object: ApiObject): Promise<void> => {
  const answer = await server.client.apply(object);
  expect(answer.status, describeAnswer(answer)).toBeLessThan(300);
};

async function ended(): Promise<void> {
  const { folder } = server.files;
  await server.stop();
  expect(processesMentioning(folder)).toEqual([]);
}

describe.skipIf(missing !== undefined)(`an API server of the tests${reason(missing)}`, () => {
  beforeAll(async () => {
    server = await startApiServer();
    await applied(
      namespace("guarded", {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
      }),
    );
    // No controller creates it here, and admission of pods requires it.
    await applied({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "guarded" } });
  });
  afterAll(ended);

  it("refuses who has no token", async () => {
    const { status } = await apiClient({ url: server.url, ca: server.files.ca, token: "none" }).request(
      "GET",
      "/api/v1/namespaces",
    );
    expect(status).toBe(401);
  });

  it("enforces pod security as a namespace is labelled", async () => {
    const pod = (name: string, securityContext: object): ApiObject => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "guarded" },
      spec: { containers: [{ name: "main", image: "example.test/main:1", securityContext }] },
    });
    const refused = await server.client.apply(pod("loose", { ...restricted, allowPrivilegeEscalation: true }), {
      dryRun: true,
    });
    expect(refused.status).toBe(403);
    expect(describeAnswer(refused)).toContain("allowPrivilegeEscalation");
    await applied(pod("strict", restricted));
  });

  it("shows the warnings of what it accepts", async () => {
    const { status, warnings } = await server.client.apply(
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "warned", namespace: "guarded" },
        spec: { replicas: 0, selector: { matchLabels: { app: "web" } }, template: podTemplate },
      },
      { dryRun: true },
    );
    expect(status).toBeLessThan(300);
    expect(warnings.join("\n")).toContain("would violate PodSecurity");
  });

  it("refuses a field that a kind does not have", async () => {
    const answer = await server.client.apply(
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "odd", namespace: "guarded" }, datum: {} },
      { dryRun: true },
    );
    // Server-side apply answers 500 for unknown fields of its schema.
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(describeAnswer(answer)).toContain("datum");
  });

  it("checks custom resources against the definitions of their makers", async () => {
    const pool = (roles: readonly string[]): ApiObject => ({
      apiVersion: "kafka.strimzi.io/v1",
      kind: "KafkaNodePool",
      metadata: { name: "broker-a", namespace: "guarded", labels: { "strimzi.io/cluster": "prod" } },
      spec: {
        replicas: 3,
        roles,
        storage: { type: "jbod", volumes: [{ id: 0, type: "persistent-claim", size: "1Ti" }] },
      },
    });
    await applied(pool(["broker"]));
    const refused = await server.client.apply(pool(["zookeeper"]), { dryRun: true });
    expect(refused.status).toBe(422);
    expect(describeAnswer(refused)).toContain("zookeeper");
  });
});

describe.skipIf(withoutControllers !== undefined)(
  `an API server with controllers and played nodes${reason(withoutControllers)}`,
  () => {
    beforeAll(async () => {
      server = await startApiServer({ controllers: true });
      await applied(namespace("played"));
    });
    afterAll(ended);

    it("makes a Deployment available, spread over the zones", async () => {
      const spread = {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchLabels: { app: "web" } },
      };
      await applied({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", namespace: "played" },
        spec: {
          replicas: 3,
          selector: { matchLabels: { app: "web" } },
          template: { ...podTemplate, spec: { ...podTemplate.spec, topologySpreadConstraints: [spread] } },
        },
      });
      await server.until(
        "an available Deployment",
        async () => {
          const deployment = await server.client.read("/apis/apps/v1/namespaces/played/deployments/web");
          return JSON.stringify(deployment?.status).includes('"availableReplicas":3');
        },
        120_000,
      );
      const pods = await server.client.list("/api/v1/namespaces/played/pods?labelSelector=app%3Dweb");
      expect(new Set(pods.map(({ spec }) => /"nodeName":"([^"]+)"/.exec(JSON.stringify(spec))?.[1])).size).toBe(3);
    });

    it("keeps a service whole when a zone is lost: its pods come up in the others, it can be rolled out meanwhile, and goes back with the zone", {
      timeout: 300_000,
    }, async () => {
      const { client } = server;
      const [kept, lost] = [["zone-a", "zone-b"], "zone-c"];
      for (const zone of [...kept, lost])
        for (const more of [2, 3]) await applied(playedNode(`node-${zone}-${more}`, zone));
      // A node that is not ready is tainted, and a zone of such nodes does not count yet.
      await server.until(
        "all nodes to take pods",
        async () =>
          (await client.list("/api/v1/nodes")).every(
            ({ spec, status }) =>
              !JSON.stringify(spec).includes('"taints"') && JSON.stringify(status).includes('"reason":"KubeletReady"'),
          ),
        60_000,
      );
      await applied({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "order-service", namespace: "played" },
      });
      const context = { ...contextOf(orderWorkload({ replicas: 6 })), namespace: "played" };
      const release = (version: string): Promise<void> =>
        applied({
          apiVersion: "apps/v1",
          kind: "Deployment",
          ...JSON.parse(JSON.stringify(deployment(context, version))),
        } as ApiObject);
      const path = "/apis/apps/v1/namespaces/played/deployments/order-service";
      const pods = () =>
        client.list("/api/v1/namespaces/played/pods?labelSelector=app.kubernetes.io%2Fname%3Dorder-service");
      const nodeOf = ({ spec }: ApiObject): string =>
        String((spec as { readonly nodeName?: string }).nodeName ?? "none");
      /** Waits until all six pods of a release run and no others do; returns their number in each zone. */
      const placed = async (what: string): Promise<Readonly<Record<string, number>>> => {
        await server.until(
          what,
          async () => {
            const status = JSON.stringify((await client.read(path))?.status);
            return (
              ['"availableReplicas":6', '"updatedReplicas":6', '"readyReplicas":6', '"replicas":6'].every((part) =>
                status.includes(part),
              ) && (await pods()).length === 6
            );
          },
          120_000,
        );
        const counts: Record<string, number> = {};
        for (const zone of (await pods()).map((pod) => /zone-[abc]/.exec(nodeOf(pod))?.[0] ?? "none"))
          counts[zone] = (counts[zone] ?? 0) + 1;
        return counts;
      };
      const patchNode = async (node: string, part: "" | "/status", body: object): Promise<void> => {
        const answer = await client.request("PATCH", `/api/v1/nodes/${node}${part}`, {
          type: "application/strategic-merge-patch+json",
          body: JSON.stringify(body),
        });
        expect(answer.status, describeAnswer(answer)).toBeLessThan(300);
      };
      const lostNodes = [`node-${lost}`, `node-${lost}-2`, `node-${lost}-3`];
      const taints = async (): Promise<number> =>
        (await client.list("/api/v1/nodes")).filter(({ spec }) =>
          JSON.stringify(spec).includes("node.kubernetes.io/unreachable"),
        ).length;
      /**
       * Waits until the scheduler, which learns of taints later than the API server, binds a pod to each of the lost nodes, or
       * to none. Each attempt makes new pods, because the scheduler retries a waiting pod only after a growing pause.
       */
      const schedulerTakes = async (takes: boolean): Promise<void> => {
        const namespaced = "/api/v1/namespaces/played/pods";
        let look = 0;
        await server.until(
          `the scheduler to ${takes ? "use" : "leave out"} the nodes of the lost zone`,
          async () => {
            look += 1;
            const probes = lostNodes.map((node) => `probe-${takes}-${look}-${node}`);
            for (const [index, name] of probes.entries())
              await applied({
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name, namespace: "played" },
                spec: {
                  nodeSelector: { "kubernetes.io/hostname": lostNodes[index] },
                  containers: [{ name: "probe", image: "example.test/probe:1" }],
                },
              });
            const judged = await Promise.all(
              probes.map(async (name) => {
                let bound = false;
                await server.until(
                  `the scheduler's word on ${name}`,
                  async () => {
                    const pod = await client.read(`${namespaced}/${name}`);
                    bound = pod !== undefined && nodeOf(pod) !== "none";
                    return bound || JSON.stringify(pod?.status ?? {}).includes('"Unschedulable"');
                  },
                  60_000,
                );
                return bound;
              }),
            );
            for (const name of probes) await client.request("DELETE", `${namespaced}/${name}?gracePeriodSeconds=0`);
            return judged.every((bound) => bound === takes);
          },
          120_000,
        );
      };

      await server.until(
        "more played nodes",
        async () => (await client.list("/api/v1/nodes")).filter((node) => hasCondition(node, "Ready")).length === 9,
        120_000,
      );
      await release("1");
      expect(await placed("the first release")).toEqual({ "zone-a": 2, "zone-b": 2, "zone-c": 2 });

      // From the control plane's view: the nodes send no heartbeats any more, and the node controller taints them.
      for (const node of lostNodes) {
        await patchNode(node, "", { metadata: { labels: { "test/lost": "true" } } });
        await patchNode(node, "/status", {
          status: {
            conditions: [
              {
                type: "Ready",
                status: "Unknown",
                reason: "NodeStatusUnknown",
                message: "Kubelet stopped posting node status.",
              },
            ],
          },
        });
      }
      await server.until("the taints of the lost nodes", async () => (await taints()) === 3, 120_000);
      await schedulerTakes(false);
      // The node controller does this five minutes later.
      for (const pod of (await pods()).filter((each) => lostNodes.includes(nodeOf(each))))
        await client.request("DELETE", `/api/v1/namespaces/played/pods/${pod.metadata.name}?gracePeriodSeconds=0`);
      expect(await placed("six pods without the lost zone")).toEqual({ "zone-a": 3, "zone-b": 3 });
      await release("2");
      expect(await placed("a release while the zone is lost")).toEqual({ "zone-a": 3, "zone-b": 3 });

      for (const node of lostNodes) await patchNode(node, "", { metadata: { labels: { "test/lost": null } } });
      await server.until("the end of the taints", async () => (await taints()) === 0, 120_000);
      await schedulerTakes(true);
      await release("3");
      expect(await placed("a release with all zones")).toEqual({ "zone-a": 2, "zone-b": 2, "zone-c": 2 });
    });

    it("completes a Job", async () => {
      await applied({
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "once", namespace: "played" },
        spec: {
          template: { spec: { restartPolicy: "Never", containers: [{ name: "once", image: "example.test/once:1" }] } },
        },
      });
      await server.until(
        "a complete Job",
        async () => {
          const job = await server.client.read("/apis/batch/v1/namespaces/played/jobs/once");
          return JSON.stringify(job?.status).includes('"succeeded":1');
        },
        120_000,
      );
    });
  },
);
