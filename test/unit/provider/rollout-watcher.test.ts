import { describe, expect, it } from "vitest";
import type { ClusterObject } from "../../../components/provider/rollout/cluster-api.ts";
import { type RolloutSnapshot, watchRollout } from "../../../components/provider/rollout/rollout-watcher.ts";

const START = Date.parse("2030-01-01T00:00:00Z");
const BEFORE = "2029-12-31T23:00:00Z";
const AFTER = "2030-01-01T00:00:05Z";
const MINUTE = 60_000;
const TARGET = { pools: [{ name: "broker-zone-a", replicas: 1 }] };

type Condition = Readonly<Record<"type" | "status", string>> & Readonly<Partial<Record<"reason" | "message", string>>>;
const READY: Condition = { type: "Ready", status: "True" };
const REFUSED: Condition = {
  type: "NotReady",
  status: "True",
  reason: "KubernetesClientException",
  message: 'tlsroutes.gateway.networking.k8s.io is forbidden: User "strimzi" cannot list (403)',
};

const kafka = (
  conditions: readonly Condition[] = [READY],
  generation = 2,
  observedGeneration = generation,
): ClusterObject => ({
  kind: "Kafka",
  metadata: { name: "kafka", generation },
  status: { observedGeneration, conditions },
});
const pool = (generation = 3, observedGeneration = generation, replicas = 1): ClusterObject => ({
  kind: "KafkaNodePool",
  metadata: { name: "broker-zone-a", generation },
  status: { observedGeneration, replicas },
});
const pod = (
  status: Readonly<Record<string, unknown>> = { conditions: [READY] },
  metadata: Readonly<Record<string, string>> = {},
): ClusterObject => ({
  metadata: {
    name: "kafka-broker-zone-a-0",
    labels: { "strimzi.io/pool-name": "broker-zone-a" },
    creationTimestamp: AFTER,
    ...metadata,
  },
  status,
});
const waiting = (reason: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  conditions: [{ type: "Ready", status: "False" }],
  containerStatuses: [
    { name: "kafka", restartCount: 0, state: { waiting: { reason, message: `why ${reason}` } }, ...more },
  ],
});
const snapshot = (changes: Partial<RolloutSnapshot> = {}): RolloutSnapshot => ({
  kafka: kafka(),
  pools: [pool()],
  pods: [pod()],
  ...changes,
});
const lookAt = (changes: Partial<RolloutSnapshot>) => watchRollout(TARGET, START)(snapshot(changes), START);

describe("a rollout is done", () => {
  it("when the operator has seen every change, the Kafka resource is Ready and every pod of every pool is", () => {
    expect(lookAt({})).toEqual({ done: true, words: [], waitsFor: "" });
  });

  it.each<[what: string, changes: Partial<RolloutSnapshot>, waitsFor: RegExp]>([
    ["there is no Kafka resource yet", { kafka: undefined }, /^the Kafka resource$/],
    [
      "the operator has not seen the Kafka resource's change",
      { kafka: kafka([READY], 2, 1) },
      /generation 2, seen is 1/,
    ],
    ["the Kafka resource is not Ready", { kafka: kafka([]) }, /the Kafka resource to be Ready/],
    ["a pool is missing", { pools: [] }, /the pool broker-zone-a/],
    [
      "the Kafka resource is Ready and only the pool's change is not seen",
      { pools: [pool(4, 3)] },
      /change of the pool broker-zone-a \(generation 4, seen is 3\)/,
    ],
    [
      "the Kafka resource is Ready and a pod is not",
      { pods: [pod({ conditions: [{ type: "Ready", status: "False" }] })] },
      /broker-zone-a: 0 of 1 pods ready/,
    ],
    ["a pod is going", { pods: [pod(undefined, { deletionTimestamp: AFTER })] }, /0 of 1 pods ready/],
    [
      "a pod is there that is to go",
      { pods: [pod(), pod(undefined, { name: "kafka-broker-zone-a-1" })] },
      /2 of 1 pods ready, 2 there/,
    ],
    ["the operator reports fewer nodes", { pools: [pool(3, 3, 0)] }, /0 of 1 nodes reported/],
  ])("not while %s", (_what, changes, waitsFor) => {
    const verdict = lookAt(changes);
    expect(verdict).toMatchObject({ done: false });
    expect(verdict.failure).toBeUndefined();
    expect(verdict.waitsFor).toMatch(waitsFor);
    expect(verdict.words).toContainEqual({ level: "progress", text: `waiting for ${verdict.waitsFor}` });
  });
});

