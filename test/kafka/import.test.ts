/** A cluster that others use too: what they made is adopted when that is asked for, and left alone otherwise. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AclOperations,
  AclPermissionTypes,
  ConfigResourceTypes,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DriftDocument } from "../../cli/drift/drift.ts";
import { kitJson, PROJECT_DIR, runKit } from "../platform/kit-command.ts";
import { copyProject } from "../platform/project-copy.ts";
import { statusFile, testPlatform } from "../platform/test-platform.ts";
import { adminClient, asAdmin, textProducer } from "./clients.ts";

const ADOPTED = "billing-events";
const FOREIGN = "foreign-notes";
const RECORD = {
  type: "record",
  name: "InvoiceSent",
  namespace: "com.example.billing",
  fields: [{ name: "invoiceId", type: "string" }],
};

interface Imported {
  readonly topics: readonly { readonly name: string; readonly settings: Readonly<Record<string, string>> }[];
  readonly created: readonly string[];
  readonly notes: readonly string[];
}

describe("what others made on the cluster", () => {
  const platform = testPlatform();
  const admin = adminClient(platform);
  const {
    endpoints: { registry },
  } = statusFile(platform);
  let project: Awaited<ReturnType<typeof copyProject>>;
  beforeAll(async () => {
    project = await copyProject();
    for (const topic of [ADOPTED, FOREIGN]) {
      await admin.createTopics({
        topics: [topic],
        partitions: 4,
        replicas: 3,
        configs: [
          { name: "retention.ms", value: "86400000" },
          { name: "segment.ms", value: "3600000" },
          { name: "flush.ms", value: "60000" },
        ],
      });
      await register(`${topic}-value`, { ...RECORD, name: topic === ADOPTED ? "InvoiceSent" : "NoteWritten" });
    }
    await admin.createAcls({
      creations: [
        rule("billing-service", ADOPTED, AclOperations.WRITE),
        rule("report-service", ADOPTED, AclOperations.READ),
        rule("somebody", FOREIGN, AclOperations.READ),
      ],
    });
    await admin.alterClientQuotas({
      entries: [
        {
          entities: [{ entityType: "user", entityName: "somebody" }],
          ops: [{ key: "consumer_byte_rate", value: 1_234_567, remove: false }],
        },
      ],
    });
    // Brokers that have just started have no producer ids to give yet.
    const producer = textProducer({ ...asAdmin(platform), retries: 40 });
    await producer.send({
      messages: [ADOPTED, FOREIGN].flatMap((topic) => ["one", "two"].map((value) => ({ topic, key: value, value }))),
    });
    await producer.close();
  }, 180_000);
  afterAll(async () => {
    try {
      // Back to what the clone under test declares, for the tests behind this one.
      const up = await runKit(platform, ["up"], { timeoutMs: 240_000 });
      expect(up.code, up.stderr).toBe(0);
      await admin.deleteTopics({
        topics: (await admin.listTopics()).filter((name) => name === ADOPTED || name === FOREIGN),
      });
      await admin.deleteAcls({
        filters: ["billing-service", "report-service", "somebody"].map((service) => ({
          resourceType: ResourceTypes.ANY,
          resourceName: null,
          resourcePatternType: ResourcePatternTypes.ANY,
          principal: `User:${service}`,
          host: null,
          operation: AclOperations.ANY,
          permissionType: AclPermissionTypes.ANY,
        })),
      });
      await admin.alterClientQuotas({
        entries: [
          {
            entities: [{ entityType: "user", entityName: "somebody" }],
            ops: [{ key: "consumer_byte_rate", remove: true }],
          },
        ],
      });
      for (const topic of [ADOPTED, FOREIGN]) await fetch(`${registry}/subjects/${topic}-value`, { method: "DELETE" });
    } finally {
      await admin.close();
      await project.remove();
    }
  }, 300_000);

  async function register(subject: string, schema: object): Promise<void> {
    const answer = await fetch(`${registry}/subjects/${subject}/versions`, {
      method: "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
    });
    expect(answer.status, await answer.clone().text()).toBe(200);
  }

  function rule(service: string, topic: string, operation: typeof AclOperations.READ | typeof AclOperations.WRITE) {
    return {
      resourceType: ResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${service}`,
      host: "*",
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    };
  }

  /** A topic with its id (a new one of the same name has another), partitions, own configuration and records. */
  async function topicAsIs(name: string): Promise<unknown> {
    const { topics } = await admin.metadata({ topics: [name], forceUpdate: true });
    const topic = topics.get(name);
    const [config] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: name, configurationKeys: null }],
    });
    const partitions = (topic?.partitions ?? []).map((_, partitionIndex) => ({ partitionIndex, timestamp: -1n }));
    const offsets = await admin.listOffsets({ topics: [{ name, partitions }] });
    return {
      id: topic?.id,
      partitions: partitions.length,
      own: (config?.configs ?? [])
        .filter(({ configSource }) => configSource === 1)
        .map(({ name: key, value }) => `${key}=${value ?? ""}`)
        .sort(),
      records: offsets
        .flatMap((listed) => listed.partitions.map(({ offset }) => Number(offset)))
        .reduce((sum, offset) => sum + offset, 0),
    };
  }

  /** Rules, quotas and subjects of those who are not the kit's. */
  async function restAsIs(): Promise<unknown> {
    const acls = await admin.describeAcls({
      filter: {
        resourceType: ResourceTypes.ANY,
        resourceName: null,
        resourcePatternType: ResourcePatternTypes.ANY,
        principal: "User:somebody",
        host: null,
        operation: AclOperations.ANY,
        permissionType: AclPermissionTypes.ANY,
      },
    });
    const quotas = await admin.describeClientQuotas({
      components: [{ entityType: "user", matchType: 0, match: "somebody" }],
      strict: true,
    });
    const subjects = await Promise.all(
      [ADOPTED, FOREIGN].map(async (topic) =>
        (await fetch(`${registry}/subjects/${topic}-value/versions/latest`)).text(),
      ),
    );
    return { acls, quotas, subjects };
  }

  it("is adopted as it is, records and all, and the run after that has nothing to do", async () => {
    const before = await topicAsIs(ADOPTED);
    const dry = await kitJson<Imported>(platform, ["import", "--topics", ADOPTED, "--team", "billing", "--dry-run"], {
      projectDir: project.dir,
    });
    expect(dry.topics).toMatchObject([{ name: ADOPTED, settings: { retention: "1d", segmentAge: "1h" } }]);
    expect(dry.created).toEqual(["topics/schemas/billing/InvoiceSent.avsc", "topics/billing.yaml"]);

    const imported = await kitJson<Imported>(platform, ["import", "--topics", ADOPTED, "--team", "billing"], {
      projectDir: project.dir,
    });
    expect(imported).toMatchObject({ topics: dry.topics, created: dry.created });
    expect(imported.notes.join("\n")).toContain("flush.ms");
    const file = readFileSync(join(project.dir, "topics/billing.yaml"), "utf8");
    expect(file).toContain("billing-service: {}");
    expect(file).toContain("report-service: {instances: 1, events: [invoice.sent]}");

    const up = await kitJson<{ changes: Record<string, number> }>(platform, ["up"], {
      projectDir: project.dir,
      timeoutMs: 240_000,
    });
    expect(up.changes.create).toBeGreaterThan(0);
    const after = await topicAsIs(ADOPTED);
    // What it inherited is now its own; what the files have no word for is gone, as the import had said.
    expect(after).toMatchObject({
      ...(before as object),
      own: expect.arrayContaining(["retention.ms=86400000", "segment.ms=3600000"]) as string[],
    });
    expect(after).not.toMatchObject({ own: expect.arrayContaining(["flush.ms=60000"]) as string[] });

    const again = await kitJson<{ changes: Record<string, number> }>(platform, ["up"], {
      projectDir: project.dir,
      timeoutMs: 240_000,
    });
    expect(Object.keys(again.changes).filter((operation) => operation !== "same")).toEqual([]);
    const drift = await runKit(platform, ["drift", "--json"], { projectDir: project.dir });
    const { deviations } = JSON.parse(drift.stdout) as DriftDocument;
    expect(deviations.filter(({ object, class: kind }) => object === ADOPTED && kind !== "undeclared")).toEqual([]);
  }, 600_000);

  it("and stays byte for byte as it was where nobody asked for it: after an adoption, a change and a run that takes it back", async () => {
    const before = { topic: await topicAsIs(FOREIGN), rest: await restAsIs() };
    const up = await runKit(platform, ["up"], { projectDir: PROJECT_DIR.replace(/\/$/, ""), timeoutMs: 240_000 });
    expect(up.code, up.stderr).toBe(0);
    expect(await admin.listTopics()).not.toContain(ADOPTED);
    expect({ topic: await topicAsIs(FOREIGN), rest: await restAsIs() }).toEqual(before);
  }, 600_000);
});
