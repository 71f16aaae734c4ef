import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { JsonSchema } from "../../../../components/model/schemas/json-schema-parts.ts";
import { jsonChanges } from "../../../../components/plan/diff/json/changes.ts";
import { jsonIncompatibilities } from "../../../../components/plan/diff/json/containment.ts";

const closed = (properties: object, required: readonly string[] = []): JsonSchema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const open = (properties: object, required: readonly string[] = []): JsonSchema => ({
  type: "object",
  properties,
  required,
});
const text = { type: "string" };
const count = { type: "integer" };
const node = (value: object): JsonSchema => ({
  $ref: "#/definitions/Node",
  definitions: {
    Node: {
      type: "object",
      properties: { value, next: { anyOf: [{ type: "null" }, { $ref: "#/definitions/Node" }] } },
      additionalProperties: false,
    },
  },
});

describe("new readers of old documents", () => {
  test.each<[string, JsonSchema, JsonSchema, string | undefined]>([
    ["take what did not change", closed({ a: text }), closed({ a: text }), undefined],
    [
      "take documents without an optional property that is new",
      closed({ a: text, b: text }),
      closed({ a: text }),
      undefined,
    ],
    ["fail where a new property is required", closed({ a: text, b: text }, ["b"]), closed({ a: text }), "b"],
    ["fail where a property becomes required", closed({ a: text }, ["a"]), closed({ a: text }), "a"],
    ["take what is no longer required", closed({ a: text }), closed({ a: text }, ["a"]), undefined],
    ["fail where a property goes and others are not allowed", closed({}), closed({ a: text }), "a"],
    ["take a property that goes where others are allowed", open({}), open({ a: text }), undefined],
    [
      "fail where an open object gets a property that may have been there before, as anything",
      open({ a: text, b: text }),
      open({ a: text }),
      "b",
    ],
    ["fail on another type", closed({ a: count }), closed({ a: text }), "a"],
    ["take an integer for a number", closed({ a: { type: "number" } }), closed({ a: count }), undefined],
    ["fail on a number for an integer", closed({ a: count }), closed({ a: { type: "number" } }), "a"],
    ["take one type of several", closed({ a: { type: ["string", "null"] } }), closed({ a: text }), undefined],
    ["fail where null is no longer taken", closed({ a: text }), closed({ a: { type: ["string", "null"] } }), "a"],
    ["take a value more", closed({ a: { enum: ["x", "y"] } }), closed({ a: { enum: ["x"] } }), undefined],
    ["fail where a value goes", closed({ a: { enum: ["x"] } }), closed({ a: { enum: ["x", "y"] } }), "a"],
    ["fail where any text was allowed and listed values are", closed({ a: { enum: ["x"] } }), closed({ a: text }), "a"],
    [
      "take a larger bound",
      closed({ a: { type: "string", maxLength: 9 } }),
      closed({ a: { type: "string", maxLength: 5 } }),
      undefined,
    ],
    [
      "fail on a smaller bound",
      closed({ a: { type: "string", maxLength: 5 } }),
      closed({ a: { type: "string", maxLength: 9 } }),
      "a",
    ],
    ["fail on a bound where there was none", closed({ a: { type: "integer", minimum: 0 } }), closed({ a: count }), "a"],
    [
      "fail on another pattern",
      closed({ a: { type: "string", pattern: "^a" } }),
      closed({ a: { type: "string", pattern: "^b" } }),
      "a",
    ],
    ["fail on an object that is closed", closed({ a: text }), open({ a: text }), "*"],
    [
      "fail within lists",
      closed({ a: { type: "array", items: count } }),
      closed({ a: { type: "array", items: text } }),
      "a[]",
    ],
    ["fail within objects", closed({ a: closed({ b: count }) }), closed({ a: closed({ b: text }) }), "a.b"],
    ["take one branch of several", closed({ a: { anyOf: [count, text] } }), closed({ a: text }), undefined],
    ["fail where a branch goes", closed({ a: { anyOf: [text] } }), closed({ a: { anyOf: [text, count] } }), "a"],
    ["see through references", closed({ a: { $ref: "#/definitions/A" } }), closed({ a: text }), "a"],
    ["take a schema that holds itself", node(text), node(text), undefined],
    ["fail within a schema that holds itself", node(count), node(text), "value"],
    ["fail on what is not compared where it differs", closed({ a: { not: { const: "x" } } }), closed({ a: text }), "a"],
    [
      "take what is not compared where it is the same",
      closed({ a: { not: { const: "x" } } }),
      closed({ a: { not: { const: "x" } } }),
      undefined,
    ],
  ])("%s", (_title, reader, writer, path) => {
    const found = jsonIncompatibilities(
      path === "a" && _title.startsWith("see through") ? { ...(reader as object), definitions: { A: count } } : reader,
      writer,
    );
    expect(found.map((each) => each.path)).toEqual(path === undefined ? [] : [path]);
    for (const { fix } of found) expect(fix).not.toBe("");
  });

  it("is decided in bounded time for schemas whose branches hold each other", () => {
    const tangled = (leaf: object): JsonSchema => ({
      $ref: "#/definitions/T0",
      definitions: Object.fromEntries(
        Array.from({ length: 14 }, (_, index) => [
          `T${index}`,
          index === 13
            ? leaf
            : {
                anyOf: [0, 1, 2].map((branch) => ({
                  type: "object",
                  properties: {
                    [`p${branch}`]: { $ref: `#/definitions/T${index + 1}` },
                    q: { $ref: `#/definitions/T${index + 1}` },
                  },
                })),
              },
        ]),
      ),
    });
    expect(jsonIncompatibilities(tangled(count), tangled(text)).length).toBeGreaterThan(0);
  });
});

