import { compareText } from "../../model/problems/problem.ts";
import { formatDuration } from "../../model/values/duration.ts";
import { deadLetterTopicName, retryTopicName } from "../../model/values/names.ts";
import { registryGrants, registryPrincipal } from "../registry.ts";
import type { Topology } from "../topology.ts";
import type { AclOperation, AclResourceType, PlannedAcl, PlannedPrincipal } from "../types.ts";
import { auditorGrants, auditorPrincipal } from "./auditor.ts";
import { replayerPrincipal } from "./replayer.ts";

/**
 * Returns the principals that log in with SCRAM, sorted: each service with access to Kafka, the registry, the auditor
 * and the replayer.
 */
export function planPrincipals(topology: Topology): PlannedPrincipal[] {
  const services = topology.services.map((name): PlannedPrincipal => ({ name, kind: "service" }));
  const platform = [registryPrincipal, auditorPrincipal, replayerPrincipal].map(
    (name): PlannedPrincipal => ({ name, kind: "platform" }),
  );
  return [...services, ...platform].sort((a, b) => compareText(a.name, b.name));
}

/**
 * Returns all allow rules, sorted by key. A rule that follows from several declarations appears once, with all its
 * reasons.
 */
export function planAccess(topology: Topology): PlannedAcl[] {
  const rules = new Map<string, { acl: Omit<PlannedAcl, "reason">; reasons: Set<string> }>();
  const allow = (
    principal: string,
    operations: readonly AclOperation[],
    resourceType: AclResourceType,
    resourceName: string,
    reason: string,
    pattern: PlannedAcl["pattern"] = "Literal",
  ): void => {
    for (const operation of operations) {
      const key = aclKey({ principal, operation, resourceType, resourceName, pattern });
      const rule = rules.get(key) ?? {
        acl: { key, principal, operation, resourceType, resourceName, pattern },
        reasons: new Set<string>(),
      };
      rule.reasons.add(reason);
      rules.set(key, rule);
    }
  };

  for (const [service, written] of topology.productions) {
    for (const { topic, producer } of written) {
      allow(service, ["Write", "Describe"], "Topic", topic.name, `${service} produces to ${topic.name}`);
      // Each instance has its own transactional id, so the rule cannot be literal. The dot keeps the prefix within the
      // service's own names.
      if (producer.transactional === true)
        allow(
          service,
          ["Write", "Describe"],
          "TransactionalID",
          transactionalIdPrefix(service),
          `${service} writes to ${topic.name} in transactions`,
          "Prefixed",
        );
    }
  }
  for (const group of topology.groups.values()) {
    const { service } = group;
    for (const { topic } of group.consumptions) {
      allow(service, ["Read", "Describe"], "Topic", topic.name, `${service} consumes ${topic.name}`);
      allow(service, ["Read", "Describe"], "Group", service, `${service} consumes ${topic.name}`);
      allow(replayerPrincipal, ["Write", "Describe"], "Topic", topic.name, `replaying dead letters of ${service}`);
    }
    // The service also needs Read, because it replays its own dead-letter records.
    allow(service, ["Write", "Describe", "Read"], "Topic", deadLetterTopicName(service), `dead letters of ${service}`);
    for (const delay of group.retryDelays) {
      allow(
        service,
        ["Write", "Describe", "Read"],
        "Topic",
        retryTopicName(service, formatDuration(delay)),
        `${service} retries after ${formatDuration(delay)}`,
      );
    }
  }
  for (const { operations, resourceType, resourceName, pattern } of registryGrants) {
    allow(registryPrincipal, operations, resourceType, resourceName, "storage of the schema registry", pattern);
  }
  for (const { operations, resourceType, resourceName } of auditorGrants) {
    allow(
      auditorPrincipal,
      operations,
      resourceType,
      resourceName,
      "looking at the cluster for drift, without changing it",
    );
  }

  return [...rules.values()]
    .map(({ acl, reasons }) => ({ ...acl, reason: [...reasons].sort(compareText).join("; ") }))
    .sort((a, b) => compareText(a.key, b.key));
}

/** Returns the prefix of a service's transactional ids. */
export function transactionalIdPrefix(service: string): string {
  return `${service}.`;
}

/** Returns the content key of a rule. The key of a prefix rule ends in `*`, a character that Kafka allows in no name. */
export function aclKey(
  acl: Pick<PlannedAcl, "principal" | "operation" | "resourceType" | "resourceName" | "pattern">,
): string {
  return `${acl.principal}/${acl.operation}/${acl.resourceType}/${acl.resourceName}${acl.pattern === "Prefixed" ? "*" : ""}`;
}
