/** Rollouts of Deployments as `kubectl rollout` does and watches them. */
import * as z from "zod";
import type { ApiClient } from "../api-client.ts";
import { describeAnswer } from "../api-client.ts";

const deployment = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), generation: z.number() }),
  spec: z.object({ replicas: z.number() }),
  status: z.object({
    observedGeneration: z.number().default(0),
    replicas: z.number().default(0),
    updatedReplicas: z.number().default(0),
    availableReplicas: z.number().default(0),
  }),
});

/** A Deployment as its controller sees it. */
export interface DeploymentState {
  /** `namespace/name`. */
  readonly name: string;
  /** Whether its controller has seen its last change, and all its pods are of that change and available. */
  readonly done: boolean;
}

/** Deployments of some namespaces, by name. */
export async function deploymentsOf(
  client: ApiClient,
  namespaces: readonly string[],
): Promise<readonly DeploymentState[]> {
  const lists = await Promise.all(
    namespaces.map((namespace) => client.list(`/apis/apps/v1/namespaces/${namespace}/deployments`)),
  );
  return lists.flat().map((object) => {
    const {
      metadata,
      spec: { replicas },
      status,
    } = deployment.parse(object);
    const done =
      status.observedGeneration >= metadata.generation &&
      [status.replicas, status.updatedReplicas, status.availableReplicas].every((count) => count === replicas);
    return { name: `${metadata.namespace}/${metadata.name}`, done };
  });
}

/** `kubectl rollout restart`. */
export async function restart(client: ApiClient, name: string): Promise<void> {
  const [namespace = "", own = ""] = name.split("/");
  const answer = await client.request("PATCH", `/apis/apps/v1/namespaces/${namespace}/deployments/${own}`, {
    type: "application/strategic-merge-patch+json",
    body: JSON.stringify({
      spec: {
        template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() } } },
      },
    }),
  });
  if (answer.status !== 200) throw new Error(`Deployment ${name} was not restarted: ${describeAnswer(answer)}`);
}
