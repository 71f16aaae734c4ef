import type * as pulumi from "@pulumi/pulumi";
import { filesDigest } from "../../kubernetes/digest.ts";
import type { Manifest } from "../../kubernetes/manifest.ts";
import { compareText } from "../../model/problems/problem.ts";
import type { RenderContext } from "./context.ts";
import { PORTS } from "./context.ts";
import { metadataOf } from "./labels.ts";

/** Folders inside a container. */
export const FOLDERS = {
  secrets: "/etc/service/secrets",
  config: "/etc/service/config",
  schemas: "/etc/service/schemas",
  temporary: "/tmp",
} as const;

/** Returns the names of the objects that hold a workload's files. */
export function configNames(service: string): {
  readonly secret: string;
  readonly config: string;
  readonly schemas: string;
} {
  return { secret: `${service}-secrets`, config: `${service}-config`, schemas: `${service}-schemas` };
}

/** Maximum size of a ConfigMap or Secret: 1 MiB (https://kubernetes.io/docs/concepts/configuration/configmap/). */
const MOST_BYTES = 1_048_576;

/** Returns the Secret with the files that only the process may read. */
export function secretObject(context: RenderContext): Manifest {
  const { workload } = context;
  const secrets = workload.files.filter((file) => file.secret);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: metadataOf(context, { suffix: "secrets" }),
    type: "Opaque",
    stringData: Object.fromEntries(sortedEntries(secrets.map(({ name, content }) => [name, content]))),
  };
}

/** Returns the ConfigMap with the public files: certificates of authorities, the contract, public keys. */
export function configMap(context: RenderContext): Manifest {
  const { workload } = context;
  const plain = workload.files.filter((file) => !file.secret);
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadataOf(context, { suffix: "config" }),
    data: Object.fromEntries(sortedEntries(plain.map(({ name, content }) => [name, content]))),
  };
}

/**
 * Returns the ConfigMap with the schemas of the service's events.
 * @throws {Error} if they exceed the maximum size of a ConfigMap.
 */
export function schemaMap(context: RenderContext): Manifest {
  const { workload } = context;
  const bytes = workload.schemas.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (bytes > MOST_BYTES)
    throw new Error(
      `The schemas of ${workload.name} have ${bytes} bytes, a ConfigMap holds ${MOST_BYTES}; split the service, or shorten the schemas' documentation.`,
    );
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadataOf(context, { suffix: "schemas" }),
    data: Object.fromEntries(workload.schemas.map(({ path, content }) => [schemaKey(path), content])),
  };
}

/** Returns the key of a schema. Keys of a ConfigMap have no slashes, and the volume maps every schema back to its path. */
export function schemaKey(path: string): string {
  return path.replaceAll("/", "__");
}

/** A variable of a container: its value, or the pod field that it is taken from. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: pulumi.Input<string>;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

/** Returns the variables of the container, sorted by name. Secrets are not included, because they are files. */
export function environment({ workload, zoneLabel }: RenderContext): EnvironmentVariable[] {
  const values: [string, pulumi.Input<string>][] = [
    ...Object.entries(workload.environment),
    ["SERVICE_NAME", workload.name],
    ["HTTP_HOST", "0.0.0.0"],
    ["MANAGEMENT_PORT", String(PORTS.management)],
    ["NODE_COMPILE_CACHE", `${FOLDERS.temporary}/node-compile-cache`],
    ...(workload.http ? [["HTTP_PORT", String(PORTS.http)] satisfies [string, string]] : []),
    ...workload.files.map(({ name, variable, secret }): [string, string] => [
      variable,
      `${secret ? FOLDERS.secrets : FOLDERS.config}/${name}`,
    ]),
  ];
  // The pod's name distinguishes instances in logs and metrics. A pod is not a static member of its group, because its
  // successor has another name.
  const instance: EnvironmentVariable = {
    name: "SERVICE_INSTANCE",
    valueFrom: { fieldRef: { fieldPath: "metadata.name" } },
  };
  // From version 1.35 on, Kubernetes copies the standard zone labels of a node to its pods
  // (PodTopologyLabelsAdmission). If a pod has no such label, the variable is empty and the consumer reads from
  // leaders.
  const zone: EnvironmentVariable = {
    name: "KAFKA_CLIENT_RACK",
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${zoneLabel}']` } },
  };
  return [
    ...sortedEntries(values).map(([name, value]): EnvironmentVariable => ({ name, value })),
    instance,
    ...(workload.group === undefined ? [] : [zone]),
  ];
}

/** Returns the digest of everything that the process reads at start. */
export function configChecksum({ workload }: RenderContext): pulumi.Output<string> {
  return filesDigest({
    files: workload.files.map(({ name, content }) => [name, content]),
    schemas: workload.schemas.map(({ path, content }) => [path, content]),
  });
}

function sortedEntries<T>(entries: readonly (readonly [string, T])[]): [string, T][] {
  return entries.map(([name, value]): [string, T] => [name, value]).sort(([a], [b]) => compareText(a, b));
}