const names = fc.constantFrom("a", "b", "c");
const scalar = fc.oneof(
  fc.record({ type: fc.constantFrom("string", "integer", "number", "null", "boolean") }),
  fc.record({ type: fc.constant("integer"), minimum: fc.integer({ min: -2, max: 2 }) }),
  fc.record({ type: fc.constant("string"), maxLength: fc.nat({ max: 3 }) }),
  fc.record({ enum: fc.uniqueArray(fc.constantFrom("x", "y", 1, null), { minLength: 1, maxLength: 3 }) }),
  fc.record({ type: fc.uniqueArray(fc.constantFrom("string", "integer", "null"), { minLength: 1, maxLength: 2 }) }),
);
const { schema } = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) }),
    fc.record({ oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) }),
    fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) }),
    fc.record(
      {
        type: fc.constant("object"),
        properties: fc.dictionary(names, tie("schema"), { maxKeys: 2 }),
        required: fc.uniqueArray(names, { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
      },
      { requiredKeys: ["type"] },
    ),
  ),
}));
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("x", "y", "long text", 1, -1, 0.5, null, true),
    fc.array(tie("document"), { maxLength: 2 }),
    fc.dictionary(names, tie("document"), { maxKeys: 3 }),
  ),
}));

/** A schema and one of its parts changed, so that many pairs are near each other. */
const pair = fc.oneof(
  fc.tuple(schema, schema),
  schema.chain((one) =>
    fc.tuple(
      fc.constant(one),
      fc.oneof(
        fc.constant(one),
        schema.map((other) => ({ ...other, ...one })),
        schema.map((other) => ({ ...one, ...other })),
      ),
    ),
  ),
);

describe("oneOf of the reader", () => {
  const incompatible = (reader: JsonSchema, writer: JsonSchema): boolean =>
    jsonIncompatibilities(reader, writer).length > 0;

  it("refuses what fits one branch whole and another in part", () => {
    const reader = { oneOf: [{ type: ["string", "integer"] }, { anyOf: [{ type: "string" }] }] };
    expect(incompatible(reader, { type: ["string", "integer"] })).toBe(true);
    expect(incompatible(reader, { type: "integer" })).toBe(false);
  });

  it("tells objects apart by a property that both require", () => {
    const kind = (value: string, more: object = {}): JsonSchema => ({
      type: "object",
      required: ["kind"],
      properties: { kind: { const: value }, ...more },
    });
    const writer = { oneOf: [kind("card"), kind("transfer")] };
    expect(incompatible({ oneOf: [kind("card"), kind("transfer"), kind("cash", { till: {} })] }, writer)).toBe(false);
    expect(incompatible({ oneOf: [kind("card"), kind("transfer"), { type: "object" }] }, writer)).toBe(true);
  });
});

it("never says of a document that it can be read where a validator refuses it", () => {
  const ajv = new Ajv({ strict: false, logger: false });
  fc.assert(
    fc.property(pair, fc.array(document, { minLength: 1, maxLength: 12 }), ([reader, writer], documents) => {
      if (jsonIncompatibilities(reader as JsonSchema, writer as JsonSchema).length > 0) return;
      const [reads, writes] = [ajv.compile(reader), ajv.compile(writer)];
      for (const each of documents) if (writes(each)) expect(reads(each), JSON.stringify(each)).toBe(true);
    }),
    { numRuns: 1_500, seed: 767_515_876 },
  );
});

it("finds nothing between a schema and itself, unless branches of oneOf overlap", () => {
  fc.assert(
    fc.property(schema, (each) => {
      if (!JSON.stringify(each).includes("oneOf"))
        expect(jsonIncompatibilities(each as JsonSchema, structuredClone(each) as JsonSchema)).toEqual([]);
    }),
  );
});

describe("what a change consists of", () => {
  it("is told by property, with what changes the meaning", () => {
    const before = JSON.stringify(
      closed({ a: { type: "string", format: "date" }, b: { type: "string", default: "EUR" }, c: text }),
    );
    const after = JSON.stringify(
      closed({ a: { type: "string", format: "date-time" }, b: { type: "string", default: "USD" }, d: count }, ["d"]),
    );
    const { described, meaning } = jsonChanges(before, after);
    expect(described).toEqual([
      'a: format "date" becomes "date-time"',
      'b: default "EUR" becomes "USD"',
      "c (string) removed",
      "d (integer) added, required",
    ]);
    expect(meaning).toHaveLength(2);
  });
  it("is nothing where only words change", () => {
    expect(
      jsonChanges(
        JSON.stringify(closed({ a: text })),
        JSON.stringify({ ...(closed({ a: { ...text, description: "x" } }) as object), title: "t" }),
      ).described,
    ).toEqual([]);
  });
});
