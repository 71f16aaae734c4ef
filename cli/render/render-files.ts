/** Kubernetes objects and the rest of a plan as files, with the same bytes for the same input. Pure. */
import { stringify } from "yaml";
import type { Manifest } from "../../components/kubernetes/manifest.ts";
import { compareText } from "../../components/model/problems/problem.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";

/** One file to write. */
export interface RenderedFile {
  /** Relative to the output folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Folder of objects without a namespace. */
const CLUSTER_FOLDER = "cluster";
/** Lists the objects for `kubectl apply -k` and GitOps tools. */
const KUSTOMIZATION = "kustomization.yaml";
/** Lists the content of the servers, which is made over their own protocols. */
const IN_SERVERS = "in-servers.yaml";

/**
 * A file per object (`<namespace>/<kind>-<name>.yaml`), a kustomization that lists them, and a list of what `pulumi up` makes
 * inside Kafka, the registry and the databases. Keys have a fixed order: kind and name first, then by name.
 * @param databaseConnections - Minimum of PostgreSQL's `max_connections`.
 * @throws {Error} when two objects would have the same file, which would lose one of them.
 */
export function renderFiles(
  objects: readonly Manifest[],
  plan: PlatformPlan,
  databaseConnections: number,
): RenderedFile[] {
  const files = objects.map(
    (object): RenderedFile => ({ path: objectPath(object), text: yaml(withoutEngineNotes(object)) }),
  );
  files.sort((a, b) => compareText(a.path, b.path));
  const twice = files.find((file, index) => file.path === files[index - 1]?.path);
  if (twice !== undefined) throw new Error(`Two objects are called ${twice.path}.`);
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: files.map(({ path }) => path),
  };
  return [
    ...files,
    { path: IN_SERVERS, text: inServers(plan, databaseConnections) },
    { path: KUSTOMIZATION, text: yaml(kustomization) },
  ];
}

function objectPath({ kind, metadata }: Manifest): string {
  // Names of roles may contain colons.
  return `${metadata.namespace ?? CLUSTER_FOLDER}/${kind.toLowerCase()}-${metadata.name.replaceAll(/[^a-z0-9.-]/g, "-")}.yaml`;
}

/** Annotations that only Pulumi's provider reads have no meaning for other tools. */
function withoutEngineNotes(object: Manifest): Record<string, unknown> {
  const { apiVersion, kind, metadata, ...rest } = object;
  const { annotations = {}, ...others } = metadata;
  const kept = Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi.com/"));
  return {
    apiVersion,
    kind,
    metadata: { ...others, ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }) },
    ...rest,
  };
}

function inServers(plan: PlatformPlan, databaseConnections: number): string {
  const header =
    "# Made by `pulumi up` over the servers' own protocols, not by Kubernetes: topics, users, access rules, quotas and subjects.\n";
  return (
    header +
    yaml({
      topics: plan.topics.map(({ name, partitions, replicationFactor, config }) => ({
        name,
        partitions,
        replicationFactor,
        config,
      })),
      users: plan.principals.map(({ name }) => name),
      rules: plan.acls.map(({ key, reason }) => ({ rule: key, reason })),
      quotas: plan.quotas,
      // Not created: settings that an external server must have.
      postgresql: { maxConnections: databaseConnections },
      subjects: plan.subjects.map(({ name, compatibility }) => ({ name, compatibility })),
    })
  );
}

function yaml(value: unknown): string {
  return stringify(value, {
    lineWidth: 0,
    aliasDuplicateObjects: false,
    sortMapEntries: (a, b) => compareKeys(String(a.key), String(b.key)),
  });
}

/** Keys that come first. */
const FIRST = ["apiVersion", "kind", "metadata", "name", "namespace"];

function compareKeys(a: string, b: string): number {
  const rank = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  return rank(a) - rank(b) || compareText(a, b);
}
