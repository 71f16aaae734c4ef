import * as z from "zod";
import { compareText } from "../../../components/model/problems/problem.ts";
import { isDerivedTopicName, platformPrincipals } from "../../../components/model/values/names.ts";
import { anyResource, auditorGrants, auditorPrincipal } from "../../../components/plan/access/auditor.ts";
import type { AclFacts, ClusterFacts } from "../../facts.ts";
import { type Breach, type Rule, rule, ruleWith } from "../../rule.ts";

interface AclProps {
  readonly principal?: string;
  readonly operation?: string;
  readonly type?: string;
  readonly resource: string;
  readonly pattern?: string;
  readonly permission?: string;
}

/** Returns an ACL as a resource, for examples. */
function acl({
  principal = "order-service",
  operation = "Write",
  type = "Topic",
  resource,
  pattern = "Literal",
  permission = "Allow",
}: AclProps): string {
  return `- {type: kafka:index/acl:Acl, name: example-${operation}-${type}, props: {aclPrincipal: "User:${principal}", aclHost: "*", aclOperation: ${operation}, aclPermissionType: ${permission}, aclResourceType: ${type}, aclResourceName: "${resource}", resourcePatternTypeFilter: ${pattern}}}`;
}

export const good = acl({ resource: "order-events" });
const exempt = z
  .array(z.string())
  .default([...platformPrincipals])
  .meta({ description: "Principals that are not judged." });
const administration: ReadonlySet<string> = new Set([
  "Create",
  "Delete",
  "Alter",
  "AlterConfigs",
  "ClusterAction",
  "CreateTokens",
  "DescribeTokens",
]);

/** Returns an ACL as text. */
function inWords({ principal, operation, resourceType, resourceName, pattern }: AclFacts): string {
  return `${principal ?? "?"} may ${operation ?? "?"} ${resourceType ?? "?"} ${resourceName ?? "?"}${pattern === "Prefixed" ? "*" : ""}`;
}

/** Returns whether a name is the service's own: equal to it, or continued after a dot or dash. */
function isOwnName(name: string, principal: string): boolean {
  return name === principal || name.startsWith(`${principal}.`) || name.startsWith(`${principal}-`);
}

/** Returns whether a wildcard ACL is one of the auditor's, which shows names and settings, and no records. */
function isAuditorsView({ principal, operation, resourceType }: AclFacts): boolean {
  return (
    principal === auditorPrincipal &&
    auditorGrants.some(
      (grant) =>
        grant.resourceName === anyResource &&
        grant.resourceType === resourceType &&
        grant.operations.some((allowed) => allowed === operation),
    )
  );
}

