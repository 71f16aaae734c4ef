import { parse, stringify } from "yaml";
import { expectRead } from "../../../components/model/read.ts";
import { maxSourceBytes, type SourceFile } from "../../../components/model/source-file.ts";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import type { StackSettings } from "../../../components/model/stack/stack.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { catalogue } from "../../../policies/catalogue.ts";
import { type CheckResult, checkDeclaration } from "../../../policies/check.ts";
import { ActiveChecks, evaluate, findingsOf } from "../../../policies/evaluate.ts";
import type { ResourceFacts } from "../../../policies/facts.ts";
import type { Finding } from "../../../policies/finding.ts";
import { checkManifests, parseManifests } from "../../../policies/manifests.ts";
import { clusterOf, objectOf } from "../../../policies/resource-facts.ts";
import type { Example, Scope, TopicBefore } from "../../../policies/rule.ts";
import { readRuleSettings } from "../../../policies/rule-settings.ts";

/** The day on which the tests check. */
export const today = "2026-11-25";

type Tree = Record<string, unknown>;

/** A domain file that breaks no rule; examples are laid over it. */
const goodDomain = `
domain: order
owner: {team: checkout, contact: "#team-checkout"}
criticality: high
classification: confidential
services: [order-service, payment-service]
topics:
  order-events:
    description: The life of an order.
    partitions: 12
    retention: 7d
    key: orderId
    events:
      order.created: {schema: schemas/order/OrderCreated.avsc}
      order.confirmed: {schema: schemas/order/OrderConfirmed.avsc}
      order.cancelled: {schema: schemas/order/OrderCancelled.avsc}
    producers: {order-service: {quota: 5MiB/s}}
    consumers: {payment-service: {instances: 3, events: [order.created, order.confirmed, order.cancelled], quota: 5MiB/s}}
  payment-events:
    description: What became of a payment.
    partitions: 12
    retention: 7d
    key: orderId
    events:
      payment.processed: {schema: schemas/order/PaymentProcessed.avsc}
      payment.failed: {schema: schemas/order/PaymentFailed.avsc}
      payment.refunded: {schema: schemas/order/PaymentRefunded.avsc}
    producers: {payment-service: {quota: 5MiB/s}}
    consumers: {order-service: {instances: 3, events: [payment.processed, payment.failed, payment.refunded], quota: 5MiB/s}}
sagas:
  order:
    description: An order is paid, or cancelled.
    coordinator: order-service
    key: orderId
    starts: order.created
    succeeds: [order.confirmed]
    fails: [order.cancelled]
    timeout: 5m
    steps:
      payment:
        service: payment-service
        command: order.created
        success: [payment.processed]
        failure: [payment.failed]
        compensation: {command: order.cancelled, reply: payment.refunded}
`;

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lays a tree over another: null takes a field away, lists are replaced. */
export function overlay(base: unknown, over: unknown): unknown {
  if (!isTree(base) || !isTree(over)) return over;
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete merged[key];
    else merged[key] = overlay(merged[key] ?? (isTree(value) ? {} : undefined), value);
  }
  return merged;
}

function schemaOf(path: string): string {
  const name = /([^/]+)\.avsc$/.exec(path)?.[1] ?? "Unnamed";
  return JSON.stringify({
    type: "record",
    name,
    namespace: "com.example.events",
    doc: "An event.",
    fields: [{ name: "orderId", type: "string", doc: "Order." }],
  });
}

/** Text and schemas of an example's files; a schema called Missing is not there. */
export function filesOf(example: Example): SourceFile[] {
  const inTopic = example.topic === undefined ? {} : { topics: { "order-events": parse(example.topic) as unknown } };
  const text =
    example.file ??
    stringify(overlay(overlay(parse(goodDomain), inTopic), example.domain === undefined ? {} : parse(example.domain)), {
      lineWidth: 0,
    });
  const files: SourceFile[] = [{ path: "topics/order.yaml", text }];
  if (example.other !== undefined)
    files.push({ path: `topics/${/^domain: (.+)$/m.exec(example.other)?.[1] ?? "other"}.yaml`, text: example.other });
  const references = new Set(
    files.flatMap((file) =>
      "text" in file ? [...file.text.matchAll(/schemas\/[\w./-]+\.avsc/g)].map(([path]) => path) : [],
    ),
  );
  for (const path of references) {
    if (path.includes("Missing")) continue;
    files.push({
      path: `topics/${path}`,
      text:
        path === "schemas/order/OrderCreated.avsc" && example.schema !== undefined ? example.schema : schemaOf(path),
    });
  }
  return files;
}

