import * as z from "zod";
import { count, name } from "../values/field-types.ts";

/**
 * Placement of pods and pull settings of their images: `pods` of a stack's Kubernetes settings. They apply to the whole
 * environment. A part can override each field.
 */

const LABEL_VALUE = "^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$";
const KEY = "^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$";
const key = (description: string) => name(KEY, "a key such as node.example.com/pool", description);
const value = (description: string) => name(LABEL_VALUE, "a label's value, at most 63 characters", description);
const objectName = (description: string) =>
  name("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", "lower-case letters, digits, '-' and '.', at most 253", description);

const toleration = z
  .strictObject({
    key: key("Key of the taint. Default: every taint; then operator is Exists.").optional(),
    operator: z
      .enum(["Equal", "Exists"])
      .meta({ description: "Equal: the taint has this value. Exists: it may have any. Default: Equal." })
      .default("Equal"),
    value: value("Value of the taint. Default: empty.").optional(),
    effect: z
      .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
      .meta({ description: "Effect of the taint. Default: every effect." })
      .optional(),
    tolerationSeconds: count(
      0,
      86_400,
      "How long a pod stays once the taint is there; with the effect NoExecute alone. Default: forever.",
    ).optional(),
  })
  .refine(({ operator, value: of }) => operator !== "Exists" || of === undefined, {
    error: "operator Exists takes no value: delete the value, or write operator: Equal",
  })
  .refine(({ operator, key: of }) => operator !== "Equal" || of !== undefined, {
    error: "operator Equal needs the taint's key; to tolerate every taint write operator: Exists",
  })
  .refine(({ effect, tolerationSeconds }) => tolerationSeconds === undefined || effect === "NoExecute", {
    error: "tolerationSeconds belongs to effect: NoExecute",
  })
  .meta({ description: "A taint of nodes that pods accept." });

const fields = {
  nodeSelector: z
    .record(key("A label of nodes."), value("Its value."))
    .meta({
      description: "Labels that a node must have. Default: any node.",
      examples: [{ "node.example.com/pool": "kafka" }],
    })
    .optional(),
  tolerations: z
    .array(toleration)
    .max(20)
    .meta({ description: "Taints of nodes that pods accept. Default: none." })
    .optional(),
  priorityClass: objectName(
    "PriorityClass of the pods, which exists already. Default: the cluster's default.",
  ).optional(),
};

/** Format of `pods` for parts whose images come from the registry in the workload's own settings. */
export const placedPods = z
  .strictObject(fields)
  .meta({ description: "Where the pods run. Default: as kubernetes.pods says." });

/** Format of `pods` of a server or of the whole environment. */
export const pods = z
  .strictObject({
    ...fields,
    pullSecrets: z
      .array(objectName("Name of a Secret."))
      .max(10)
      .meta({
        description:
          "Secrets with credentials of image registries, in each namespace that the pods are in. Default: none.",
      })
      .optional(),
  })
  .meta({ description: "Where pods run and how their images are fetched. Default: as kubernetes.pods says." });

/** Placement of pods, and pull settings of their images. */
export type PodSettings = z.output<typeof pods>;

/** Returns the settings of a part: its own fields, and the environment's for each field that it does not set. */
export function podsOfPart(environment: PodSettings | undefined, part: PodSettings | undefined): PodSettings {
  return { ...environment, ...part };
}