describe("what the operator says", () => {
  it("is told as it comes, by type, each thing once", () => {
    const look = watchRollout(TARGET, START);
    const storage: Condition = {
      type: "Warning",
      status: "True",
      reason: "KafkaStorage",
      message: "A Kafka cluster with a single broker is not resilient",
    };
    const told = (conditions: readonly Condition[]) =>
      look(snapshot({ kafka: kafka(conditions) }), START).words.filter(({ level }) => level !== "progress");
    expect(told([REFUSED])).toEqual([
      { level: "warning", text: `Kafka kafka is NotReady (KubernetesClientException): ${REFUSED.message ?? ""}` },
    ]);
    expect(told([REFUSED])).toEqual([]);
    expect(told([{ ...REFUSED, message: "another" }])).toMatchObject([{ text: expect.stringContaining("another") }]);
    expect(told([READY, storage])).toEqual([
      {
        level: "info",
        text: "Kafka kafka is Warning (KafkaStorage): A Kafka cluster with a single broker is not resilient",
      },
    ]);
  });
});

describe("a rollout fails early", () => {
  const crashing = (restartCount: number) =>
    waiting("CrashLoopBackOff", {
      restartCount,
      lastState: {
        terminated: {
          reason: "Error",
          exitCode: 1,
          message: "The required memory for log cleaner buffers is larger than the heap",
        },
      },
    });
  const unschedulable = {
    conditions: [
      {
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message: "0/3 nodes are available: 3 Insufficient memory.",
      },
    ],
  };

  it.each<[what: string, pod: ClusterObject, failsAfter: number, reason: RegExp]>([
    [
      "a broker that crashes again and again",
      pod(crashing(3)),
      0,
      /pod kafka-broker-zone-a-0 crash-loops \(container kafka\): Error, exit code 1, The required memory/,
    ],
    ["a name of an image that is none", pod(waiting("InvalidImageName")), 0, /InvalidImageName/],
    [
      "an image that nobody has",
      pod(waiting("ImagePullBackOff")),
      2 * MINUTE,
      /cannot start container kafka \(ImagePullBackOff\): why ImagePullBackOff/,
    ],
    ["no node with room", pod(unschedulable), 5 * MINUTE, /cannot be scheduled: 0\/3 nodes are available/],
    [
      "a pod of before the change, which the operator replaces after its timeout",
      pod(crashing(9), { creationTimestamp: BEFORE }),
      7 * MINUTE,
      /crash-loops/,
    ],
  ])("with the pod's reason: %s", (_what, failing, failsAfter, reason) => {
    const look = watchRollout(TARGET, START);
    const at = (elapsed: number) => look(snapshot({ pods: [failing] }), START + elapsed);
    const first = at(0);
    // Told at once, whether it is given up or not.
    expect(first.words.find(({ level }) => level === "warning")?.text).toMatch(reason);
    if (failsAfter > 0) expect([first.failure, at(failsAfter - 1).failure]).toEqual([undefined, undefined]);
    expect(at(failsAfter).failure).toMatch(reason);
  });

  it.each([
    ["crashes since the change before, and nothing has changed since", "2029-12-31T22:00:00Z", true],
    ["is of before a change that was made just now", "2029-12-31T23:59:58Z", false],
  ])("at once or not, by when the declaration was last written: a pod that %s", (_what, time, fails) => {
    const written = {
      ...pool(),
      metadata: {
        ...pool().metadata,
        managedFields: [
          { time, fieldsV1: { "f:spec": {} } },
          { time: AFTER, subresource: "status", fieldsV1: { "f:status": {} } },
        ],
      },
    };
    const failing = pod(crashing(9), { creationTimestamp: BEFORE });
    expect(lookAt({ pools: [written], pods: [failing] }).failure !== undefined).toBe(fails);
  });

  it("not with what mends itself: the first restarts, a trouble that ends in between", () => {
    const look = watchRollout(TARGET, START);
    expect(look(snapshot({ pods: [pod(crashing(2))] }), START).failure).toBeUndefined();
    expect(look(snapshot({ pods: [pod(unschedulable)] }), START).failure).toBeUndefined();
    expect(look(snapshot(), START + MINUTE)).toMatchObject({ done: true });
    expect(look(snapshot({ pods: [pod(unschedulable)] }), START + 6 * MINUTE).failure).toBeUndefined();
  });

  it("not with a pod that goes", () => {
    expect(lookAt({ pods: [pod(crashing(9), { deletionTimestamp: AFTER })] }).failure).toBeUndefined();
  });
});
