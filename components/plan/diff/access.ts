import { replayerPrincipal } from "../replayer.ts";
import type { PlannedAcl } from "../types.ts";
import { sortedSet } from "./hazard.ts";
import { hasOwner, platformTeam, teamOf, type PlatformState, type StatePair } from "./state.ts";
import type { Change } from "./types.ts";

/** Access that principals gain and lose: one change per principal and direction. */
export function compareAccess(pair: StatePair): Change[] {
  const before = new Map(pair.before.plan.acls.map((acl) => [acl.key, acl]));
  const after = new Map(pair.after.plan.acls.map((acl) => [acl.key, acl]));
  const gained = [...after.values()].filter(({ key }) => !before.has(key));
  const lost = [...before.values()].filter(({ key }) => !after.has(key));
  return [
    ...[...Map.groupBy(gained, ({ principal }) => principal)].map(([principal, rules]) => gain(pair, principal, rules)),
    ...[...Map.groupBy(lost, ({ principal }) => principal)].map(([principal, rules]) => loss(pair, principal, rules)),
  ];
}

function gain(pair: StatePair, principal: string, rules: readonly PlannedAcl[]): Change {
  const team = teamOf(pair.after, principal);
  // The owner decides who reads and writes; what is new or one's own needs no one else.
  const owned = hasOwner(pair, principal);
  const granting = followsConsumers(principal) ? [] : ownersOfRules(pair.before, rules).filter((owner) => !owned || owner !== team);
  return {
    kind: "access-gained",
    object: principal,
    hazard: granting.length > 0 ? "approval" : "safe",
    effects: describeRules(rules),
    reviewers: granting.length > 0 ? sortedSet([...granting, team]) : [],
  };
}

function loss(pair: StatePair, principal: string, rules: readonly PlannedAcl[]): Change {
  // Rules on what is itself deleted hurt no one further; those on what stays do.
  const felt = !followsConsumers(principal) && rules.some(({ resourceType, resourceName }) => resourceType === "Topic" && pair.after.planned.has(resourceName));
  return {
    kind: "access-lost",
    object: principal,
    hazard: felt ? "approval" : "safe",
    effects: describeRules(rules),
    reviewers: felt ? sortedSet([teamOf(pair.before, principal)]) : [],
  };
}

/** Whether a principal's rights follow from who consumes what: whoever approves a consumer approves that its dead letters can be replayed. */
function followsConsumers(principal: string): boolean {
  return principal === replayerPrincipal;
}

function ownersOfRules(state: PlatformState, rules: readonly PlannedAcl[]): string[] {
  return sortedSet(rules.flatMap(({ resourceType, resourceName }) => (resourceType === "Topic" ? (state.planned.get(resourceName)?.owner ?? []) : []))).filter((owner) => owner !== platformTeam);
}

/** One text per resource: `Read, Describe on topic order-events`. */
export function describeRules(rules: readonly PlannedAcl[]): string[] {
  const byResource = Map.groupBy(rules, ({ resourceType, resourceName, pattern }) => `${nouns[resourceType]} ${resourceName}${pattern === "Prefixed" ? "*" : ""}`);
  return sortedSet([...byResource].map(([resource, same]) => `${sortedSet(same.map(({ operation }) => operation)).join(", ")} on ${resource}`));
}

const nouns: Readonly<Record<PlannedAcl["resourceType"], string>> = { Topic: "topic", Group: "group", TransactionalID: "transactional id", Cluster: "cluster" };
