import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DriftDocument } from "../../cli/drift/drift.ts";
import { loadModel } from "../../components/model/load.ts";
import { expectRead } from "../../components/model/read.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import { eventually } from "../platform/condition.ts";
import { PROJECT_DIR, runKit } from "../platform/kit-command.ts";
import type { TestKafka } from "../saga/servers/kafka.ts";
import { startKafka } from "../saga/servers/kafka.ts";

const TOPIC = ConfigResourceTypes.TOPIC;

describe("kit drift on a cluster that is not the platform's own", () => {
  let kafka: TestKafka;
  let admin: Admin;
  let plan: PlatformPlan;
  let stateDir: string;
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "kit-drift-"));
    kafka = await startKafka({
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "super.users": "User:ANONYMOUS",
    });
    admin = new Admin({ clientId: "test", bootstrapBrokers: [kafka.bootstrap], retries: 5, retryDelay: 300 });
    const { model, stack } = expectRead(await loadModel(PROJECT_DIR, "local"));
    plan = planPlatform(model, stack);
    for (const topic of plan.topics) {
      await admin.createTopics({
        topics: [topic.name],
        partitions: topic.partitions,
        replicas: 1,
        configs: Object.entries(topic.config).map(([name, value]) => ({ name, value })),
      });
    }
  });
  afterAll(async () => {
    await admin.close();
    await kafka.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  async function drift(
    ...args: readonly string[]
  ): Promise<{ code: number | null; document: DriftDocument; stderr: string }> {
    const { code, stdout, stderr } = await runKit({ stateDir, portBase: 24_000 }, [
      "drift",
      "--bootstrap",
      kafka.bootstrap,
      "--plaintext",
      "--json",
      ...args,
    ]);
    return { code, document: JSON.parse(stdout) as DriftDocument, stderr };
  }

  it("tells what differs, what is missing and what nobody declared, with few requests, and changes nothing", async () => {
    await admin.createTopics({ topics: ["foreign"], partitions: 2, replicas: 1 });
    await admin.incrementalAlterConfigs({
      resources: [
        {
          resourceType: TOPIC,
          resourceName: "order-events",
          configs: [
            { name: "retention.ms", configOperation: IncrementalAlterConfigOperationTypes.SET, value: "3600000" },
            { name: "segment.ms", configOperation: IncrementalAlterConfigOperationTypes.SET, value: "600000" },
            { name: "flush.ms", configOperation: IncrementalAlterConfigOperationTypes.SET, value: "600000" },
            { name: "compression.type", configOperation: IncrementalAlterConfigOperationTypes.DELETE },
          ],
        },
      ],
    });
    await admin.createAcls({
      creations: [
        {
          resourceType: ResourceTypes.TOPIC,
          resourceName: "order-events",
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: "User:mallory",
          host: "*",
          operation: AclOperations.READ,
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    });
    await admin.alterClientQuotas({
      entries: [
        {
          entities: [{ entityType: "user", entityName: "mallory" }],
          ops: [{ key: "producer_byte_rate", value: 1_000, remove: false }],
        },
      ],
    });

    // A change is acknowledged by the controller; the broker that is asked learns of it a moment later.
    const { code, document } = await eventually(
      "a node that shows the last change",
      async () => {
        const seen = await drift();
        const shown = ["segment.ms", "user mallory", "User:mallory may Read Topic order-events"].every((text) =>
          seen.document.deviations.some(({ field, object }) => field === text || object === text),
        );
        return shown ? seen : undefined;
      },
      60_000,
    );
    expect(code).toBe(1);
    expect(document.drifted).toBe(true);
    const about = (object: string) =>
      document.deviations
        .filter((deviation) => deviation.object === object && deviation.field !== "replicationFactor")
        .map(({ class: kind, field, declared, live }) => [kind, field, declared, live]);
    expect(about("order-events")).toEqual([
      ["differs", "compression.type", "lz4", "not set; producer from the default"],
      ["undeclared", "flush.ms", undefined, "600000"],
      ["differs", "retention.ms", "604800000", "3600000"],
      ["differs", "segment.ms", "100800000", "600000"],
    ]);
    expect(about("foreign")).toEqual([["undeclared", undefined, undefined, "2 partitions, 1 replicas"]]);
    expect(about("User:mallory may Read Topic order-events")).toEqual([
      ["undeclared", undefined, undefined, undefined],
    ]);
    expect(about("user mallory")).toEqual([["undeclared", undefined, undefined, "producer_byte_rate 1000"]]);
    expect(
      document.deviations
        .filter(({ class: kind, kind: what }) => kind === "missing" && what === "user")
        .map(({ object }) => object),
    ).toEqual(plan.principals.map(({ name }) => name));
    expect(document.summary.subjects).toBeNull();
    expect(document.requests).toBeLessThanOrEqual(5);

    const again = await drift();
    expect(again.document.deviations).toEqual(document.deviations);
  });

  it("counts only the classes that it is asked to, and exits 2 on bad options, 3 where nobody answers", async () => {
    expect((await drift("--fail-on", "undeclared")).code).toBe(1);
    const run = (...args: readonly string[]) => runKit({ stateDir, portBase: 24_000 }, ["drift", ...args]);
    expect((await run("--bootstrap", kafka.bootstrap, "--plaintext", "--fail-on", "everything")).code).toBe(2);
    expect((await run("--bootstrap", "nowhere")).code).toBe(2);
    expect((await run("--bootstrap", "127.0.0.1:99999", "--plaintext")).code).toBe(2);
    expect((await run("--bootstrap", kafka.bootstrap)).code).toBe(2);
    expect((await run("--bootstrap", kafka.bootstrap, "--plaintext", "--username", "somebody")).code).toBe(2);
    const nobody = await run("--bootstrap", "127.0.0.1:1", "--plaintext");
    expect(nobody).toMatchObject({ code: 3 });
    expect(nobody.stderr).toMatch(/KIT_SERVER_UNREACHABLE.*127\.0\.0\.1:1/u);
    const password = join(stateDir, "password");
    await writeFile(password, "very-secret-word");
    const refused = await run(
      "--bootstrap",
      kafka.bootstrap,
      "--plaintext",
      "--username",
      "somebody",
      "--password-file",
      password,
    );
    expect(refused.code).toBe(3);
    expect(`${refused.stdout}${refused.stderr}`).not.toContain("very-secret-word");
    expect((await run()).stderr).toMatch(/KIT_PLATFORM_NOT_RUNNING/u);
  });
});
