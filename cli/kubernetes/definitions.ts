/**
 * Strimzi's resource definitions in a cluster: finds their users, and removes them when there are none. They stay when a
 * platform is destroyed.
 */
import { brokerRole } from "../../components/kafka/strimzi/operator.ts";
import { compareText } from "../../components/model/problems/problem.ts";
import {
  type ClusterApi,
  type ClusterObject,
  deleteObject,
  listObjects,
} from "../../components/provider/rollout/cluster-api.ts";

/** A definition, and the resources of its kind. */
export interface DefinitionUse {
  /** For example `kafkas.kafka.strimzi.io`. */
  readonly name: string;
  readonly kind: string;
  readonly resources: readonly { readonly namespace: string; readonly name: string }[];
}

/** Definitions and operators of a cluster. */
export interface DefinitionsReport {
  readonly definitions: readonly DefinitionUse[];
  /** Pods of operators, which need the definitions to run. */
  readonly operators: readonly { readonly namespace: string; readonly name: string }[];
  /** Whether the definitions were removed. */
  readonly removed: boolean;
}

const GROUPS: readonly string[] = ["kafka.strimzi.io", "core.strimzi.io"];
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const OPERATORS = `/api/v1/pods?labelSelector=${encodeURIComponent("strimzi.io/kind=cluster-operator")}`;

/** Finds Strimzi's definitions, however they were installed, and everything that depends on them, in every namespace. */
export async function findDefinitions(api: ClusterApi): Promise<DefinitionsReport> {
  const found = (await listObjects(api, DEFINITIONS)).flatMap((object) => {
    const { group, plural, kind, version } = definitionOf(object);
    return GROUPS.includes(group)
      ? [{ name: object.metadata.name, kind, path: `/apis/${group}/${version}/${plural}` }]
      : [];
  });
  const definitions = await Promise.all(
    found.map(
      async ({ name, kind, path }): Promise<DefinitionUse> => ({
        name,
        kind,
        resources: (await listObjects(api, path)).map(placeOf).sort(byPlace),
      }),
    ),
  );
  const operators = (await listObjects(api, OPERATORS)).map(placeOf).sort(byPlace);
  return { definitions: definitions.sort((a, b) => compareText(a.name, b.name)), operators, removed: false };
}

/** Whether nothing in the cluster depends on the definitions. */
export function isUnused({ definitions, operators }: DefinitionsReport): boolean {
  return operators.length === 0 && definitions.every(({ resources }) => resources.length === 0);
}

/**
 * Removes the definitions and the role that all installations share; does nothing if anything still depends on them. Without a
 * definition Kubernetes deletes every resource of its kind, in all namespaces.
 */
export async function removeDefinitions(api: ClusterApi): Promise<DefinitionsReport> {
  const report = await findDefinitions(api);
  if (!isUnused(report)) return report;
  for (const { name } of report.definitions) await deleteObject(api, `${DEFINITIONS}/${name}`);
  await deleteObject(api, `/apis/rbac.authorization.k8s.io/v1/clusterroles/${brokerRole().metadata.name}`);
  return { ...report, removed: true };
}

interface Definition {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  /** A served version: it can read all resources. */
  readonly version: string;
}

function definitionOf({ spec }: ClusterObject): Definition {
  const { group, names, versions } = spec as {
    readonly group: string;
    readonly names: { readonly plural: string; readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
  return {
    group,
    plural: names.plural,
    kind: names.kind,
    version: versions.find(({ served }) => served)?.name ?? "v1",
  };
}

const placeOf = ({ metadata }: ClusterObject) => ({ namespace: metadata.namespace ?? "", name: metadata.name });
const byPlace = (
  a: { readonly namespace: string; readonly name: string },
  b: { readonly namespace: string; readonly name: string },
): number => compareText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`);