/** Rules on ACLs. */
export const aclRules: readonly Rule[] = [
  rule({
    id: "acl-wildcard",
    subject: "access",
    level: "error",
    summary: "No ACL applies to every principal, every resource or every operation.",
    rationale:
      "One such ACL defeats all others, and stays unnoticed until data is lost. Only the platform's auditor may see the names and settings of all topics, but no records.",
    wrong: { resources: acl({ principal: "*", operation: "Read", resource: "order-events" }) },
    right: { resources: good },
    checks: () => ({
      acl(rule) {
        if (rule.principal === "*") return { message: `${inWords(rule)}: every principal`, fix: "name the service" };
        if (rule.resourceName === "*" && !isAuditorsView(rule))
          return {
            message: `${inWords(rule)}: every ${rule.resourceType ?? "resource"}`,
            fix: "name the topic or group",
          };
        if (rule.operation === "All")
          return { message: `${inWords(rule)}: every operation`, fix: "name the operations that are needed" };
        return undefined;
      },
    }),
  }),
  rule({
    id: "acl-deny",
    subject: "access",
    level: "warning",
    summary: "ACLs only allow; no ACL denies.",
    rationale: "Kafka denies everything that is not allowed. A deny rule hides why something else does not work.",
    wrong: { resources: acl({ resource: "order-events", permission: "Deny" }) },
    right: { resources: good },
    checks: () => ({
      acl: (rule) =>
        rule.permission === "Deny"
          ? { message: `an ACL denies: ${inWords(rule)}`, fix: "delete it, and the ACL that allows too much" }
          : undefined,
    }),
  }),
  ruleWith({
    id: "acl-prefixed",
    subject: "access",
    level: "error",
    summary: "A prefixed ACL covers only the principal's own names.",
    rationale: "A service that creates a topic with this prefix shares it without knowing.",
    parameters: z.strictObject({ exempt }),
    wrong: { resources: acl({ operation: "Read", resource: "order-", pattern: "Prefixed" }) },
    right: { resources: acl({ type: "TransactionalID", resource: "order-service.", pattern: "Prefixed" }) },
    checks: ({ exempt: free }) => ({
      acl(rule) {
        const { principal, pattern, resourceName } = rule;
        if (
          principal === undefined ||
          resourceName === undefined ||
          pattern !== "Prefixed" ||
          free.includes(principal) ||
          isOwnName(resourceName, principal)
        )
          return undefined;
        return {
          message: `${inWords(rule)}: the prefix goes beyond the service's own names`,
          fix: "name each topic or group",
        };
      },
    }),
  }),
  ruleWith({
    id: "acl-prefix-overlap",
    subject: "access",
    level: "error",
    summary: "No prefixed ACL covers resources of another principal.",
    rationale:
      "A parent prefix silently grants access to its children: dead-letter topics, groups and topics of other services.",
    parameters: z.strictObject({
      exempt: z.array(z.string()).default([]).meta({ description: "Principals whose prefixes may overlap." }),
    }),
    wrong: {
      resources: `${acl({ operation: "Read", resource: "order-service.", pattern: "Prefixed" })}\n${acl({ principal: "order-service-audit", operation: "Write", type: "Topic", resource: "order-service.audit" })}`,
    },
    right: {
      resources: `${acl({ operation: "Read", resource: "order-service.", pattern: "Prefixed" })}\n${acl({ principal: "audit-service", operation: "Write", type: "Topic", resource: "audit-service.log" })}`,
    },
    checks: ({ exempt: free }) => ({ cluster: (cluster) => overlaps(cluster, free) }),
  }),
  ruleWith({
    id: "acl-administration",
    subject: "access",
    level: "error",
    summary: "Services don't create, delete or change topics, groups or the cluster.",
    rationale:
      "Topics are declared in files, with an owner and a review; a topic that a service creates gets the broker's defaults.",
    parameters: z.strictObject({ exempt }),
    wrong: { resources: acl({ operation: "Create", resource: "order-events" }) },
    right: { resources: good },
    checks: ({ exempt: free }) => ({
      acl(rule) {
        const { principal, operation } = rule;
        if (
          principal === undefined ||
          operation === undefined ||
          free.includes(principal) ||
          !administration.has(operation)
        )
          return undefined;
        return {
          message: `${inWords(rule)}: this is an administrative operation`,
          fix: "delete the ACL; declare the topic in topics/",
        };
      },
    }),
  }),
  rule({
    id: "no-self-grant",
    subject: "access",
    level: "error",
    summary: "No principal can grant itself access.",
    rationale: "A principal that may alter the cluster may write ACLs, and can bypass the declaration.",
    wrong: { resources: acl({ operation: "Alter", type: "Cluster", resource: "kafka-cluster" }) },
    right: { resources: good },
    checks: () => ({
      acl(rule) {
        const { operation, resourceType } = rule;
        if (
          resourceType !== "Cluster" ||
          !(operation === "Alter" || operation === "All" || operation === "AlterConfigs")
        )
          return undefined;
        return {
          message: `${inWords(rule)}: it could grant itself anything`,
          fix: "delete the ACL; the administrator is a super user by certificate",
        };
      },
    }),
  }),
  rule({
    id: "acl-foreign-dead-letters",
    subject: "access",
    level: "error",
    summary: "Only the group itself uses its dead-letter and retry topics.",
    rationale: "They contain copies of records from every topic that the group consumes, without those topics' ACLs.",
    wrong: { resources: acl({ operation: "Read", resource: "payment-service.dlt" }) },
    right: { resources: acl({ operation: "Read", resource: "order-service.dlt" }) },
    checks: () => ({
      acl(rule) {
        const { principal, resourceType, resourceName } = rule;
        if (
          principal === undefined ||
          resourceName === undefined ||
          resourceType !== "Topic" ||
          !isDerivedTopicName(resourceName) ||
          resourceName.startsWith(`${principal}.`)
        )
          return undefined;
        return {
          message: `${inWords(rule)}: this dead-letter or retry topic belongs to another group`,
          fix: "replay its records through their own service (kit dlt)",
        };
      },
    }),
  }),
  ruleWith({
    id: "group-name",
    subject: "access",
    level: "error",
    summary: "A consumer group's name begins with the name of its service.",
    rationale:
      "Lag, quotas and dead-letter records are assigned by the group's name; a group with another name has no owner.",
    parameters: z.strictObject({ exempt }),
    wrong: { resources: acl({ operation: "Read", type: "Group", resource: "my-group" }) },
    right: { resources: acl({ operation: "Read", type: "Group", resource: "order-service" }) },
    checks: ({ exempt: free }) => ({
      acl(rule) {
        const { principal, resourceType, resourceName } = rule;
        if (
          principal === undefined ||
          resourceName === undefined ||
          resourceType !== "Group" ||
          free.includes(principal) ||
          isOwnName(resourceName, principal)
        )
          return undefined;
        return {
          message: `the name of the group ${resourceName} does not begin with that of its service ${principal}`,
          fix: `call it ${principal}`,
        };
      },
    }),
  }),
  ruleWith({
    id: "acl-undeclared",
    subject: "access",
    level: "error",
    summary: "Access to a declared topic is declared in the topic's file.",
    rationale: "The owning team approves producers and consumers; an ACL from elsewhere bypasses it.",
    parameters: z.strictObject({ exempt }),
    wrong: { resources: acl({ principal: "spy-service", operation: "Read", resource: "order-events" }) },
    right: { resources: good },
    checks: ({ exempt: free }) => ({
      acl(rule, { declarationOf }) {
        const { principal, operation, resourceType, resourceName } = rule;
        if (
          principal === undefined ||
          resourceName === undefined ||
          resourceType !== "Topic" ||
          free.includes(principal)
        )
          return undefined;
        const topic = declarationOf(resourceName);
        if (topic === undefined) return undefined;
        const among =
          operation === "Write"
            ? topic.producers
            : operation === "Read"
              ? topic.consumers
              : [...topic.producers, ...topic.consumers];
        if (among.some(({ service }) => service === principal)) return undefined;
        return {
          message: `${inWords(rule)}, which ${topic.source.file} does not declare`,
          fix: `add ${principal} to the topic's ${operation === "Write" ? "producers" : "consumers"}, or delete the ACL`,
        };
      },
    }),
  }),
];

