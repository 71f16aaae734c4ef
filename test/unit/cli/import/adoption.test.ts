import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adoptedFiles } from "../../../../cli/import/adopted-files.ts";
import type { Adoption, AdoptionRequest } from "../../../../cli/import/adoption.ts";
import { adopt } from "../../../../cli/import/adoption.ts";
import { expectRead } from "../../../../components/model/read.ts";
import type { StackSettings } from "../../../../components/model/stack/stack.ts";
import {
  importedRecordDoc,
  importedTopicDescription,
} from "../../../../components/model/topics/import-placeholders.ts";
import { readTopics } from "../../../../components/model/topics/read-topics.ts";
import { findDrift } from "../../../../components/plan/drift.ts";
import type { LiveAcl, LivePlatform, LiveTopic } from "../../../../components/plan/live.ts";
import { planPlatform } from "../../../../components/plan/plan.ts";
import type { PlatformPlan } from "../../../../components/plan/types.ts";
import { checkDeclaration } from "../../../../policies/check.ts";
import { stackSettings } from "../../kubernetes/strimzi-input.ts";
import { stackWith } from "../../plan/sample-models.ts";

const STACK = "config:\n  event-platform:platform:\n    substrate: local\n";
const none: ReadonlySet<string> = new Set();
const empty: LivePlatform = { topics: [], acls: [], quotas: [], users: [], subjects: [] };
const usual = {
  "cleanup.policy": "delete",
  "compression.type": "lz4",
  "max.message.bytes": "1000000",
  "min.insync.replicas": "2",
  "retention.ms": "604800000",
};
const topic = (name: string, more: Partial<LiveTopic> = {}): LiveTopic => ({
  name,
  partitions: 6,
  replicas: { least: 3, most: 3 },
  config: usual,
  inherited: {},
  ...more,
});
const may = (service: string, operation: string, resourceName: string, more: Partial<LiveAcl> = {}): LiveAcl => ({
  principal: `User:${service}`,
  host: "*",
  operation,
  permission: "Allow",
  resourceType: "Topic",
  resourceName,
  pattern: "Literal",
  ...more,
});
const record = (name: string): string =>
  JSON.stringify({ type: "record", name, namespace: "com.example", fields: [{ name: "id", type: "string" }] });
const subject = (name: string, schema: string, schemaType = "AVRO") => ({ name, schema, schemaType });

function adoption(live: Partial<LivePlatform>, more: Partial<AdoptionRequest> = {}): Adoption {
  return adopt({
    live: { ...empty, ...live },
    stack: stackWith(),
    wanted: () => true,
    takeOverUsers: false,
    declared: { topics: none, events: none, records: none, types: new Map(), services: none },
    ...more,
  });
}

/** The plan of what was derived, read back from its files. */
function planOf(adopted: Adoption, stack: StackSettings): PlatformPlan {
  const { created } = adoptedFiles(adopted.topics, { domains: [] }, [], "billing");
  return planPlatform(
    expectRead(readTopics(created.map(({ path, content }) => ({ path, text: String(content) })))),
    stack,
  );
}

