import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keptTopics } from "../../../cli/erase/kept-records.ts";
import { loadFile } from "../../../components/model/load.ts";
import { expectRead } from "../../../components/model/read.ts";
import type { SourceFile } from "../../../components/model/source-file.ts";
import { stackFilePath } from "../../../components/model/source-file.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { contractSchemas } from "../../../components/services/service-workload.ts";
import { checkDeclaration } from "../../../policies/check.ts";
import { stackWith } from "../plan/sample-models.ts";

const schema = (properties: object, more: object = {}): object => ({
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "com.example.events.OrderReturned",
  description: "An order came back.",
  type: "object",
  properties: { orderId: { type: "string", description: "Order." }, ...properties },
  required: ["orderId"],
  additionalProperties: false,
  ...more,
});
const filesWith = (content: object): SourceFile[] => [
  {
    path: "topics/order.yaml",
    text: 'domain: order\nowner: {team: checkout, contact: "#checkout"}\ncriticality: low\nclassification: internal\nservices: [order-service]\ntopics:\n  order-events:\n    description: What comes back.\n    partitions: 3\n    key: orderId\n    events: {order.returned: {schema: schemas/OrderReturned.json}}\n    producers: {order-service: {rate: 1kB/s}}\n',
  },
  { path: "topics/schemas/OrderReturned.json", text: JSON.stringify(content) },
];
const planOf = (content: object) => planPlatform(expectRead(readTopics(filesWith(content))), stackWith());
const stack: SourceFile = await loadFile(join(import.meta.dirname, "../../corpus/base"), stackFilePath("prod"));

function rulesBroken(content: object): string[] {
  return checkDeclaration({ files: filesWith(content), stack, today: "2026-11-25" }).findings.map(
    ({ rule, message }) => `${rule}: ${message}`,
  );
}

describe("rules on events with a JSON Schema", () => {
  it("find personal data wherever it stands", () => {
    const found = rulesBroken(
      schema(
        { customer: { description: "Who.", anyOf: [{ type: "null" }, { $ref: "#/definitions/Customer" }] } },
        {
          definitions: {
            Customer: { type: "object", properties: { email: { type: "string", description: "Mail." } } },
          },
        },
      ),
    );
    expect(found.some((each) => each.startsWith("schema-sensitive: customer.email looks like personal data"))).toBe(
      true,
    );
  });
  it("ask for words on each property, and take null wherever it stands", () => {
    const found = rulesBroken(schema({ note: { type: ["string", "null"] } }));
    expect(found).toContainEqual("schema-doc: no doc: note");
    expect(found.some((each) => each.startsWith("schema-nullable"))).toBe(false);
  });
  it("tell that the kit's service library does not know the language", () => {
    expect(rulesBroken(schema({}))).toContainEqual(
      "schema-format: order.returned is JSON Schema: order-service can't use the kit's library for it",
    );
  });
});

it("erasure finds topics by the properties of a JSON Schema", () => {
  expect(
    keptTopics(planOf(schema({ customerId: { type: "string" } })), ["customerId"]).map(({ topic, fields }) => [
      topic,
      fields,
    ]),
  ).toEqual([["order-events", ["customerId"]]]);
});

it("a contract names the file and its text", () => {
  const plan = planOf(schema({}));
  const [contract] = plan.contracts;
  if (contract === undefined) throw new Error("no contract");
  expect(contractSchemas(contract, plan)).toEqual([
    { path: "OrderReturned.json", content: JSON.stringify(schema({})) },
  ]);
});
