import { compareText } from "../../model/problems/problem.ts";
import type { PlatformPlan } from "../types.ts";

/** Changes of one kind of resource, by key. Each list is sorted. */
export interface KeyedDelta<T> {
  readonly created: readonly T[];
  readonly changed: readonly T[];
  readonly deleted: readonly string[];
}

/** The difference between two plans, without judgement. */
export type PlanDelta = { readonly [K in keyof PlatformPlan]: KeyedDelta<PlatformPlan[K][number]> };

/** Number of affected resources of each kind. */
export type DeltaCounts = {
  readonly [K in keyof PlatformPlan]: { readonly created: number; readonly changed: number; readonly deleted: number };
};

const keys: { readonly [K in keyof PlatformPlan]: (item: PlatformPlan[K][number]) => string } = {
  topics: ({ name }) => name,
  principals: ({ name }) => name,
  acls: ({ key }) => key,
  quotas: ({ principal }) => principal,
  subjects: ({ name }) => name,
  sharedSubjects: ({ name }) => name,
  contracts: ({ service }) => service,
};

/** Comparison of two resources with one key, by kind. Kinds with many resources are compared field by field. */
const same: {
  readonly [K in keyof PlatformPlan]: (a: PlatformPlan[K][number], b: PlatformPlan[K][number]) => boolean;
} = {
  topics: (a, b) =>
    a.partitions === b.partitions &&
    a.replicationFactor === b.replicationFactor &&
    a.kind === b.kind &&
    a.domain === b.domain &&
    a.owner === b.owner &&
    sameTexts(a.config, b.config),
  principals: (a, b) => a.kind === b.kind,
  // The key of a rule is its content.
  acls: () => true,
  quotas: (a, b) => a.producerByteRate === b.producerByteRate && a.consumerByteRate === b.consumerByteRate,
  subjects: (a, b) =>
    a.schema === b.schema &&
    a.schemaType === b.schemaType &&
    a.compatibility === b.compatibility &&
    a.eventType === b.eventType &&
    a.topic === b.topic &&
    a.record === b.record &&
    sameNames(a.references?.subjects ?? [], b.references?.subjects ?? []) &&
    a.references?.selfContained === b.references?.selfContained,
  sharedSubjects: (a, b) =>
    a.schema === b.schema &&
    a.compatibility === b.compatibility &&
    a.schemaPath === b.schemaPath &&
    sameNames(a.references, b.references),
  contracts: (a, b) => JSON.stringify(a) === JSON.stringify(b),
};

/** Compares two plans, resource by resource. Source locations and reasons are ignored, because they only serve messages. */
export function planDelta(before: PlatformPlan, after: PlatformPlan): PlanDelta {
  return {
    topics: keyedDelta(before.topics, after.topics, keys.topics, same.topics),
    principals: keyedDelta(before.principals, after.principals, keys.principals, same.principals),
    acls: keyedDelta(before.acls, after.acls, keys.acls, same.acls),
    quotas: keyedDelta(before.quotas, after.quotas, keys.quotas, same.quotas),
    subjects: keyedDelta(before.subjects, after.subjects, keys.subjects, same.subjects),
    sharedSubjects: keyedDelta(before.sharedSubjects, after.sharedSubjects, keys.sharedSubjects, same.sharedSubjects),
    contracts: keyedDelta(before.contracts, after.contracts, keys.contracts, same.contracts),
  };
}

/** Applies a delta to a plan, as Pulumi applies it to resources. */
export function applyPlanDelta(plan: PlatformPlan, delta: PlanDelta): PlatformPlan {
  return {
    topics: applied(plan.topics, delta.topics, keys.topics),
    principals: applied(plan.principals, delta.principals, keys.principals),
    acls: applied(plan.acls, delta.acls, keys.acls),
    quotas: applied(plan.quotas, delta.quotas, keys.quotas),
    subjects: applied(plan.subjects, delta.subjects, keys.subjects),
    sharedSubjects: applied(plan.sharedSubjects, delta.sharedSubjects, keys.sharedSubjects),
    contracts: applied(plan.contracts, delta.contracts, keys.contracts),
  };
}

/** Returns the sizes of a delta. */
export function deltaCounts(delta: PlanDelta): DeltaCounts {
  const sizes = ({ created, changed, deleted }: KeyedDelta<unknown>) => ({
    created: created.length,
    changed: changed.length,
    deleted: deleted.length,
  });
  return {
    topics: sizes(delta.topics),
    principals: sizes(delta.principals),
    acls: sizes(delta.acls),
    quotas: sizes(delta.quotas),
    subjects: sizes(delta.subjects),
    sharedSubjects: sizes(delta.sharedSubjects),
    contracts: sizes(delta.contracts),
  };
}

function keyedDelta<T>(
  before: readonly T[],
  after: readonly T[],
  key: (item: T) => string,
  equal: (a: T, b: T) => boolean,
): KeyedDelta<T> {
  const old = new Map(before.map((item) => [key(item), item]));
  const fresh = new Set(after.map(key));
  const created: T[] = [];
  const changed: T[] = [];
  for (const item of after) {
    const was = old.get(key(item));
    if (was === undefined) created.push(item);
    else if (was !== item && !equal(was, item)) changed.push(item);
  }
  return { created, changed, deleted: before.map(key).filter((each) => !fresh.has(each)) };
}

function applied<T>(items: readonly T[], { created, changed, deleted }: KeyedDelta<T>, key: (item: T) => string): T[] {
  const result = new Map(items.map((item) => [key(item), item]));
  for (const gone of deleted) result.delete(gone);
  for (const item of [...created, ...changed]) result.set(key(item), item);
  return [...result].sort(([a], [b]) => compareText(a, b)).map(([, item]) => item);
}

function sameTexts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
