import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processesMentioning } from "../platform/processes.ts";
import { apiClient, describeAnswer } from "./servers/api-client.ts";
import type { ApiObject } from "./servers/api-client.ts";
import { startApiServer, whyNoApiServer } from "./servers/api-server.ts";
import type { ApiServer } from "./servers/api-server.ts";

const missing = await whyNoApiServer();
const withoutControllers = await whyNoApiServer({ controllers: true });
const reason = (text: string | undefined): string => (text === undefined ? "" : ` (skipped: ${text})`);

const namespace = (name: string, labels: Readonly<Record<string, string>> = {}): ApiObject => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });

const restricted = {
  runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, seccompProfile: { type: "RuntimeDefault" },
};

const podTemplate = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "example.test/web:1" }] } };

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
    await applied(namespace("guarded", { "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted" }));
    // No controller makes it here, and admission of pods asks for it.
    await applied({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "guarded" } });
  });
  afterAll(ended);

  it("refuses who has no token", async () => {
    const { status } = await apiClient({ url: server.url, ca: server.files.ca, token: "none" }).request("GET", "/api/v1/namespaces");
    expect(status).toBe(401);
  });

  it("enforces pod security as a namespace is labelled", async () => {
    const pod = (name: string, securityContext: object): ApiObject => ({
      apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "guarded" },
      spec: { containers: [{ name: "main", image: "example.test/main:1", securityContext }] },
    });
    const refused = await server.client.apply(pod("loose", { ...restricted, allowPrivilegeEscalation: true }), { dryRun: true });
    expect(refused.status).toBe(403);
    expect(describeAnswer(refused)).toContain("allowPrivilegeEscalation");
    await applied(pod("strict", restricted));
  });

  it("shows the warnings of what it accepts", async () => {
    const { status, warnings } = await server.client.apply({
      apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "warned", namespace: "guarded" },
      spec: { replicas: 0, selector: { matchLabels: { app: "web" } }, template: podTemplate },
    }, { dryRun: true });
    expect(status).toBeLessThan(300);
    expect(warnings.join("\n")).toContain("would violate PodSecurity");
  });

  it("refuses a field that a kind does not have", async () => {
    const answer = await server.client.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "odd", namespace: "guarded" }, datum: {} }, { dryRun: true });
    // Server-side apply answers 500 for what its schema does not know.
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(describeAnswer(answer)).toContain("datum");
  });

  it("checks custom resources against the definitions of their makers", async () => {
    const pool = (roles: readonly string[]): ApiObject => ({
      apiVersion: "kafka.strimzi.io/v1", kind: "KafkaNodePool",
      metadata: { name: "broker-a", namespace: "guarded", labels: { "strimzi.io/cluster": "prod" } },
      spec: { replicas: 3, roles, storage: { type: "jbod", volumes: [{ id: 0, type: "persistent-claim", size: "1Ti" }] } },
    });
    await applied(pool(["broker"]));
    const refused = await server.client.apply(pool(["zookeeper"]), { dryRun: true });
    expect(refused.status).toBe(422);
    expect(describeAnswer(refused)).toContain("zookeeper");
  });
});

describe.skipIf(withoutControllers !== undefined)(`an API server with controllers and played nodes${reason(withoutControllers)}`, () => {
  beforeAll(async () => {
    server = await startApiServer({ controllers: true });
    await applied(namespace("played"));
  });
  afterAll(ended);

  it("makes a Deployment available, spread over the zones", async () => {
    const spread = { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app: "web" } } };
    await applied({
      apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "played" },
      spec: { replicas: 3, selector: { matchLabels: { app: "web" } }, template: { ...podTemplate, spec: { ...podTemplate.spec, topologySpreadConstraints: [spread] } } },
    });
    await server.until("an available Deployment", async () => {
      const deployment = await server.client.read("/apis/apps/v1/namespaces/played/deployments/web");
      return JSON.stringify(deployment?.["status"]).includes('"availableReplicas":3');
    }, 120_000);
    const pods = await server.client.list("/api/v1/namespaces/played/pods?labelSelector=app%3Dweb");
    expect(new Set(pods.map(({ spec }) => /"nodeName":"([^"]+)"/.exec(JSON.stringify(spec))?.[1])).size).toBe(3);
  });

  it("completes a Job", async () => {
    await applied({
      apiVersion: "batch/v1", kind: "Job", metadata: { name: "once", namespace: "played" },
      spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "once", image: "example.test/once:1" }] } } },
    });
    await server.until("a complete Job", async () => {
      const job = await server.client.read("/apis/batch/v1/namespaces/played/jobs/once");
      return JSON.stringify(job?.["status"]).includes('"succeeded":1');
    }, 120_000);
  });
});
