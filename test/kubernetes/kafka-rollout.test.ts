/**
 * The wait for a rollout, with the real engine on a real API server. The test acts as Strimzi, step by step, as observed on a
 * real node.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../platform/condition.ts";
import { type EngineResult, openTopicStack, type TopicStack } from "../topic-stack/stack.ts";
import type { ApiObject } from "./servers/api-client.ts";
import { describeAnswer } from "./servers/api-client.ts";
import { type ApiServer, startApiServer, whyNoApiServer } from "./servers/api-server.ts";

const why = await whyNoApiServer();
const ROOT = join(import.meta.dirname, "../..");
const MINUTE_MS = 60_000;
const KAFKA = "/apis/kafka.strimzi.io/v1/namespaces/kafka/kafkas/kafka";
const POOL = "/apis/kafka.strimzi.io/v1/namespaces/kafka/kafkanodepools/broker";
const POD = "/api/v1/namespaces/kafka/pods/kafka-broker-0";
const POD_LABELS = { "strimzi.io/cluster": "kafka", "strimzi.io/pool-name": "broker" };
const REFUSED = {
  type: "NotReady",
  status: "True",
  reason: "KubernetesClientException",
  message: "tlsroutes.gateway.networking.k8s.io is forbidden: cannot list (403)",
};
const READY = { type: "Ready", status: "True" };
const LISTENERS = [{ name: "tls", bootstrapServers: "kafka:9093", certificates: ["one"] }];

/** Waits for one broker; `DECLARED` stands for the cluster's declaration. */
const PROGRAM = `
  import { KafkaRollout } from "${ROOT}/components/provider/resources.ts";
  const rollout = new KafkaRollout("kafka", {
    context: "test", namespace: "kafka", cluster: "kafka", pools: [{ name: "broker", replicas: 1 }], declared: process.env.DECLARED, timeoutSeconds: 900,
  });
  export const listeners = rollout.listeners;
`;

