/** AsyncAPI documents, judged by the specification's official parser. */
import { AvroSchemaParser } from "@asyncapi/avro-schema-parser";
import { Parser } from "@asyncapi/parser";
import { EVENT_VERSION, HEADER } from "@event-platform-kit/service/events/envelope";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { DocumentPart } from "../../../../cli/docs/asyncapi/document.ts";
import { documentMaker } from "../../../../cli/docs/asyncapi/document.ts";
import { partOf } from "../../../../cli/docs/asyncapi/part.ts";
import type { AsyncApiDocument } from "../../../../cli/docs/asyncapi/types.ts";
import { yamlText } from "../../../../cli/docs/yaml-text.ts";
import { HOSTILE, hostileProject, ownProject } from "./declared-projects.ts";

const STACKS = ["local", "dev", "staging", "prod"] as const;
const PARTS: readonly DocumentPart[] = [
  { of: "domain", name: "order" },
  { of: "topic", name: "payment-events" },
  { of: "service", name: "notification-service" },
];
const projects = Object.fromEntries(
  await Promise.all(STACKS.map(async (stack) => [stack, await ownProject(stack)] as const)),
);
const local = await ownProject("local");

const made = (stack: string, part: DocumentPart = { of: "stack" }): AsyncApiDocument =>
  documentMaker(projects[stack] ?? local, { title: "Event platform", stack })(part);

/** What the parser has against a document, what it would have fetched (nothing is), and the document as it reads it. */
async function judged(text: string) {
  const asked: string[] = [];
  const refuse = (uri: { toString(): string }): never => {
    asked.push(uri.toString());
    throw new Error(`${uri.toString()} was asked for`);
  };
  const parser = new Parser({
    __unstable: {
      resolver: {
        cache: false,
        resolvers: ["file", "http", "https"].map((schema) => ({ schema, canRead: true, read: refuse })),
      },
    },
  });
  const avro = AvroSchemaParser();
  parser.registerSchemaParser(avro);
  const { document, diagnostics } = await parser.parse(text);
  // Of AsyncAPI 3 the parser translates payloads without validating them first.
  const messages = Object.values((parse(text) as AsyncApiDocument).channels).flatMap((channel) =>
    Object.values(channel.messages),
  );
  const schemas = await Promise.all(
    messages.map(({ name, payload }) =>
      avro.validate({ data: payload.schema, path: [name] } as Parameters<typeof avro.validate>[0]),
    ),
  );
  const found = [...diagnostics.filter(({ severity }) => severity < 2), ...schemas.flatMap((faults) => faults ?? [])];
  return { read: document, problems: found.map(({ message, path = [] }) => `${path.join(".")}: ${message}`), asked };
}

async function valid(document: AsyncApiDocument) {
  const { read, problems, asked } = await judged(yamlText([document]));
  expect(problems).toEqual([]);
  expect(asked).toEqual([]);
  if (read === undefined) throw new Error("The parser gave no document.");
  return read;
}

describe("the document is valid", () => {
  it.each([
    ...STACKS.map((stack) => ({ stack, part: { of: "stack" } as DocumentPart })),
    ...PARTS.map((part) => ({ stack: "prod", part })),
  ])(
    "for $stack, $part.of $part.name",
    async ({ stack, part }) => {
      const read = await valid(made(stack, part));
      expect(read.version()).toBe("3.0.0");
      expect(read.servers().length).toBeGreaterThan(0);
      expect(read.operations().length).toBeGreaterThan(0);
    },
    240_000,
  );

  it.each([
    ["a binding", "partitions: 6", "partitions: 0"],
    ["an Avro schema", "type: long", "type: lang"],
    ["a reference within", "#/components/schemas/envelope", "#/components/schemas/envelop"],
  ])(
    "or the parser would say so: %s",
    async (_, right, wrong) => {
      const text = yamlText([made("prod", { of: "topic", name: "notification-events" })]);
      expect((await judged(text.replace(right, wrong))).problems).not.toEqual([]);
    },
    240_000,
  );

  it("or what it refers to outside would be seen", async () => {
    const text = yamlText([made("prod", { of: "topic", name: "notification-events" })]);
    expect((await judged(text.replace("#/components/schemas/envelope", "file:///etc/passwd"))).asked).toEqual([
      "file:///etc/passwd",
    ]);
  }, 240_000);
});

