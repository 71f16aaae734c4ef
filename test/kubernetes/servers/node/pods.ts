import * as z from "zod";
import type { ApiClient } from "../api-client.ts";

const ended = z.object({ terminated: z.object({ reason: z.string(), exitCode: z.number() }).optional() }).optional();
const pod = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.object({
    phase: z.string(),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    containerStatuses: z
      .array(
        z.object({
          containerID: z.string().optional(),
          ready: z.boolean(),
          started: z.boolean().optional(),
          restartCount: z.number(),
          lastState: ended,
        }),
      )
      .default([]),
  }),
});

/** A pod as its node sees it. */
export interface PodState {
  readonly name: string;
  readonly ready: boolean;
  /** Its first container's startup probe, where it has one, succeeded. */
  readonly started: boolean;
  /** Id of its first container without the runtime's name, when it has one. */
  readonly container: string | undefined;
  readonly restarts: number;
  /** Why its first container ended the last time. */
  readonly lastEnd: string | undefined;
}

/** Pods of a namespace that are neither on their way out nor, as those of a Job, done. */
export async function podsOf(client: ApiClient, namespace: string): Promise<readonly PodState[]> {
  const found = await client.list(`/api/v1/namespaces/${namespace}/pods`);
  return found
    .map((object) => pod.parse(object))
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status.phase !== "Succeeded")
    .map(({ metadata, status }) => {
      const [first] = status.containerStatuses;
      return {
        name: metadata.name,
        ready: status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
        started: first?.started === true,
        container: first?.containerID?.replace(/^.*:\/\//, ""),
        restarts: first?.restartCount ?? 0,
        lastEnd: first?.lastState?.terminated?.reason,
      };
    });
}
