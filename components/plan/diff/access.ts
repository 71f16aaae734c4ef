import { isDerivedTopicName } from "../../model/values/names.ts";
import { aclKey } from "../access/access.ts";
import { replayerPrincipal } from "../access/replayer.ts";
import type { PlannedAcl } from "../types.ts";
import { sortedSet } from "./hazard.ts";
import type { ServiceRename } from "./services/service-renames.ts";
import { hasOwner, type PlatformState, platformTeam, type StatePair, teamOf } from "./state.ts";
import type { Change } from "./types.ts";

/**
 * Returns the access that principals gain and lose: one change per principal and direction. The change for a renamed
 * service covers the access that the service keeps.
 */
export function compareAccess(pair: StatePair, renames: readonly ServiceRename[]): Change[] {
  const before = new Map(pair.before.plan.acls.map((acl) => [acl.key, acl]));
  const after = new Map(pair.after.plan.acls.map((acl) => [acl.key, acl]));
  const renamed = new Map(
    renames.length === 0
      ? []
      : [...before.values()].flatMap((acl) => {
          const key = keyUnderNewName(acl, renames);
          return key !== acl.key && after.has(key) ? [[key, acl.key] as const] : [];
        }),
  );
  const kept = new Set(renamed.values());
  const gained = [...after.values()].filter(({ key }) => !before.has(key) && !renamed.has(key));
  const lost = [...before.values()].filter(({ key }) => !after.has(key) && !kept.has(key));
  return [
    ...[...Map.groupBy(gained, ({ principal }) => principal)].map(([principal, rules]) => gain(pair, principal, rules)),
    ...[...Map.groupBy(lost, ({ principal }) => principal)].map(([principal, rules]) => loss(pair, principal, rules)),
  ];
}

/** Returns the key of a rule with the new names of renamed services, and of the resources that are named after them. */
function keyUnderNewName(acl: PlannedAcl, renames: readonly ServiceRename[]): string {
  const named = (name: string): string => {
    const owner = /^[^.]+/.exec(name)?.[0] ?? name;
    const rename = renames.find(({ from }) => from === owner);
    return rename === undefined ? name : `${rename.to}${name.slice(owner.length)}`;
  };
  const ofService =
    acl.resourceType === "Group" || acl.resourceType === "TransactionalID" || isDerivedTopicName(acl.resourceName);
  return aclKey({
    ...acl,
    principal: named(acl.principal),
    ...(ofService ? { resourceName: named(acl.resourceName) } : {}),
  });
}

function gain(pair: StatePair, principal: string, rules: readonly PlannedAcl[]): Change {
  const team = teamOf(pair.after, principal);
  // The topic's owner decides which services read and write it. New topics and the principal's own need no other
  // approval.
  const owned = hasOwner(pair, principal);
  const granting = followsConsumers(principal)
    ? []
    : ownersOfRules(pair.before, rules).filter((owner) => !owned || owner !== team);
  return {
    kind: "access-gained",
    object: principal,
    hazard: granting.length > 0 ? "approval" : "safe",
    effects: describeRules(rules),
    reviewers: granting.length > 0 ? sortedSet([...granting, team]) : [],
  };
}

function loss(pair: StatePair, principal: string, rules: readonly PlannedAcl[]): Change {
  // Rules on a deleted resource affect no other team. Rules on a resource that stays do.
  const felt =
    !followsConsumers(principal) &&
    rules.some(({ resourceType, resourceName }) => resourceType === "Topic" && pair.after.planned.has(resourceName));
  return {
    kind: "access-lost",
    object: principal,
    hazard: felt ? "approval" : "safe",
    effects: describeRules(rules),
    reviewers: felt ? sortedSet([teamOf(pair.before, principal)]) : [],
  };
}

/**
 * Returns whether a principal's rights follow from the declared consumers. The approval of a consumer includes the
 * approval of replays of its dead-letter records.
 */
function followsConsumers(principal: string): boolean {
  return principal === replayerPrincipal;
}

function ownersOfRules(state: PlatformState, rules: readonly PlannedAcl[]): string[] {
  return sortedSet(
    rules.flatMap(({ resourceType, resourceName }) =>
      resourceType === "Topic" ? (state.planned.get(resourceName)?.owner ?? []) : [],
    ),
  ).filter((owner) => owner !== platformTeam);
}

/** Returns one text per resource: `Read, Describe on topic order-events`. */
export function describeRules(rules: readonly PlannedAcl[]): string[] {
  const byResource = Map.groupBy(
    rules,
    ({ resourceType, resourceName, pattern }) =>
      `${nouns[resourceType]} ${resourceName}${pattern === "Prefixed" ? "*" : ""}`,
  );
  return sortedSet(
    [...byResource].map(
      ([resource, same]) => `${sortedSet(same.map(({ operation }) => operation)).join(", ")} on ${resource}`,
    ),
  );
}

const nouns: Readonly<Record<PlannedAcl["resourceType"], string>> = {
  Topic: "topic",
  Group: "group",
  TransactionalID: "transactional id",
  Cluster: "cluster",
};
