import type { Input } from "@pulumi/pulumi";

/** Metadata of a Kubernetes object, as the builders of this package write it. */
export interface ObjectMeta {
  readonly name: string;
  /** Absent for cluster-wide objects. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, Input<string>>>;
}

/**
 * A Kubernetes object as plain data. A pure builder returns it, the engine applies it, and `kit render` writes it. Only
 * values from other resources (secrets, certificates) are inputs.
 */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** Returns whether a value is metadata with a name. */
export function isObjectMeta(value: unknown): value is ObjectMeta {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}

/** Returns the labels of every object of the platform. */
export function platformLabels(
  name: string,
  component: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "event-platform",
    "app.kubernetes.io/managed-by": "pulumi",
    ...extra,
  };
}

/**
 * Annotations of a Service in front of a Deployment. The engine already waits for the Deployment's pods. For the
 * Service it would wait for them once more, at least ten seconds, and forever if there are intentionally none.
 */
export const POD_ADDRESS_ANNOTATIONS = { "pulumi.com/skipAwait": "true" } as const;

/** Returns bytes as a Kubernetes quantity, in the largest binary unit that keeps them whole. */
export function byteQuantity(bytes: number): string {
  for (const [unit, factor] of [
    ["Ti", 2 ** 40],
    ["Gi", 2 ** 30],
    ["Mi", 2 ** 20],
    ["Ki", 2 ** 10],
  ] as const) {
    if (bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}