/** Returns the prefixed ACLs that cover names of another principal: names that it may use, or that start with its name. */
function overlaps({ acls, users }: ClusterFacts, free: readonly string[]): Breach[] {
  const prefixed = acls.filter(
    ({ pattern, principal }) => pattern === "Prefixed" && principal !== undefined && !free.includes(principal),
  );
  if (prefixed.length === 0) return [];
  const principals = new Set(
    [...acls.map(({ principal }) => principal), ...users.map(({ name }) => name)].filter((name) => name !== undefined),
  );
  const owned = [
    ...acls.flatMap(({ principal, resourceName }) =>
      principal === undefined || resourceName === undefined ? [] : [{ name: resourceName, principal }],
    ),
    ...[...principals].map((principal) => ({ name: principal, principal })),
  ].sort((a, b) => compareText(a.name, b.name));
  const breaches = new Map<string, Breach>();
  for (const { principal = "", resourceName, ...rule } of prefixed) {
    if (resourceName === undefined || breaches.has(`${principal} ${resourceName}`)) continue;
    // In a list sorted by name, all names with one prefix are adjacent.
    for (let index = lowerBound(owned, resourceName); owned[index]?.name.startsWith(resourceName) === true; index++) {
      const victim = owned[index]?.principal;
      if (victim === undefined || victim === principal) continue;
      breaches.set(`${principal} ${resourceName}`, {
        message: `${inWords({ ...rule, principal, resourceName })}, which also covers resources of ${victim}`,
        fix: "name each topic or group",
        object: principal,
        at: rule.source,
      });
      break;
    }
  }
  return [...breaches.values()];
}

function lowerBound(sorted: readonly { readonly name: string }[], name: string): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareText(sorted[middle]?.name ?? "", name) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
