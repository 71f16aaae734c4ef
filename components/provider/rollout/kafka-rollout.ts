/**
 * `kit:index:KafkaRollout`: waits until Strimzi has rolled out a change of the Kafka resource or of a node pool,
 * reports the operator's conditions meanwhile, and returns the listeners of the status. Pulumi's own provider waits
 * silently for one condition of one object. It does not notice a pool whose brokers crash while the Kafka resource is
 * Ready.
 */
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { cancelled } from "../cancellation.ts";
import { providerError } from "../errors.ts";
import { inputChanges } from "../property-diff.ts";
import { type Note, type ResourceKind, Unfinished } from "../resource-kind.ts";
import { failuresOf } from "../validation.ts";
import { canonicalText, type Value, type Values } from "../values.ts";
import { type ClusterApi, listObjects, openClusterApi, readObject } from "./cluster-api.ts";
import { type RolloutSnapshot, watchRollout } from "./rollout-watcher.ts";
import { authoritiesSecret, withAuthorities } from "./trusted-authorities.ts";

const schema = z.object({
  context: z.string().min(1).optional(),
  namespace: z.string().min(1),
  cluster: z.string().min(1),
  pools: z.array(z.object({ name: z.string().min(1), replicas: z.int().min(0) })).min(1),
  declared: z.string(),
  timeoutSeconds: z.int().min(1),
});

type RolloutInputs = z.output<typeof schema>;

/** Properties that a comparison of inputs ignores, and those that replace the resource. */
const COMPARISON = { ignored: ["timeoutSeconds", "context"], replacing: ["namespace", "cluster"] };
/** Mark in the state of a rollout whose wait failed. */
const UNFINISHED = "unfinished";

const LOOK_EVERY_MS = 2_000;
/** Time in ms after which the wait for an unreachable cluster is given up. */
const UNREACHABLE_MS = 120_000;

/** `kit:index:KafkaRollout`. */
export const kafkaRolloutKind: ResourceKind = {
  computedOutputs: ["listeners"],
  // A rollout usually does not change the listeners. If it does, the resources that depend on them are updated in the
  // same run. If the listeners were unknown in each preview of a change, so would be every resource in Kafka.
  stableOutputs: ["listeners"],
  async check({ news }) {
    return failuresOf(schema, news);
  },
  /**
   * The diff also detects listeners that changed by themselves, such as a replaced authority. If the cluster does not
   * answer, such changes stay unknown.
   */
  async diff({ olds, news, state }) {
    const changes = inputChanges(olds, news, COMPARISON);
    if (changes.length > 0) return { changes };
    const listeners = await liveListeners(schema.parse(news)).catch(() => undefined);
    const same = listeners === undefined || canonicalText(listeners) === canonicalText(state.listeners);
    return { changes: same ? [] : [{ path: "listeners", change: "update", side: "output" }] };
  },
  async create({ inputs, note }) {
    const parsed = schema.parse(inputs);
    return { id: idOf(parsed), computed: await rolledOut(parsed, note, {}) };
  },
  async read({ inputs, state }) {
    const listeners = await liveListeners(schema.parse(inputs));
    return listeners === undefined
      ? undefined
      : { listeners: listeners.length === 0 ? (state.listeners ?? []) : listeners };
  },
  /** If the declaration did not change, only the listeners did. Clients get them while the brokers are still rolling. */
  async update({ inputs, olds, state, note }) {
    const parsed = schema.parse(inputs);
    if (state[UNFINISHED] !== true && inputChanges(olds, inputs, COMPARISON).length === 0) {
      const listeners = await liveListeners(parsed);
      if (listeners !== undefined && listeners.length > 0) return { listeners };
    }
    return await rolledOut(parsed, note, state);
  },
  async delete() {},
};

const idOf = ({ namespace, cluster }: RolloutInputs): string => `${namespace}/${cluster}`;
const group = (namespace: string): string => `/apis/kafka.strimzi.io/v1/namespaces/${namespace}`;