/** The stack's file of an example: three zones of three brokers. */
export function stackFileOf(example: Example): SourceFile {
  const settings = overlay({ substrate: "local" }, example.stack === undefined ? {} : parse(example.stack));
  return { path: "stacks/Pulumi.local.yaml", text: stringify({ config: { "event-platform:platform": settings } }) };
}

/** The exceptions' file of an example. */
export function exceptionsOf(example: Example): SourceFile {
  return {
    path: "policies/exceptions.yaml",
    text:
      example.exceptions === undefined
        ? "exceptions: []\n"
        : `exceptions:\n${example.exceptions.replace(/^/gm, "  ")}\n`,
  };
}

/** An example's files before its change. */
export function beforeOf({ before }: Example): Map<string, TopicBefore> {
  return before === undefined
    ? new Map<string, TopicBefore>()
    : new Map([["order-events", parse(before) as TopicBefore]]);
}

/** Examples that no text shows, as files. */
export const proseFiles: Readonly<Record<string, { readonly files: SourceFile[]; readonly stack?: SourceFile }>> = {
  "file-unreadable": { files: [{ path: "topics/order.yaml", refused: "not-utf-8", detail: "bytes" }] },
  "file-too-large": {
    files: [{ path: "topics/order.yaml", refused: "too-large", detail: `${maxSourceBytes + 1} bytes` }],
  },
  "yaml-too-deep": { files: [{ path: "topics/order.yaml", text: `domain: ${"[".repeat(200)}` }] },
  "stack-settings-missing": {
    files: filesOf({}),
    stack: { path: "stacks/Pulumi.staging.yaml", refused: "not-found", detail: "ENOENT" },
  },
};

/** Checks what an example declares, as `kit check` does. */
export function checkExample(example: Example, rule = ""): CheckResult {
  const prose = example.prose === undefined ? undefined : proseFiles[rule];
  return checkDeclaration({
    files: prose?.files ?? filesOf(example),
    stack: prose?.stack ?? stackFileOf(example),
    exceptions: exceptionsOf(example),
    before: beforeOf(example),
    today,
  });
}

/** The settings of an example's stack. */
export function settingsOf(example: Example): StackSettings {
  return expectRead(
    parseStackSettings(overlay({ substrate: "local" }, example.stack === undefined ? {} : parse(example.stack))),
  );
}

/** What checks may look at, for an example of resources: the good domain is declared. */
export function scopeOf(example: Example): Scope {
  const model = expectRead(readTopics(filesOf({})));
  const declarations = new Map(model.domains.flatMap((domain) => domain.topics).map((topic) => [topic.name, topic]));
  const before = beforeOf(example);
  return {
    stack: settingsOf(example),
    today,
    declarationOf: (topic) => declarations.get(topic),
    before: (topic) => before.get(topic),
  };
}

/** An example's resources. */
export function resourcesOf(example: Example): ResourceFacts[] {
  const listed = parse(example.resources ?? "[]") as {
    type: string;
    name: string;
    props: Record<string, unknown>;
    protect?: boolean;
  }[];
  return listed.map(({ protect, ...resource }) => ({ ...resource, protect: protect ?? false }));
}

/** Judges an example's resources as the policy pack does, without an engine. */
export function judgeResources(example: Example): Finding[] {
  const resources = resourcesOf(example);
  const scope = scopeOf(example);
  const active = new ActiveChecks(readRuleSettings(catalogue, scope.stack.policies).settings);
  const single = resources.flatMap((resource) =>
    active
      .of("resource")
      .flatMap(({ rule, level, check }) =>
        findingsOf(rule, level, check(resource, scope), { file: resource.name, line: 1, column: 1 }, resource.name),
      ),
  );
  const manifests = resources.flatMap((resource) => {
    const object = objectOf(resource);
    return object?.kind === "manifest"
      ? [{ manifest: object.fact, source: { file: resource.name, line: 1, column: 1 } }]
      : [];
  });
  const none = {
    model: { domains: [] },
    plan: { topics: [], principals: [], acls: [], quotas: [], subjects: [], sharedSubjects: [], contracts: [] },
  };
  return [
    ...single,
    ...evaluate(active, none, clusterOf(resources), scope),
    ...checkManifests(active, manifests, scope),
  ];
}

/** Everything that an example's texts break. */
export function findingsOfExample(example: Example, rule: string): readonly Finding[] {
  if (example.resources !== undefined) return judgeResources(example);
  if (example.manifest !== undefined) {
    const scope = scopeOf(example);
    return checkManifests(
      new ActiveChecks(readRuleSettings(catalogue, scope.stack.policies).settings),
      parseManifests("example.yaml", example.manifest),
      scope,
    );
  }
  return checkExample(example, rule).findings;
}
