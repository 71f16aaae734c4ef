/** Node pools as Strimzi runs them, as far as other programs see it: pods with its labels, and the pools' status. */
import { OPERATOR_IMAGE } from "../../../components/kafka/strimzi/operator.ts";
import { containerSecurity, podSecurity } from "../../../components/kubernetes/pod-security.ts";
import type { ApiClient, ApiObject } from "./api-client.ts";
import { describeAnswer } from "./api-client.ts";

const NAMESPACE = "kafka";
const POOLS = `/apis/kafka.strimzi.io/v1/namespaces/${NAMESPACE}/kafkanodepools`;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const POOL_LABEL = "strimzi.io/pool-name";

interface PoolSpec {
  readonly replicas: number;
  readonly roles: readonly string[];
}

/**
 * Brings pods and status of every pool to the declaration. The real operator reports a pool's generation when its nodes have
 * restarted. Here nothing restarts: the brokers run outside, and a pod only represents one.
 */
export async function playPools(client: ApiClient): Promise<void> {
  const [pools, pods] = await Promise.all([client.list(POOLS), client.list(PODS)]);
  for (const pool of pools) {
    const { name } = pool.metadata;
    const { replicas, roles } = pool.spec as PoolSpec;
    const own = pods.filter(({ metadata }) => metadata.labels?.[POOL_LABEL] === name);
    const first = Number(/\d+/.exec(annotation(pool, "strimzi.io/next-node-ids"))?.[0] ?? 0);
    const ids = Array.from({ length: replicas }, (_, index) => first + index);
    const names = new Map(ids.map((id) => [`kafka-${name}-${id}`, id]));
    for (const [pod] of [...names].filter(([wanted]) => !own.some(({ metadata }) => metadata.name === wanted)))
      await expectAccepted(client.request("POST", PODS, json(podOf(pod, name, roles))));
    for (const { metadata } of own.filter(
      (pod) => !names.has(pod.metadata.name) && pod.metadata.deletionTimestamp === undefined,
    ))
      await expectAccepted(client.request("DELETE", `${PODS}/${metadata.name}`));
    if (seen(pool, replicas)) continue;
    const status = {
      observedGeneration: pool.metadata.generation,
      replicas,
      nodeIds: ids,
      roles,
      labelSelector: `strimzi.io/cluster=kafka,${POOL_LABEL}=${name}`,
    };
    await expectAccepted(
      client.request("PATCH", `${POOLS}/${name}/status`, {
        type: "application/merge-patch+json",
        body: JSON.stringify({ status }),
      }),
    );
  }
}

function podOf(name: string, pool: string, roles: readonly string[]): ApiObject {
  const labels = {
    "strimzi.io/cluster": "kafka",
    "strimzi.io/kind": "Kafka",
    "strimzi.io/name": "kafka-kafka",
    [POOL_LABEL]: pool,
    ...Object.fromEntries(roles.map((role) => [`strimzi.io/${role}-role`, "true"])),
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: podSecurity.runAsNonRoot, seccompProfile: podSecurity.seccompProfile },
      // The program that replaces the operator on a real node: it runs, and requests little.
      containers: [
        {
          name: "kafka",
          image: OPERATOR_IMAGE,
          imagePullPolicy: "IfNotPresent",
          args: ["/opt/strimzi/bin/cluster_operator_run.sh"],
          resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
          securityContext: containerSecurity,
        },
      ],
    },
  };
}

function seen({ metadata, status }: ApiObject, replicas: number): boolean {
  if (typeof status !== "object" || status === null || !("observedGeneration" in status) || !("replicas" in status))
    return false;
  return status.observedGeneration === metadata.generation && status.replicas === replicas;
}

function annotation({ metadata }: ApiObject, name: string): string {
  const annotations: unknown = metadata.annotations;
  return typeof annotations === "object" && annotations !== null
    ? String(Object.entries(annotations).find(([key]) => key === name)?.[1] ?? "")
    : "";
}

const json = (object: ApiObject) => ({ type: "application/json", body: JSON.stringify(object) });

async function expectAccepted(asked: ReturnType<ApiClient["request"]>): Promise<void> {
  const answer = await asked;
  // An object that exists already, or is deleted already, is in the wanted state.
  if (answer.status >= 300 && answer.status !== 409 && answer.status !== 404)
    throw new Error(`The API server refused what the operator does for a pool: ${describeAnswer(answer)}`);
}
