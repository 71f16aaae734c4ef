/**
 * Judges the state of a Kafka cluster and its pods during a rollout: done, in progress, or failed with the reason.
 * Pure: it receives what was read, and when.
 */
import { z } from "zod";
import type { ClusterObject } from "./cluster-api.ts";

/** The objects of a cluster that were read at one time. */
export interface RolloutSnapshot {
  /** The Kafka resource. Absent before it exists. */
  readonly kafka: ClusterObject | undefined;
  /** Its KafkaNodePools. */
  readonly pools: readonly ClusterObject[];
  /** Pods of brokers and controllers. */
  readonly pods: readonly ClusterObject[];
}

/** The target state of a rollout. */
export interface RolloutTarget {
  readonly pools: readonly { readonly name: string; readonly replicas: number }[];
}

/** A message to the user. */
export interface RolloutWord {
  readonly text: string;
  /** `progress`: of brief interest. */
  readonly level: "progress" | "info" | "warning";
}

/** Judgement of one snapshot. */
export interface RolloutVerdict {
  readonly done: boolean;
  /** Why further waiting is useless. Absent if it is not. */
  readonly failure?: string;
  /** Messages that are new since the last snapshot. */
  readonly words: readonly RolloutWord[];
  /** What the rollout still waits for, as text. */
  readonly waitsFor: string;
}

/** Number of restarts after which a crash-looping pod counts as failed. */
const RESTARTS = 3;
/**
 * How long in ms a pod may stay in a state that can resolve itself: an image that is being copied, a node that is being
 * added. Pods from before the change get more time: after a failed rollout the operator waits for its timeout of 300 s
 * before it replaces them.
 */
const PATIENCE_MS = { image: 120_000, unschedulable: 300_000, before: 420_000 } as const;

const IMAGE_REASONS: readonly string[] = [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "CreateContainerConfigError",
  "CreateContainerError",
];

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
});
const statusSchema = z.object({
  observedGeneration: z.number().optional(),
  replicas: z.number().optional(),
  conditions: z.array(condition).default([]),
});
const ended = z.object({
  reason: z.string().default(""),
  exitCode: z.number().optional(),
  message: z.string().default(""),
});
const containerSchema = z.object({
  name: z.string(),
  restartCount: z.number().default(0),
  state: z
    .object({ waiting: z.object({ reason: z.string().default(""), message: z.string().default("") }).optional() })
    .default({}),
  lastState: z.object({ terminated: ended.optional() }).default({}),
});
const podStatus = z.object({
  conditions: z.array(condition).default([]),
  containerStatuses: z.array(containerSchema).default([]),
  initContainerStatuses: z.array(containerSchema).default([]),
});

const POOL_LABEL = "strimzi.io/pool-name";

/**
 * Returns a watcher that remembers earlier snapshots, so that it reports each fact once and recognises persistent
 * faults.
 */
export function watchRollout(
  target: RolloutTarget,
  startedAtMs: number,
): (snapshot: RolloutSnapshot, nowMs: number) => RolloutVerdict {
  const told = new Set<string>();
  const since = new Map<string, number>();
  let progress = "";

  return (snapshot, nowMs) => {
    const words: RolloutWord[] = [];
    const tell = (text: string, level: RolloutWord["level"]): void => {
      if (told.has(text)) return;
      told.add(text);
      words.push({ text, level });
    };
    for (const word of conditionWords(snapshot)) tell(word.text, word.level);

    const changedAtMs = Math.min(startedAtMs, lastChange(snapshot) ?? startedAtMs);
    const troubles = snapshot.pods.flatMap((pod) => troubleOf(pod, changedAtMs));
    for (const key of [...since.keys()]) if (!troubles.some((trouble) => trouble.key === key)) since.delete(key);
    let failure: string | undefined;
    for (const { key, text, patienceMs } of troubles) {
      const first = since.get(key) ?? nowMs;
      since.set(key, first);
      tell(text, "warning");
      if (nowMs - first >= patienceMs) failure ??= text;
    }

    const open = [...kafkaOpen(snapshot), ...target.pools.flatMap((pool) => poolOpen(pool, snapshot))];
    const waitsFor = open.join("; ");
    if (waitsFor !== progress && waitsFor !== "") words.push({ text: `waiting for ${waitsFor}`, level: "progress" });
    progress = waitsFor;
    return { done: open.length === 0, words, waitsFor, ...(failure === undefined ? {} : { failure }) };
  };
}

/**
 * Returns the messages for the conditions that the operator reports, by type. `Ready` adds nothing to what the rollout
 * waits for. `Warning` is independent of it.
 */
function conditionWords({ kafka, pools }: RolloutSnapshot): RolloutWord[] {
  return [...(kafka === undefined ? [] : [kafka]), ...pools].flatMap((object) =>
    statusOf(object).conditions.flatMap(({ type, status, reason, message }): RolloutWord[] => {
      if (status !== "True" || type === "Ready") return [];
      const text = `${object.kind ?? "Kafka"} ${object.metadata.name} is ${type}${reason === "" ? "" : ` (${reason})`}${message === "" ? "" : `: ${message}`}`;
      return [{ text, level: type === "NotReady" ? "warning" : "info" }];
    }),
  );
}

