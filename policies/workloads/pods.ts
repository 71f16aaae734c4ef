import * as z from "zod";
import type { Manifest } from "../rule.ts";

/*
 * The fields of a pod that rules use, whatever kind of object creates the pod. A field that is absent, or not of
 * Kubernetes' type, is undefined: the rules decide which fields are required.
 */

const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
const map = z.record(z.string(), z.string()).optional().catch(undefined);
const list = <S extends z.ZodType>(item: S) => z.array(item).catch([]).default([]);

const capabilities = z
  .looseObject({ add: list(z.string()), drop: list(z.string()) })
  .optional()
  .catch(undefined);
const seccompProfile = z.looseObject({ type: text }).optional().catch(undefined);
const securityContext = z
  .looseObject({
    runAsNonRoot: flag,
    runAsUser: number,
    runAsGroup: number,
    fsGroup: number,
    seccompProfile,
    privileged: flag,
    allowPrivilegeEscalation: flag,
    readOnlyRootFilesystem: flag,
    capabilities,
  })
  .optional()
  .catch(undefined);
const probe = z
  .looseObject({
    httpGet: z
      .looseObject({ path: text, port: z.union([z.string(), z.number()]).optional().catch(undefined) })
      .optional()
      .catch(undefined),
  })
  .optional()
  .catch(undefined);
const resourceList = z
  .record(z.string(), z.union([z.string(), z.number()]))
  .optional()
  .catch(undefined);
const selector = z.looseObject({ matchLabels: map }).optional().catch(undefined);
const spreadTerm = z.looseObject({ topologyKey: text });

const container = z.looseObject({
  name: text,
  image: text,
  args: list(z.string()),
  command: list(z.string()),
  env: list(
    z.looseObject({
      name: text,
      value: text,
      valueFrom: z.looseObject({ secretKeyRef: z.unknown().optional() }).optional().catch(undefined),
    }),
  ),
  envFrom: list(z.looseObject({ secretRef: z.unknown().optional() })),
  ports: list(z.looseObject({ name: text, containerPort: number, hostPort: number })),
  resources: z.looseObject({ requests: resourceList, limits: resourceList }).optional().catch(undefined),
  securityContext,
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: z
    .looseObject({
      preStop: z
        .looseObject({ sleep: z.looseObject({ seconds: number }).optional().catch(undefined) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

const podSpec = z.looseObject({
  serviceAccountName: text,
  automountServiceAccountToken: flag,
  hostNetwork: flag,
  hostPID: flag,
  hostIPC: flag,
  terminationGracePeriodSeconds: number,
  securityContext,
  containers: list(container),
  initContainers: list(container),
  volumes: list(
    z.looseObject({
      name: text,
      hostPath: z.unknown().optional(),
      secret: z.looseObject({ secretName: text, defaultMode: number }).optional().catch(undefined),
      configMap: z.looseObject({ name: text }).optional().catch(undefined),
      emptyDir: z.looseObject({ sizeLimit: text }).optional().catch(undefined),
    }),
  ),
  affinity: z
    .looseObject({
      podAntiAffinity: z
        .looseObject({
          requiredDuringSchedulingIgnoredDuringExecution: list(spreadTerm),
          preferredDuringSchedulingIgnoredDuringExecution: list(
            z.looseObject({ podAffinityTerm: spreadTerm.optional().catch(undefined) }),
          ),
        })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
  topologySpreadConstraints: list(z.looseObject({ topologyKey: text, whenUnsatisfiable: text })),
});

const podTemplate = z.looseObject({
  metadata: z.looseObject({ labels: map, annotations: map }).optional().catch(undefined),
  spec: podSpec,
});

const workload = z.looseObject({
  replicas: number,
  revisionHistoryLimit: number,
  strategy: z
    .looseObject({
      type: text,
      rollingUpdate: z
        .looseObject({ maxUnavailable: z.union([z.string(), z.number()]).optional().catch(undefined) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
  selector,
  volumeClaimTemplates: list(z.unknown()),
  template: podTemplate,
});

/** A container of a pod. */
export type Container = z.output<typeof container>;
/** A pod as its template has it. */
export type PodTemplate = z.output<typeof podTemplate>;
/** An object that creates pods. */
export interface Workload extends z.output<typeof workload> {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** Kinds that keep pods running, in contrast to a Job. */
const RUNNING = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

const known = new WeakMap<Manifest, Workload | undefined>();

/** Returns an object that creates pods; undefined for every other object. */
export function workloadOf(manifest: Manifest): Workload | undefined {
  if (known.has(manifest)) return known.get(manifest);
  const found = read(manifest);
  known.set(manifest, found);
  return found;
}

/** As {@link workloadOf}, but only for workloads that run until they are stopped. */
export function runningWorkloadOf(manifest: Manifest): Workload | undefined {
  return RUNNING.has(manifest.kind) ? workloadOf(manifest) : undefined;
}

/** Returns every container of a pod, including its init containers. */
export function containersOf({ template: { spec } }: Workload): readonly Container[] {
  return [...spec.initContainers, ...spec.containers];
}

/** Returns whether a selector's labels match a pod. */
export function selectsLabels(
  wanted: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => labels?.[name] === value);
}

/** Returns the labels of an equality selector; undefined for any other selector. An empty selector matches everything. */
export function matchLabelsOf(selector: unknown): Readonly<Record<string, string>> | undefined {
  const labels = fieldOf(selector, "matchLabels");
  if (labels === undefined)
    return typeof selector === "object" && selector !== null && Object.keys(selector).length === 0 ? {} : undefined;
  return map.parse(labels);
}

function read(manifest: Manifest): Workload | undefined {
  const spec = specOf(manifest);
  if (spec === undefined) return undefined;
  const parsed = workload.safeParse(spec);
  if (!parsed.success) return undefined;
  return {
    ...parsed.data,
    kind: manifest.kind,
    name: manifest.metadata?.name ?? "unnamed",
    namespace: manifest.metadata?.namespace,
  };
}

function specOf(manifest: Manifest): unknown {
  if (RUNNING.has(manifest.kind) || (manifest.kind === "Job" && manifest.apiVersion.startsWith("batch/")))
    return manifest.spec;
  if (manifest.kind === "CronJob") return fieldOf(fieldOf(manifest.spec, "jobTemplate"), "spec");
  if (manifest.kind === "Pod") return { template: { metadata: manifest.metadata, spec: manifest.spec } };
  return undefined;
}

/** Returns a field of an arbitrary value. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** Returns a field that holds a list; empty for any other value. */
export function listOf(value: unknown, field: string): readonly unknown[] {
  const found = fieldOf(value, field);
  return Array.isArray(found) ? found : [];
}
