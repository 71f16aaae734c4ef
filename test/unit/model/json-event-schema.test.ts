import { describe, expect, it, test } from "vitest";
import { readJsonEventSchema } from "../../../components/model/schemas/json-event-schema.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { goodDomain, goodSchemas } from "./project-files.ts";

const draft = "http://json-schema.org/draft-07/schema#";
const good = {
  $schema: draft,
  title: "com.example.events.OrderCreated",
  type: "object",
  properties: { orderId: { type: "string" }, note: { type: "string" } },
  required: ["orderId"],
};
const { $schema: _draft, ...draftless } = good;
const { title: _title, ...untitled } = good;

describe("a JSON Schema of an event", () => {
  it("is named by its title; its fields are those that every document has", () => {
    expect(readJsonEventSchema(good)).toEqual({
      ok: true,
      value: { record: "com.example.events.OrderCreated", fields: ["orderId"], schema: JSON.stringify(good) },
    });
  });

  test.each<[string, unknown, (string | number)[], RegExp]>([
    ["no object", [], [], /no object/],
    ["without its language", draftless, [], /"\$schema" is missing/],
    [
      "of another language",
      { ...good, $schema: "https://json-schema.org/draft/2020-12/schema" },
      ["$schema"],
      /2020-12/,
    ],
    ["of a list", { ...good, type: "array" }, ["type"], /object/],
    ["without a title", untitled, [], /"title" is missing/],
    ["with a title without namespace", { ...good, title: "OrderCreated" }, ["title"], /no full name/],
    [
      "that breaks the language",
      { ...good, properties: { orderId: { type: "strng" } } },
      ["properties", "orderId", "type"],
      /no JSON Schema/,
    ],
    [
      "with a bound that is no number",
      { ...good, properties: { orderId: { minLength: "1" } } },
      ["properties", "orderId", "minLength"],
      /no JSON Schema/,
    ],
    [
      "that refers to another file",
      { ...good, properties: { a: { $ref: "Money.json" } } },
      ["properties", "a", "$ref"],
      /out of this file/,
    ],
    [
      "that refers to nothing",
      { ...good, properties: { a: { $ref: "#/definitions/A" } } },
      ["properties", "a", "$ref"],
      /leads nowhere/,
    ],
    [
      "with something beside a reference",
      { ...good, properties: { a: { $ref: "#", minProperties: 1 } } },
      ["properties", "a", "minProperties"],
      /draft-07 ignores it/,
    ],
    [
      "with a pattern that is none",
      { ...good, properties: { a: { pattern: "(" } } },
      ["properties", "a", "pattern"],
      /regular expression|no JSON Schema/,
    ],
  ])("%s is refused at its place", (_what, json, path, says) => {
    const read = readJsonEventSchema(json);
    if (read.ok) throw new Error("the schema was accepted");
    expect(read.problem.path).toEqual(path);
    expect(`${read.problem.message} ${read.problem.fix ?? ""}`).toMatch(says);
  });

  it("is found by the extension of its file, and its key has to be required", () => {
    const files = (schema: object) => [
      { path: "topics/order.yaml", text: goodDomain.replace("order/OrderCreated.avsc", "order/OrderCreated.json") },
      ...goodSchemas.slice(1),
      { path: "topics/schemas/order/OrderCreated.json", text: JSON.stringify(schema, null, 2) },
    ];
    const read = readTopics(files(good));
    expect(read.ok ? read.value.domains[0]?.topics[0]?.events.map(({ record }) => record) : read.problems).toEqual([
      "com.example.events.OrderCancelled",
      "com.example.events.OrderCreated",
    ]);
    const optional = readTopics(files({ ...good, required: [] }));
    expect(optional.ok ? [] : optional.problems.map(({ rule }) => rule)).toEqual(["key-not-in-schema"]);
    const wrong = readTopics(files({ ...good, type: "array" }));
    expect(
      wrong.ok ? [] : wrong.problems.map(({ file, line, column, rule }) => `${file}:${line}:${column} ${rule}`),
    ).toEqual(["topics/schemas/order/OrderCreated.json:4:11 schema-invalid"]);
  });
});