describe.skipIf(why !== undefined)(`a Kafka cluster's rollout${why === undefined ? "" : ` (skipped: ${why})`}`, () => {
  const opened: { server?: ApiServer; stack?: TopicStack } = {};
  let server: ApiServer;
  let stack: TopicStack;

  beforeAll(async () => {
    server = opened.server = await startApiServer();
    stack = opened.stack = await openTopicStack("127.0.0.1:1");
    await writeFile(join(stack.folder, "index.ts"), PROGRAM);
    const objects: readonly ApiObject[] = [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "kafka" } },
      {
        apiVersion: "kafka.strimzi.io/v1",
        kind: "Kafka",
        metadata: { name: "kafka", namespace: "kafka" },
        spec: { kafka: { listeners: [{ name: "tls", port: 9093, type: "internal", tls: true }] } },
      },
      pool("2Gi"),
    ];
    for (const object of objects) await accepted(server.client.apply(object));
    await accepted(
      server.client.request(
        "POST",
        "/api/v1/namespaces/kafka/serviceaccounts",
        json({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } }),
      ),
    );
  }, 5 * MINUTE_MS);
  afterAll(async () => {
    await opened.stack?.remove();
    await opened.server?.stop();
  });

  const json = (object: object) => ({ type: "application/json", body: JSON.stringify(object) });
  const accepted = async (asked: ReturnType<ApiServer["client"]["request"]>): Promise<void> => {
    const answer = await asked;
    expect(answer.status, describeAnswer(answer)).toBeLessThan(300);
  };
  function pool(memory: string): ApiObject {
    const spec = { replicas: 1, roles: ["broker"], resources: { limits: { memory } }, storage: { type: "ephemeral" } };
    return {
      apiVersion: "kafka.strimzi.io/v1",
      kind: "KafkaNodePool",
      metadata: { name: "broker", namespace: "kafka", labels: { "strimzi.io/cluster": "kafka" } },
      spec,
    };
  }
  const generationOf = async (path: string): Promise<number> =>
    Number((await server.client.read(path))?.metadata.generation);
  const report = async (path: string, status: object): Promise<void> =>
    accepted(
      server.client.request("PATCH", `${path}/status`, {
        type: "application/merge-patch+json",
        body: JSON.stringify({ status }),
      }),
    );
  const kafkaIs = async (...conditions: readonly object[]): Promise<void> =>
    report(KAFKA, { observedGeneration: await generationOf(KAFKA), conditions, listeners: LISTENERS });
  const poolIsSeen = async (): Promise<void> =>
    report(POOL, { observedGeneration: await generationOf(POOL), replicas: 1 });
  const newPod = async (): Promise<void> => {
    await server.client.request("DELETE", `${POD}?gracePeriodSeconds=0`);
    const spec = { automountServiceAccountToken: false, containers: [{ name: "kafka", image: "kafka" }] };
    await accepted(
      server.client.request(
        "POST",
        "/api/v1/namespaces/kafka/pods",
        json({ apiVersion: "v1", kind: "Pod", metadata: { name: "kafka-broker-0", labels: POD_LABELS }, spec }),
      ),
    );
  };
  const podIsReady = () => report(POD, { phase: "Running", conditions: [READY] });
  /** Starts a run, and waits until it prints something. */
  const up = async (
    declared: string,
    shows = /KafkaRollout kafka (creating|updating)/,
  ): Promise<{ readonly ended: Promise<EngineResult>; showing(what: RegExp): Promise<void> }> => {
    let shown = "";
    const ended = stack.pulumi(["up"], {
      env: { KUBECONFIG: server.kubeconfig, DECLARED: declared },
      onText: (text) => {
        shown = text;
      },
    });
    const showing = async (what: RegExp): Promise<void> => {
      await eventually(`${String(what)} to be shown`, () => (what.test(shown) ? true : undefined), MINUTE_MS);
    };
    await showing(shows);
    return { ended, showing };
  };
  const good = (result: EngineResult): string => {
    expect(result.code, result.text).toBe(0);
    return result.text;
  };

  it("is awaited to its end, and what the operator says meanwhile is shown", { timeout: 5 * MINUTE_MS }, async () => {
    await kafkaIs(REFUSED);
    const run = await up("1");
    await run.showing(
      /Kafka kafka is NotReady \(KubernetesClientException\): tlsroutes\.gateway\.networking\.k8s\.io is forbidden: cannot list \(403\)/,
    );
    await newPod();
    await poolIsSeen();
    await podIsReady();
    await kafkaIs(READY, { type: "Warning", status: "True", reason: "KafkaStorage", message: "one broker" });
    const text = good(await run.ended);
    expect(text).toContain("Kafka kafka is Warning (KafkaStorage): one broker");
    expect(text).toContain("kafka:9093");
  });

  it("fails with the reason of a broker that crash-loops, though the Kafka resource stays Ready", {
    timeout: 5 * MINUTE_MS,
  }, async () => {
    await accepted(server.client.apply(pool("256Mi")));
    const run = await up("2");
    await newPod();
    await report(POD, {
      phase: "Running",
      conditions: [{ type: "Ready", status: "False" }],
      containerStatuses: [
        {
          name: "kafka",
          image: "kafka",
          imageID: "",
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
          lastState: { terminated: { exitCode: 1, reason: "Error" } },
        },
      ],
    });
    const { code, text } = await run.ended;
    expect(code, text).not.toBe(0);
    expect(text).toContain("pod kafka-broker-0 crash-loops (container kafka): Error, exit code 1");
    expect(text).toContain("[rollout-failed]");
  });

  it("is awaited again by the next run, also where nothing more is declared, and heals", {
    timeout: 5 * MINUTE_MS,
  }, async () => {
    await accepted(server.client.apply(pool("2Gi")));
    // The pool has changed and the operator has not noticed: it waits for its timeout first.
    const run = await up("2");
    await newPod();
    await podIsReady();
    await poolIsSeen();
    good(await run.ended);
  });

  it("is looked at afresh: a replaced authority is a change, and an unchanged cluster none", {
    timeout: 5 * MINUTE_MS,
  }, async () => {
    const preview = async (): Promise<string> =>
      good(await stack.pulumi(["preview"], { env: { KUBECONFIG: server.kubeconfig, DECLARED: "2" } }));
    expect(await preview()).not.toMatch(/to update/);
    await report(KAFKA, { listeners: [{ ...LISTENERS[0], certificates: ["two"] }] });
    expect(await preview()).toMatch(/1 to update/);
    expect(good(await (await up("2")).ended)).toContain("two");
    expect(await preview()).not.toMatch(/to update/);

    // A new key: the operator keeps the old authority beside the new one until the last broker has restarted.
    const authorities = (data: Readonly<Record<string, string>>): Promise<void> =>
      accepted(
        server.client.request(
          "PUT",
          "/api/v1/namespaces/kafka/secrets/kafka-cluster-ca-cert",
          json({ apiVersion: "v1", kind: "Secret", metadata: { name: "kafka-cluster-ca-cert" }, stringData: data }),
        ),
      );
    await accepted(
      server.client.request(
        "POST",
        "/api/v1/namespaces/kafka/secrets",
        json({ apiVersion: "v1", kind: "Secret", metadata: { name: "kafka-cluster-ca-cert" } }),
      ),
    );
    await authorities({ "ca.crt": "three", "ca-2031-01-01T00-00-00Z.crt": "two", "ca.password": "not shown" });
    // The brokers restart meanwhile: clients must not wait for the last of them.
    await report(POD, { phase: "Running", conditions: [{ type: "Ready", status: "False" }] });
    const overlapping = good(await (await up("2")).ended);
    expect(overlapping).toMatch(/two[\s\S]*three/u);
    expect(overlapping).not.toContain("not shown");
    await authorities({ "ca.crt": "three" });
    await report(KAFKA, { listeners: [{ ...LISTENERS[0], certificates: ["three"] }] });
    const replaced = good(await (await up("2")).ended);
    expect(replaced).toContain("three");
    expect(await preview()).not.toMatch(/to update/);
  });
});
