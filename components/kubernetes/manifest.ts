import type { Input } from "@pulumi/pulumi";

/** Metadata of a Kubernetes object as the builders of this package write it. */
export interface ObjectMeta {
  readonly name: string;
  /** Absent for objects of the whole cluster. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, Input<string>>>;
}

/**
 * A Kubernetes object as plain data: what a pure builder returns, what the engine applies and what
 * `kit render` writes. Only values that come from other resources (secrets, certificates) are inputs.
 */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** Whether a value is metadata with a name. */
export function isObjectMeta(value: unknown): value is ObjectMeta {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}

/** Labels that every object of the platform carries. */
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
 * Annotations of a Service before a Deployment. The engine waits for the Deployment's pods; for the Service it would look for them
 * once more, never under ten seconds, and forever where there are none on purpose.
 */
export const POD_ADDRESS_ANNOTATIONS = { "pulumi.com/skipAwait": "true" } as const;

/** Bytes as a Kubernetes quantity, in the largest binary unit that keeps them whole. */
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
