/** Schemas in other languages than Avro on the published registry: registered with their type, refused where the kit refuses them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSubjects } from "../../cli/live/registry-reader.ts";
import { expectRead } from "../../components/model/read.ts";
import { readTopics } from "../../components/model/topics/read-topics.ts";
import { judges } from "../../components/plan/diff/schemas/formats.ts";
import { findDrift } from "../../components/plan/drift.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import { makeSchemaSubjectKind } from "../../components/provider/schemas/schema-subject.ts";
import { protobufCases } from "../unit/plan/diff/protobuf-cases.ts";
import { stackWith } from "../unit/plan/sample-models.ts";
import { type RunningRegistry, startApicurio } from "./servers/apicurio.ts";

let registry: RunningRegistry;
beforeAll(async () => {
  registry = await startApicurio();
});
afterAll(async () => {
  await registry?.stop();
});

const kind = makeSchemaSubjectKind({ retrySeconds: 10 });
const note = (): void => undefined;
const object = (
  properties: object,
  required: readonly string[] = [],
  more: object = { additionalProperties: false },
): string =>
  JSON.stringify({
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "com.example.events.OrderReturned",
    type: "object",
    properties,
    required,
    ...more,
  });
const text = { type: "string" };

test("an event with a JSON Schema is registered as such, without drift", async () => {
  const schema = object({ orderId: text }, ["orderId"]);
  const plan = planPlatform(
    expectRead(
      readTopics([
        {
          path: "topics/order.yaml",
          text: 'domain: order\nowner: {team: checkout, contact: "#checkout"}\ncriticality: low\ntopics:\n  order-events:\n    description: x\n    partitions: 1\n    key: orderId\n    events: {order.returned: {schema: schemas/OrderReturned.json}}\n    producers: {order-service: {rate: 1kB/s}}\n',
        },
        { path: "topics/schemas/OrderReturned.json", text: JSON.stringify(JSON.parse(schema), null, 2) },
      ]),
    ),
    stackWith(),
  );
  for (const { name, schema: content, schemaType = "AVRO", compatibility } of plan.subjects)
    await kind.create({
      inputs: { registryUrl: registry.url, subject: name, schema: content, schemaType, compatibility },
      note,
    });
  const subjects = await readSubjects(registry.url);
  expect(subjects).toMatchObject([
    { name: "order-events-com.example.events.OrderReturned", schemaType: "JSON", version: 1 },
  ]);
  expect(
    findDrift(plan, { topics: [], acls: [], quotas: [], users: [], subjects }).filter(
      (each) => each.kind === "subject",
    ),
  ).toEqual([]);
});

test.each<[string, string, string]>([
  ["a property that is optional and new", object({ a: text }), object({ a: text, b: text })],
  ["a property that is required and new", object({ a: text }), object({ a: text, b: text }, ["b"])],
  ["a property that goes", object({ a: text, b: text }), object({ a: text })],
  ["a property that is no longer required", object({ a: text }, ["a"]), object({ a: text })],
  ["a property that becomes required", object({ a: text }), object({ a: text }, ["a"])],
  ["another type", object({ a: text }), object({ a: { type: "integer" } })],
  ["an integer that becomes a number", object({ a: { type: "integer" } }), object({ a: { type: "number" } })],
  ["a number that becomes an integer", object({ a: { type: "number" } }), object({ a: { type: "integer" } })],
  ["a value more", object({ a: { enum: ["x"] } }), object({ a: { enum: ["x", "y"] } })],
  ["a value less", object({ a: { enum: ["x", "y"] } }), object({ a: { enum: ["x"] } })],
  ["a tighter bound", object({ a: { type: "string", maxLength: 9 } }), object({ a: { type: "string", maxLength: 5 } })],
  ["a looser bound", object({ a: { type: "string", maxLength: 5 } }), object({ a: { type: "string", maxLength: 9 } })],
  ["an open object that gets a property", object({ a: text }, [], {}), object({ a: text, b: text }, [], {})],
  ["an object that is closed", object({ a: text }, [], {}), object({ a: text })],
  ["an object that is opened", object({ a: text }), object({ a: text }, [], {})],
])("of JSON Schema: %s is taken by the registry where the kit says that it is safe", async (title, before, after) => {
  const safe = judges.json.failures(after, [before], "BACKWARD", false).length === 0;
  const inputs = {
    registryUrl: registry.url,
    subject: `json-${title.replaceAll(" ", "-")}`,
    schemaType: "JSON",
    compatibility: "BACKWARD",
  };
  await kind.create({ inputs: { ...inputs, schema: before }, note });
  const refused = await kind.check({ news: { ...inputs, schema: after }, olds: { ...inputs, schema: before }, note });
  expect({ safe, refused: refused.length > 0 }).toEqual({ safe, refused: !safe });
});

test.each(protobufCases)(
  "of Protobuf: where %s the registry takes what the kit calls safe",
  async (title, before, after, path) => {
    const inputs = {
      registryUrl: registry.url,
      subject: `protobuf-${title.replaceAll(" ", "-")}`,
      schemaType: "PROTOBUF",
      compatibility: "BACKWARD",
    };
    await kind.create({ inputs: { ...inputs, schema: before }, note });
    const refused = await kind.check({ news: { ...inputs, schema: after }, olds: { ...inputs, schema: before }, note });
    // The kit may be stricter than the registry, never milder.
    if (path === undefined) expect(refused).toEqual([]);
  },
);