describe("adopting a topic", () => {
  it.each<[string, Partial<LiveTopic>, Record<string, string>]>([
    ["with the stack's own settings says nothing of them", {}, {}],
    [
      "says what is set on it",
      {
        config: {
          ...usual,
          "retention.ms": "86400000",
          "retention.bytes": "1073741824",
          "cleanup.policy": "delete,compact",
        },
      },
      { retention: "1d", retentionBytes: "1GiB", cleanup: "compact,delete" },
    ],
    [
      "says what it inherits from a broker that differs from the stack",
      {
        config: {},
        inherited: {
          "retention.ms": { value: "-1", source: "broker" },
          "compression.type": { value: "producer", source: "default" },
        },
      },
      { retention: "forever", compression: "producer" },
    ],
    [
      "says other replicas",
      { replicas: { least: 5, most: 5 }, config: { ...usual, "min.insync.replicas": "3" } },
      { replicationFactor: "5", minInsyncReplicas: "3" },
    ],
    [
      "says how long tombstones stay, and the largest message",
      { config: { ...usual, "delete.retention.ms": "3600000", "max.message.bytes": "2097152" } },
      { tombstoneRetention: "1h", maxMessage: "2MiB" },
    ],
    [
      "says nothing of segments that it only inherits, nor of those that the kit would set",
      {
        config: { ...usual, "segment.ms": "100800000" },
        inherited: { "segment.bytes": { value: "5000000", source: "broker" } },
      },
      {},
    ],
    [
      "says which segments are set on it",
      {
        config: {
          ...usual,
          "segment.ms": "3600000",
          "segment.bytes": "134217728",
          "message.timestamp.type": "LogAppendTime",
        },
      },
      { segmentAge: "1h", segmentSize: "128MiB", timestampType: "LogAppendTime" },
    ],
    [
      "says how it is compacted",
      {
        config: {
          ...usual,
          "cleanup.policy": "compact",
          "min.compaction.lag.ms": "60000",
          "max.compaction.lag.ms": "86400000",
          "min.cleanable.dirty.ratio": "0.30",
        },
      },
      { cleanup: "compact", minCompactionLag: "1m", maxCompactionLag: "1d", dirtyRatio: "0.3" },
    ],
  ])("%s", (_what, more, settings) => {
    expect(adoption({ topics: [topic("billing-events", more)] }).topics[0]?.settings).toEqual(settings);
  });

  it.each<[string, LiveTopic, RegExp]>([
    ["Kafka's own", topic("kafkasql-journal"), /belong to Kafka or the registry/],
    ["a dead-letter topic", topic("billing-service.dlt"), /derived from a consumer/],
    ["one whose replicas move", topic("billing-events", { replicas: { least: 2, most: 3 } }), /reassignment/],
  ])("leaves out %s", (_what, live, reason) => {
    const { topics, leftOut } = adoption({ topics: [live] });
    expect({ topics, reason: leftOut[0]?.reason }).toEqual({
      topics: [],
      reason: expect.stringMatching(reason) as string,
    });
  });

  it("leaves out what no declared number of partitions gives in a small environment, and finds the number where there is one", () => {
    const { topics, leftOut } = adoption(
      { topics: [topic("a-one", { partitions: 7 }), topic("a-two", { partitions: 10 })] },
      { stack: stackWith({ topics: { partitionFactor: 5 } }) },
    );
    expect(topics.map(({ name, partitions }) => [name, partitions])).toEqual([["a-two", 2]]);
    expect(leftOut.map(({ object }) => object)).toEqual(["a-one"]);
  });

  it("takes events from its subjects, by either naming, and a placeholder where there is none", () => {
    const { topics, notes } = adoption({
      topics: [topic("billing-events"), topic("audit.log"), topic("clicks")],
      subjects: [
        subject("billing-events-com.example.InvoiceSent", record("InvoiceSent")),
        subject("billing-events-com.example.InvoicePaid", record("InvoicePaid")),
        subject("audit.log-value", record("AuditEntry")),
        subject("clicks-value", "{}", "JSON"),
      ],
    });
    expect(
      topics.map(({ name, domain, events }) => [
        name,
        domain,
        events.map(({ type, schemaPath }) => `${type} ${schemaPath}`),
      ]),
    ).toEqual([
      ["audit.log", "audit", ["audit.entry schemas/audit/AuditEntry.avsc"]],
      [
        "billing-events",
        "billing",
        ["invoice.paid schemas/billing/InvoicePaid.avsc", "invoice.sent schemas/billing/InvoiceSent.avsc"],
      ],
      ["clicks", "clicks", ["clicks.clicks schemas/clicks/Clicks.avsc"]],
    ]);
    expect(notes.join("\n")).toMatch(/audit\.log-value will also be registered as audit\.log-com\.example\.AuditEntry/);
    expect(notes.join("\n")).toMatch(/clicks-value holds no Avro record \(JSON\)/);
    expect(notes.join("\n")).toMatch(/clicks: the registry has no schema/);
  });

  it("never gives one record or event type to two topics", () => {
    const { topics, leftOut } = adoption({
      topics: [topic("a-one"), topic("b-two")],
      subjects: [subject("a-one-value", record("ThingMade")), subject("b-two-value", record("ThingMade"))],
    });
    expect(topics.map(({ name }) => name)).toEqual(["a-one"]);
    expect(leftOut).toEqual([{ object: "b-two", reason: expect.stringContaining("com.example.ThingMade") as string }]);
  });

  it("takes writers and readers from the rules, and says of which it could not", () => {
    const { topics, notes } = adoption({
      topics: [topic("billing-events"), topic("billing-notes")],
      acls: [
        may("billing-service", "Write", "billing-", { pattern: "Prefixed" }),
        may("report-service", "Read", "billing-events"),
        may("report-service", "Describe", "billing-events"),
        may("mallory", "Read", "billing-events", { permission: "Deny" }),
        may("backup", "Read", "*"),
        may("CN=old,O=x", "All", "billing-notes"),
        may("platform-auditor", "Read", "billing-events"),
      ],
      quotas: [
        { entity: { user: "billing-service" }, values: { producer_byte_rate: 1_048_576 } },
        { entity: { user: "report-service", "client-id": "x" }, values: { consumer_byte_rate: 5 } },
      ],
    });
    expect(topics.map(({ name, producers, consumers }) => ({ name, producers, consumers }))).toEqual([
      {
        name: "billing-events",
        producers: [{ service: "billing-service", quota: "1MiB/s" }],
        consumers: [{ service: "report-service" }],
      },
      // Quotas of one service add up over its topics, so the second says none.
      { name: "billing-notes", producers: [{ service: "billing-service" }], consumers: [] },
    ]);
    for (const words of [/Deny User:mallory/, /User:backup Read on \*/, /CN=old,O=x/])
      expect(notes.join("\n")).toMatch(words);
    expect(notes.join("\n")).not.toMatch(/platform-auditor/);
  });

  it("declares nobody whose password it can't know, unless that is asked for", () => {
    const live = {
      topics: [topic("billing-events")],
      acls: [may("billing-service", "Write", "billing-events"), may("tls-service", "Write", "billing-events")],
      users: [{ name: "billing-service", credentials: [] }],
    };
    const services = (adopted: Adoption) => adopted.topics[0]?.producers.map(({ service }) => service);
    expect(services(adoption(live))).toEqual(["tls-service"]);
    expect(adoption(live).notes.join()).toMatch(/billing-service has a password.*--take-over-users/);
    expect(services(adoption(live, { takeOverUsers: true }))).toEqual(["billing-service", "tls-service"]);
  });

  it("says what is in remote storage, where the stack has it", () => {
    const live = {
      topics: [
        topic("billing-events", {
          config: { ...usual, "remote.storage.enable": "true", "local.retention.ms": "86400000" },
        }),
      ],
    };
    const stack = stackSettings({
      kafka: { remoteStorage: { className: "com.example.Store", classPath: "/opt/plugin/*", cidrs: ["10.0.0.0/8"] } },
    });
    expect(adoption(live, { stack }).topics[0]?.settings).toEqual({ remoteStorage: "enabled", localRetention: "1d" });
    expect(adoption(live).topics[0]?.settings).toEqual({});
    expect(adoption(live).notes.join("\n")).toMatch(/the stack declares no remote storage/);
  });

  it("tells of settings that no file can say", () => {
    const { notes } = adoption({
      topics: [
        topic("billing-events", {
          config: {
            ...usual,
            "segment.ms": "1000",
            "segment.bytes": "2147483647",
            "min.cleanable.dirty.ratio": "0.5",
            "flush.ms": "60000",
            "max.message.bytes": "20000000",
            "retention.ms": "0",
          },
        }),
      ],
    });
    expect(notes.join("\n")).toMatch(/flush\.ms is set on the topic.*the next `up` removes it/);
    expect(notes.join("\n")).toMatch(/segment\.ms is 1000; the files allow 1m to 365d/);
    expect(notes.join("\n")).toMatch(/segment\.bytes is 2147483647; the files allow 1MiB to 2GB/);
    expect(notes.join("\n")).toMatch(/dirty\.ratio is 0\.5; the topic is not compacted/);
    expect(notes.join("\n")).toMatch(/max\.message\.bytes is 20000000/);
    expect(notes.join("\n")).toMatch(/retention\.ms is 0/);
  });

  it("gives a plan that has every topic as it is, whatever it is", () => {
    const values = fc.record({
      partitions: fc.integer({ min: 1, max: 300 }),
      factor: fc.integer({ min: 2, max: 5 }),
      retention: fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 4_000_000_000_000 })),
      cleanup: fc.constantFrom("delete", "compact", "delete,compact", "compact,delete"),
      message: fc.integer({ min: 1_024, max: 10 * 2 ** 20 }),
      compression: fc.constantFrom("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
      bytes: fc.option(fc.integer({ min: 0, max: 2 ** 45 }), { nil: undefined }),
      quota: fc.integer({ min: 1, max: 2 ** 40 }),
      age: fc.integer({ min: 60_000, max: 365 * 86_400_000 }),
      size: fc.integer({ min: 2 ** 20, max: 2e9 }),
    });
    // What a file can say; a retention of less than a minute takes what the kit sets.
    const ageOf = (cleanup: string, retention: number, age: number): number =>
      !cleanup.includes("delete") || retention < 0 ? age : retention < 60_000 ? 300_000 : Math.min(age, retention);
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), (samples) => {
        const stack = stackWith();
        const live: LivePlatform = {
          ...empty,
          topics: samples.map(
            ({ partitions, factor, retention, cleanup, message, compression, bytes, age, size }, index) =>
              topic(`part${index}-events`, {
                partitions,
                replicas: { least: factor, most: factor },
                config: {
                  "cleanup.policy": cleanup,
                  "compression.type": compression,
                  "max.message.bytes": String(message),
                  "min.insync.replicas": String(factor - 1),
                  "retention.ms": String(retention),
                  "segment.ms": String(ageOf(cleanup, retention, age)),
                  "segment.bytes": String(Math.max(size, message)),
                  ...(bytes === undefined ? {} : { "retention.bytes": String(bytes) }),
                },
              }),
          ),
          acls: samples.flatMap((_, index) => [
            may(`writer-${index}`, "Write", `part${index}-events`),
            may("reader", "Read", `part${index}-events`),
          ]),
          quotas: samples.map(({ quota }, index) => ({
            entity: { user: `writer-${index}` },
            values: { producer_byte_rate: quota },
          })),
        };
        const adopted = adopt({
          live,
          stack,
          wanted: () => true,
          takeOverUsers: false,
          declared: { topics: none, events: none, records: none, types: new Map(), services: none },
        });
        const names = new Set(live.topics.map(({ name }) => name));
        const wrong = findDrift(planOf(adopted, stack), live).filter(
          ({ kind, object, class: what }) =>
            (kind === "topic" && names.has(object)) ||
            (kind === "quota" && what === "differs") ||
            (kind === "acl" && what === "undeclared"),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

it("leaves placeholders that the rules remind of, until somebody has said what the records mean", () => {
  const { created } = adoptedFiles(
    adoption({ topics: [topic("billing-events")] }).topics,
    { domains: [] },
    [],
    "billing",
  );
  const warnings = (change: (text: string) => string): string[] =>
    checkDeclaration({
      files: created.map(({ path, content }) => ({ path, text: change(String(content)) })),
      stack: { path: "stacks/Pulumi.prod.yaml", text: STACK },
      today: "2026-11-26",
    })
      .findings.filter(({ rule }) => rule === "imported-placeholder")
      .map(({ file, line, message }) => `${file}:${line} ${message}`);
  expect(warnings((text) => text)).toEqual([
    "topics/billing.yaml:7 the description is still the placeholder of the import",
    "topics/billing.yaml:10 the schema is still the placeholder of the import",
  ]);
  expect(
    warnings((text) =>
      text
        .replace(importedTopicDescription, "What was billed to whom.")
        .replace(importedRecordDoc, "An invoice was sent."),
    ),
  ).toEqual([]);
});