function kafkaOpen({ kafka }: RolloutSnapshot): string[] {
  if (kafka === undefined) return ["the Kafka resource"];
  const { observedGeneration = 0, conditions } = statusOf(kafka);
  if (observedGeneration !== kafka.metadata.generation)
    return [
      `the operator to see the change of the Kafka resource (generation ${kafka.metadata.generation ?? 0}, seen is ${observedGeneration})`,
    ];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True")
    ? []
    : ["the Kafka resource to be Ready"];
}

function poolOpen({ name, replicas }: RolloutTarget["pools"][number], { pools, pods }: RolloutSnapshot): string[] {
  const pool = pools.find(({ metadata }) => metadata.name === name);
  if (pool === undefined) return [`the pool ${name}`];
  const own = pods.filter(({ metadata }) => metadata.labels?.[POOL_LABEL] === name);
  const ready = own.filter(isReady).length;
  const { observedGeneration = 0, replicas: reported } = statusOf(pool);
  if (ready !== replicas || own.length !== replicas)
    return [`${name}: ${ready} of ${replicas} pods ready${own.length === replicas ? "" : `, ${own.length} there`}`];
  if (observedGeneration !== pool.metadata.generation)
    return [
      `the operator to see the change of the pool ${name} (generation ${pool.metadata.generation ?? 0}, seen is ${observedGeneration})`,
    ];
  return reported === replicas ? [] : [`${name}: ${reported ?? 0} of ${replicas} nodes reported`];
}

interface Trouble {
  /** Pod and kind of fault. The duration of the fault is counted by this key. */
  readonly key: string;
  readonly text: string;
  readonly patienceMs: number;
}

const managedFields = z.array(
  z.object({
    time: z.string().optional(),
    subresource: z.string().optional(),
    fieldsV1: z.record(z.string(), z.unknown()).default({}),
  }),
);

/** Returns when the declaration of the cluster was last written, as the API server recorded it; undefined if unknown. */
function lastChange({ kafka, pools }: RolloutSnapshot): number | undefined {
  const times = [...(kafka === undefined ? [] : [kafka]), ...pools].flatMap(({ metadata }) => {
    const parsed = managedFields.safeParse("managedFields" in metadata ? metadata.managedFields : []);
    return (parsed.success ? parsed.data : []).flatMap(({ time, subresource, fieldsV1 }) =>
      time === undefined || subresource !== undefined || !("f:spec" in fieldsV1) ? [] : [Date.parse(time)],
    );
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

function troubleOf(pod: ClusterObject, changedAtMs: number): Trouble[] {
  const { name, creationTimestamp = "" } = pod.metadata;
  if (isTerminating(pod)) return [];
  const created = Date.parse(creationTimestamp);
  // The API's times have a resolution of one second.
  const before = Number.isNaN(created) || created + 1_000 < changedAtMs;
  const parsed = podStatus.safeParse(pod.status ?? {});
  if (!parsed.success) return [];
  const { conditions, containerStatuses, initContainerStatuses } = parsed.data;
  const trouble = (kind: string, text: string, patienceMs: number): Trouble[] => [
    {
      key: `${name} ${kind}`,
      text: `pod ${name}${text}`,
      patienceMs: before ? Math.max(patienceMs, PATIENCE_MS.before) : patienceMs,
    },
  ];
  for (const { name: container, restartCount, state, lastState } of [...initContainerStatuses, ...containerStatuses]) {
    const { reason, message } = state.waiting ?? { reason: "", message: "" };
    if (IMAGE_REASONS.includes(reason))
      return trouble(
        "image",
        ` cannot start container ${container} (${reason}): ${message}`,
        reason === "InvalidImageName" ? 0 : PATIENCE_MS.image,
      );
    if (reason === "CrashLoopBackOff" && restartCount >= RESTARTS) {
      const last = lastState.terminated;
      const why =
        last === undefined
          ? ""
          : `: ${last.reason === "" ? "ended" : last.reason}${last.exitCode === undefined ? "" : `, exit code ${last.exitCode}`}${last.message === "" ? "" : `, ${last.message.trim()}`}`;
      return trouble("crash", ` crash-loops (container ${container})${why}`, 0);
    }
  }
  const unscheduled = conditions.find(
    ({ type, status, reason }) => type === "PodScheduled" && status === "False" && reason === "Unschedulable",
  );
  return unscheduled === undefined
    ? []
    : trouble("unschedulable", ` cannot be scheduled: ${unscheduled.message}`, PATIENCE_MS.unschedulable);
}

function isReady(pod: ClusterObject): boolean {
  const parsed = podStatus.safeParse(pod.status ?? {});
  return (
    parsed.success &&
    !isTerminating(pod) &&
    parsed.data.conditions.some(({ type, status }) => type === "Ready" && status === "True")
  );
}

function isTerminating({ metadata }: ClusterObject): boolean {
  return "deletionTimestamp" in metadata && metadata.deletionTimestamp !== undefined;
}

function statusOf(object: ClusterObject): z.output<typeof statusSchema> {
  const parsed = statusSchema.safeParse(object.status ?? {});
  return parsed.success ? parsed.data : { conditions: [] };
}