describe("the document of a stack", () => {
  const document = made("prod");
  const model = projects.prod?.model ?? local.model;
  const topics = model.domains.flatMap((domain) => domain.topics);

  it("has each topic, and each service's use of it, once", () => {
    expect(Object.keys(document.channels)).toEqual(topics.map(({ name }) => name).sort());
    const uses = topics.flatMap((topic) => [
      ...topic.producers.map(({ service }) => `${service}.send.${topic.name}`),
      ...topic.consumers.map(({ service }) => `${service}.receive.${topic.name}`),
    ]);
    expect(Object.keys(document.operations).sort()).toEqual(uses.sort());
    expect(document.operations["payment-service.receive.order-events"]?.messages).toEqual([
      { $ref: "#/channels/order-events/messages/order.cancelled" },
      { $ref: "#/channels/order-events/messages/order.created" },
    ]);
  });

  it("has the size and settings that the stack gives a topic, and who owns it", () => {
    const { kafka } = document.channels["order-events"]?.bindings ?? {};
    expect(kafka).toMatchObject({
      topic: "order-events",
      partitions: 30,
      replicas: 3,
      topicConfiguration: { "cleanup.policy": ["delete"], "retention.ms": 604_800_000, "compression.type": "lz4" },
    });
    expect(made("dev").channels["order-events"]?.bindings.kafka).toMatchObject({ partitions: 3, replicas: 1 });
    expect(document.channels["order-events"]).toMatchObject({
      "x-owner": { team: "checkout", contact: "#team-checkout" },
      tags: expect.arrayContaining([{ name: "owner:checkout" }]) as unknown,
    });
  });

  it("tells a consumer's group, dead-letter and retry topics, and quota", () => {
    expect(document.operations["notification-service.receive.order-events"]).toMatchObject({
      bindings: { kafka: { groupId: { enum: ["notification-service"] } } },
      "x-dead-letter-topic": "notification-service.dlt",
      "x-retry-topics": ["notification-service.retry-10s", "notification-service.retry-5m"],
    });
  });

  it("has servers of the stack alone", () => {
    expect(document.servers).toMatchObject({
      prod: {
        host: "kafka-kafka-bootstrap.kafka.svc:9093",
        bindings: { kafka: { schemaRegistryUrl: "http://schema-registry.platform.svc:8080/apis/ccompat/v7" } },
      },
    });
    expect(made("local").servers.local).toMatchObject({
      host: "127.0.0.1:{port}",
      variables: { port: { default: "17100", enum: expect.arrayContaining(["17100", "17108"]) as unknown } },
    });
  });

  it("has a listener for clients outside Kubernetes where the stack has one", () => {
    const project = projects.prod ?? local;
    const { kubernetes } = project.stack;
    if (kubernetes === undefined) throw new Error("prod runs on Kubernetes");
    const external = {
      bootstrapHost: "kafka.example.com",
      brokerHostTemplate: "b-{nodeId}.kafka.example.com",
      sourceRanges: ["10.0.0.0/8"],
      annotations: {},
    };
    const stack = { ...project.stack, kubernetes: { ...kubernetes, kafka: { ...kubernetes.kafka, external } } };
    const { servers } = documentMaker({ ...project, stack }, { title: "t", stack: "prod" })({ of: "stack" });
    expect(Object.entries(servers).map(([name, { host }]) => [name, host])).toEqual([
      ["prod", "kafka-kafka-bootstrap.kafka.svc:9093"],
      ["prod-external", "kafka.example.com:9094"],
    ]);
  });

  it("has the envelope that services read and write, and the payload that the parser turns into JSON Schema", async () => {
    const message = (await valid(document)).channels().get("order-events")?.messages().get("order.created");
    expect(message?.correlationId()?.location()).toBe(`$message.header#/${HEADER.correlationId}`);
    const headers = document.components.schemas.envelope;
    expect(Object.keys(headers?.properties ?? {}).sort()).toEqual(Object.values(HEADER).sort());
    expect(headers?.properties?.[HEADER.eventVersion]?.description).toContain(EVENT_VERSION);
    expect(Object.keys(message?.payload()?.properties() ?? {})).toEqual(
      expect.arrayContaining(["orderId", "items", "totalAmount"]),
    );
    expect(JSON.stringify(document.channels["order-events"]?.messages["order.created"]?.headers)).toContain(
      "claim-check-key",
    );
  }, 240_000);
});

describe("a part", () => {
  it("of a service has its operations alone", () => {
    expect(
      new Set(
        Object.values(made("prod", { of: "service", name: "payment-service" }).operations).map(
          (operation) => operation["x-service"],
        ),
      ),
    ).toEqual(new Set(["payment-service"]));
  });

  it("is found by name, and a wrong name says what was meant", () => {
    const none = { domain: undefined, topic: undefined, service: undefined };
    expect(partOf(local.model, none)).toEqual({ of: "stack" });
    expect(partOf(local.model, { ...none, service: "payment-service" })).toEqual({
      of: "service",
      name: "payment-service",
    });
    expect(() => partOf(local.model, { ...none, topic: "order-event" })).toThrow(/order-events/);
    expect(() => partOf(local.model, { ...none, topic: "order-events", domain: "order" })).toThrow(/exclude/);
  });
});

describe("hostile text", () => {
  const project = hostileProject(local);
  const document = documentMaker(project, { title: HOSTILE, stack: "local" })({ of: "stack" });

  it("stays text: the document is valid, and nothing outside it is asked for", async () => {
    const read = await valid(document);
    expect(read.channels().length).toBe(Object.keys(document.channels).length);
  }, 240_000);

  it("is no markup where tools show Markdown", () => {
    const shown: string[] = [];
    JSON.stringify(document, (key, value: unknown) => {
      if ((key === "description" || key === "doc") && typeof value === "string") shown.push(value);
      return value;
    });
    // The default of the map in the schema has a key of that name, and is data.
    const texts = shown.filter((text) => text !== HOSTILE);
    expect(texts.length).toBeGreaterThan(20);
    for (const text of texts) expect(text).not.toMatch(/<|(?<!\\)[[\]]|\u202e|\u200b/u);
  });

  it("refers to nothing", () => {
    expect(JSON.stringify(document)).not.toMatch(/"\$ref":"(?!#\/)/);
  });

  it("is the same text after YAML, which shows no character that hides", () => {
    const text = yamlText([document]);
    expect(parse(text)).toEqual(JSON.parse(JSON.stringify(document)));
    expect(text).not.toMatch(/[\u200b-\u200f\u202a-\u202e]/);
    expect(text).not.toMatch(/^---/m);
  });
});

it("is the same for the same files, and its version changes with its content", () => {
  expect(yamlText([made("local")])).toBe(
    yamlText([documentMaker(local, { title: "Event platform", stack: "local" })({ of: "stack" })]),
  );
  expect(made("local").info.version).toMatch(/^sha256-[0-9a-f]{12}$/);
  expect(made("local").info.version).not.toBe(made("dev").info.version);
});