async function rolledOut(inputs: RolloutInputs, note: Note, state: Values): Promise<Values> {
  const api = await openClusterApi(inputs.context);
  try {
    return { listeners: await awaitRollout(api, inputs, note) };
  } catch (error) {
    // The next run waits again, whether anything changes or not.
    throw new Unfinished(
      idOf(inputs),
      { listeners: state.listeners ?? [], [UNFINISHED]: true },
      error instanceof Error ? error : new Error(String(error)),
    );
  }
}

async function awaitRollout(api: ClusterApi, inputs: RolloutInputs, note: Note): Promise<Value> {
  const started = Date.now();
  const limit = started + inputs.timeoutSeconds * 1_000;
  const look = watchRollout(inputs, started);
  const cluster = idOf(inputs);
  let unreachableSince: number | undefined;
  let waitsFor = "an answer of the cluster";
  for (;;) {
    const snapshot = await snapshotOf(api, inputs).catch((error: unknown) => {
      unreachableSince ??= Date.now();
      if (Date.now() - unreachableSince > UNREACHABLE_MS) throw error;
      return undefined;
    });
    if (snapshot !== undefined) {
      unreachableSince = undefined;
      const verdict = look(snapshot, Date.now());
      for (const { text, level } of verdict.words) note(text, level);
      if (verdict.done) return await trustedListeners(api, inputs, snapshot.kafka?.status);
      if (verdict.failure !== undefined)
        throw providerError("rollout-failed", { cluster, reason: verdict.failure, waits: verdict.waitsFor });
      waitsFor = verdict.waitsFor;
    }
    if (Date.now() > limit)
      throw providerError("rollout-late", { cluster, seconds: inputs.timeoutSeconds, waits: waitsFor });
    await pause(LOOK_EVERY_MS, undefined, { signal: cancelled }).catch(() => {
      throw providerError("rollout-cancelled", { cluster, waits: waitsFor });
    });
  }
}

async function snapshotOf(api: ClusterApi, { namespace, cluster }: RolloutInputs): Promise<RolloutSnapshot> {
  const ofCluster = (more = ""): string =>
    `?labelSelector=${encodeURIComponent(`strimzi.io/cluster=${cluster}${more}`)}`;
  const [kafka, pools, pods] = await Promise.all([
    readObject(api, `${group(namespace)}/kafkas/${cluster}`),
    listObjects(api, `${group(namespace)}/kafkanodepools${ofCluster()}`),
    listObjects(api, `/api/v1/namespaces/${namespace}/pods${ofCluster(",strimzi.io/pool-name")}`),
  ]);
  // Items of a list do not contain their kind.
  return { kafka, pools: pools.map((pool) => ({ kind: "KafkaNodePool", ...pool })), pods };
}

/** Returns the listeners; undefined if there is no Kafka resource. */
async function liveListeners(inputs: RolloutInputs): Promise<Value[] | undefined> {
  const api = await openClusterApi(inputs.context);
  const kafka = await readObject(api, `${group(inputs.namespace)}/kafkas/${inputs.cluster}`);
  return kafka === undefined ? undefined : await trustedListeners(api, inputs, kafka.status);
}

/** Returns the listeners of a status, with all authorities in use. */
async function trustedListeners(
  api: ClusterApi,
  { namespace, cluster }: RolloutInputs,
  status: unknown,
): Promise<Value[]> {
  const listeners: unknown =
    typeof status === "object" && status !== null && "listeners" in status ? status.listeners : [];
  const secret = await readObject(api, `/api/v1/namespaces/${namespace}/secrets/${authoritiesSecret(cluster)}`);
  const data = typeof secret?.data === "object" && secret.data !== null ? secret.data : {};
  // Parsed JSON is already plain values.
  return withAuthorities(Array.isArray(listeners) ? (listeners as Value[]) : [], { ...data });
}
