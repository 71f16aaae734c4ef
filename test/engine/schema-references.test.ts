/** Schemas that refer to types of other files, from `topics/` to the published registry and back into a service. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { avroCodec, frame } from "@event-platform-kit/service/events/codec";
import { schemaRegistry } from "@event-platform-kit/service/events/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSubjects } from "../../cli/live/registry-reader.ts";
import { expectRead } from "../../components/model/read.ts";
import type { SourceFile } from "../../components/model/source-file.ts";
import { readTopics } from "../../components/model/topics/read-topics.ts";
import { type Deviation, findDrift } from "../../components/plan/drift.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import { pulumiEnvironment } from "../../toolchain/pulumi/pulumi-environment.ts";
import { stackWith } from "../unit/plan/sample-models.ts";
import { type RunningRegistry, startApicurio } from "./servers/apicurio.ts";

const root = resolve(import.meta.dirname, "../..");
const domain = `domain: order
owner: {team: checkout, contact: "#checkout"}
criticality: high
topics:
  order-events:
    description: The life of an order.
    partitions: 3
    key: orderId
    events:
      order.created: {schema: schemas/order/OrderCreated.avsc}
      order.cancelled: {schema: schemas/order/OrderCancelled.avsc, compatibility: FULL}
    producers:
      order-service: {rate: 1MB/s}
    consumers:
      payment-service: {instances: 1, events: [order.created, order.cancelled]}
`;
const currency = {
  type: "enum",
  name: "Currency",
  namespace: "com.example.common",
  symbols: ["EUR", "USD"],
  default: "EUR",
};
const money = (...more: readonly object[]) => ({
  type: "record",
  name: "Money",
  namespace: "com.example.common",
  fields: [{ name: "amount", type: "long" }, { name: "currency", type: "Currency", default: "EUR" }, ...more],
});
const event = (name: string, ...more: readonly object[]) => ({
  type: "record",
  name,
  namespace: "com.example.events",
  fields: [{ name: "orderId", type: "string" }, { name: "total", type: "com.example.common.Money" }, ...more],
});

/** What is declared, with the shared type and one event as given. */
function declared(
  moneySchema: object,
  created: object = event("OrderCreated"),
): { readonly files: SourceFile[]; readonly plan: PlatformPlan } {
  const schema = (path: string, content: object): SourceFile => ({
    path: `topics/schemas/${path}.avsc`,
    text: JSON.stringify(content, null, 2),
  });
  const files = [
    { path: "topics/order.yaml", text: domain },
    schema("common/Currency", currency),
    schema("common/Money", moneySchema),
    schema("order/OrderCreated", created),
    schema("order/OrderCancelled", event("OrderCancelled")),
  ];
  return { files, plan: planPlatform(expectRead(readTopics(files)), stackWith()) };
}

const program = `
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { SchemaSubjects } from "${root}/components/schemas/subjects.ts";
const plan = JSON.parse(readFileSync(process.env.TEST_PLAN, "utf8"));
const owner = new pulumi.ComponentResource("test:index:Registry", "registry");
const adminUrl = pulumi.output(process.env.TEST_REGISTRY);
new SchemaSubjects("subjects", { registry: { owner, adminUrl, url: adminUrl }, subjects: plan.subjects, sharedSubjects: plan.sharedSubjects });
`;

describe("shared types on the published registry", () => {
  let registry: RunningRegistry;
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    registry = await startApicurio();
    folder = await mkdtemp(join(tmpdir(), "kit-references-"));
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "references-test", type: "module" }));
    await writeFile(
      join(folder, "Pulumi.yaml"),
      `name: references-test\nmain: index.ts\nruntime: {name: nodejs, options: {typescript: false}}\nplugins: {providers: [{name: kit, path: ${join(root, "components/provider")}}]}\n`,
    );
    await writeFile(join(folder, "index.ts"), program);
    environment = {
      ...process.env,
      ...(await pulumiEnvironment({ stateDir: join(folder, "engine"), projectDir: folder })),
      NO_COLOR: "1",
      TEST_REGISTRY: registry.url,
      TEST_PLAN: join(folder, "plan.json"),
    };
    await pulumi(["stack", "init", "test"]);
  });
  afterAll(async () => {
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs a command; what it says on an error is part of a failed assertion. */
  function pulumi(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
    return new Promise((done) => {
      execFile(
        "pulumi",
        [...args, "--non-interactive"],
        { cwd: folder, env: environment, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) =>
          done({ code: error === null ? 0 : Number(error.code ?? 1), text: `${stdout}${stderr}` }),
      );
    });
  }
  async function apply(
    plan: PlatformPlan,
    command: readonly string[] = ["up", "--yes", "--skip-preview"],
  ): Promise<{ readonly code: number; readonly text: string }> {
    await writeFile(join(folder, "plan.json"), JSON.stringify(plan));
    return pulumi([...command, "--stack", "test"]);
  }
  async function subjectDrift(plan: PlatformPlan): Promise<readonly Deviation[]> {
    return findDrift(plan, {
      topics: [],
      acls: [],
      quotas: [],
      users: [],
      subjects: await readSubjects(registry.url),
    }).filter(({ kind }) => kind === "subject");
  }
  /** A service's codec as the contract and the files of a declaration make it. */
  async function codecOf(
    name: string,
    service: string,
    { files, plan }: ReturnType<typeof declared>,
  ): Promise<ReturnType<typeof avroCodec>> {
    const schemas = join(folder, name);
    for (const file of files) {
      if (!("text" in file) || !file.path.endsWith(".avsc")) continue;
      const path = join(schemas, file.path.slice("topics/schemas/".length));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file.text);
    }
    const contract = plan.contracts.find((each) => each.service === service);
    if (contract === undefined) throw new Error(`no contract of ${service}`);
    const { group, deadLetterTopic, ...rest } = contract;
    return avroCodec(
      {
        ...rest,
        group,
        deadLetterTopic,
        publishes: rest.publishes.map(({ claimCheck: _none, ...published }) => published),
        claimChecks: { stores: [], fetches: [] },
      },
      schemas,
      schemaRegistry({ url: registry.url }),
    );
  }

  const first = declared(money());
  const second = declared(money({ name: "exponent", type: "int", default: 2 }));
  let firstRecord: Buffer;

  test("are registered before the schemas that refer to them, and a second preview is empty", async () => {
    expect(await apply(first.plan)).toMatchObject({ code: 0 });
    expect(
      (await readSubjects(registry.url)).map(({ name, compatibility, references = [] }) => [
        name,
        compatibility,
        references.map(({ subject, version }) => `${subject} ${version}`),
      ]),
    ).toEqual([
      ["com.example.common.Currency", "FULL", []],
      ["com.example.common.Money", "FULL", ["com.example.common.Currency 1"]],
      ["order-events-com.example.events.OrderCancelled", "FULL", ["com.example.common.Money 1"]],
      ["order-events-com.example.events.OrderCreated", "BACKWARD", ["com.example.common.Money 1"]],
    ]);
    expect(await apply(first.plan, ["preview", "--expect-no-changes"])).toMatchObject({ code: 0 });
    expect(await subjectDrift(first.plan)).toEqual([]);
  });

  test("a service writes with them, and another one reads", async () => {
    const producer = await codecOf("first", "order-service", first);
    await producer.warm();
    const id = producer.knownSchemaId("order.created");
    if (id === undefined) throw new Error("the producer does not know the id of its schema");
    firstRecord = frame(id, producer.body("order.created", { orderId: "o-1", total: { amount: 5, currency: "USD" } }));
    const consumer = await codecOf("first", "payment-service", first);
    expect(await consumer.decode("order.created", firstRecord)).toEqual({
      orderId: "o-1",
      total: { amount: 5, currency: "USD" },
    });
  });

  test("a new version of one makes a new version of each schema that needs it; records of both are read", async () => {
    expect((await subjectDrift(second.plan)).map(({ object, field }) => [object, field])).toEqual([
      ["com.example.common.Money", "schema"],
    ]);
    expect(await apply(second.plan)).toMatchObject({ code: 0 });
    expect(
      (await readSubjects(registry.url)).map(({ name, version, references = [] }) => [
        name,
        version,
        references.map((each) => each.version),
      ]),
    ).toEqual([
      ["com.example.common.Currency", 1, []],
      ["com.example.common.Money", 2, [1]],
      ["order-events-com.example.events.OrderCancelled", 2, [2]],
      ["order-events-com.example.events.OrderCreated", 2, [2]],
    ]);
    expect(await subjectDrift(second.plan)).toEqual([]);
    const consumer = await codecOf("second", "payment-service", second);
    expect(await consumer.decode("order.created", firstRecord)).toEqual({
      orderId: "o-1",
      total: { amount: 5, currency: "USD", exponent: 2 },
    });
  });

  test("a breaking change is refused in the preview: of the type, and of an event that refers to it", async () => {
    const type = await apply(
      declared(money({ name: "exponent", type: "int", default: 2 }, { name: "scale", type: "int" })).plan,
      ["preview"],
    );
    expect(type.code).not.toBe(0);
    expect(type.text).toMatch(/FULL compatible with what subject com\.example\.common\.Money holds: scale: /);
    const ofEvent = await apply(
      declared(
        money({ name: "exponent", type: "int", default: 2 }),
        event("OrderCreated", { name: "coupon", type: "string" }),
      ).plan,
      ["preview"],
    );
    expect(ofEvent.code).not.toBe(0);
    expect(ofEvent.text).toMatch(
      /BACKWARD compatible with what subject order-events-com\.example\.events\.OrderCreated holds: coupon: /,
    );
    expect(await subjectDrift(second.plan)).toEqual([]);
  });

  test("what is no longer needed stays while records' schemas refer to it, and those are read on", async () => {
    const inline = JSON.parse(
      second.plan.subjects.find(({ eventType }) => eventType === "order.created")?.references?.selfContained ?? "{}",
    ) as object;
    const alone = planPlatform(
      expectRead(
        readTopics([
          {
            path: "topics/order.yaml",
            text: domain.replace(/^ {6}order\.cancelled.*\n/mu, "").replace(", order.cancelled]", "]"),
          },
          { path: "topics/schemas/order/OrderCreated.avsc", text: JSON.stringify(inline) },
        ]),
      ),
      stackWith(),
    );
    expect(alone.sharedSubjects).toEqual([]);
    expect(await apply(alone)).toMatchObject({ code: 0 });
    expect(
      (await subjectDrift(alone)).map(({ class: kind, object, field, declared: wanted, live }) => [
        kind,
        object,
        field,
        wanted,
        live,
      ]),
    ).toEqual([
      ["undeclared", "com.example.common.Currency", undefined, undefined, "AVRO"],
      ["undeclared", "com.example.common.Money", undefined, undefined, "AVRO"],
    ]);
    const consumer = await codecOf("third", "payment-service", second);
    expect(await consumer.decode("order.created", firstRecord)).toMatchObject({ orderId: "o-1" });
  });
});
