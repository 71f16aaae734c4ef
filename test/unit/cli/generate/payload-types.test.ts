import { avroType } from "@event-platform-kit/service/registered-schema";
import { describe, expect, it, test } from "vitest";
import { type PayloadUse, payloadTypes } from "../../../../cli/generate/payload-types.ts";
import { typeErrors } from "./type-check.ts";

const record = (name: string, fields: readonly unknown[], more: object = {}): object => ({
  type: "record",
  name,
  namespace: "com.shop",
  fields,
  ...more,
});
const field = (type: unknown, more: object = {}): object => ({ name: "x", type, ...more });
const codec = (schema: object) => avroType({ schema: JSON.stringify(schema) });
const types = (...uses: readonly (readonly [schema: object, side: PayloadUse["side"]])[]) =>
  payloadTypes(uses.map(([schema, side]) => ({ type: codec(schema), side })));

describe("the type of a field", () => {
  const item = record("Item", [{ name: "id", type: "string" }]);
  const colour = { type: "enum", name: "Colour", symbols: ["RED", "GREEN"] };
  const table: readonly [avro: string, schema: unknown, typeScript: string][] = [
    ["null", "null", "null"],
    ["boolean", "boolean", "boolean"],
    ["int", "int", "number"],
    ["long", "long", "number"],
    ["float", "float", "number"],
    ["double", "double", "number"],
    ["bytes", "bytes", "Buffer"],
    ["string", "string", "string"],
    ["fixed", { type: "fixed", name: "Hash", size: 16 }, "Buffer"],
    ["enum", colour, "Colour"],
    ["record", item, "Item"],
    ["array", { type: "array", items: "string" }, "readonly string[]"],
    ["array of records", { type: "array", items: item }, "readonly Item[]"],
    ["array of what may be null", { type: "array", items: ["null", "string"] }, "readonly (string | null)[]"],
    ["array of arrays", { type: "array", items: { type: "array", items: "int" } }, "readonly (readonly number[])[]"],
    ["map", { type: "map", values: "long" }, "{ readonly [key: string]: number }"],
    ["what may be null", ["null", "long"], "number | null"],
    [
      "a union whose branches JavaScript tells apart",
      ["string", "null", "int", "bytes"],
      "string | number | Buffer | null",
    ],
    [
      "a union of numbers, which is wrapped",
      ["null", "int", "double"],
      "{ readonly int: number } | { readonly double: number } | null",
    ],
    [
      "a union of records, which is wrapped",
      [item, record("Parcel", [])],
      '{ readonly "com.shop.Item": Item } | { readonly "com.shop.Parcel": Parcel }',
    ],
    [
      "a union of text and enum, which is wrapped",
      ["string", colour],
      '{ readonly string: string } | { readonly "com.shop.Colour": Colour }',
    ],
    ["a decimal: its bytes", { type: "bytes", logicalType: "decimal", precision: 12, scale: 2 }, "Buffer"],
    ["a time in milliseconds", { type: "long", logicalType: "timestamp-millis" }, "number"],
    ["a time in microseconds", { type: "long", logicalType: "timestamp-micros" }, "number"],
    ["a day", { type: "int", logicalType: "date" }, "number"],
    ["a UUID", { type: "string", logicalType: "uuid" }, "string"],
    ["a duration: its bytes", { type: "fixed", name: "D", size: 12, logicalType: "duration" }, "Buffer"],
  ];
  test.each(table)("%s", (_title, type, expected) => {
    const [declaration = ""] = types([record("Sent", [field(type)]), "read"]).declarations;
    expect(declaration).toBe(`export interface Sent {\n  readonly x: ${expected};\n}\n`);
  });
});

describe("payload types", () => {
  it("declare each record and enum once, after what mentions it first, with what the schema says of it", () => {
    const money = record("Money", [field("long", { doc: "Minor units." })], { doc: "An amount." });
    const made = types(
      [
        record("OrderPlaced", [
          { name: "total", type: money },
          { name: "paid", type: "Money" },
        ]),
        "read",
      ],
      [record("OrderPaid", [{ name: "paid", type: money }]), "read"],
    );
    expect(made.names).toEqual(["OrderPlaced", "OrderPaid"]);
    expect(made.declarations).toEqual([
      "export interface OrderPlaced {\n  readonly total: Money;\n  readonly paid: Money;\n}\n",
      "/** An amount. */\nexport interface Money {\n  /** Minor units. */\n  readonly x: number;\n}\n",
      "export interface OrderPaid {\n  readonly paid: Money;\n}\n",
    ]);
  });

  it("let a producer leave out what has a default, and give a consumer all of it", () => {
    const schema = record("Noted", [
      { name: "id", type: "string" },
      { name: "note", type: ["null", "string"], default: null, doc: "Why." },
    ]);
    const made = types([schema, "read"], [schema, "written"]);
    expect(made.names).toEqual(["Noted", "NewNoted"]);
    expect(made.declarations).toEqual([
      "export interface Noted {\n  readonly id: string;\n  /** Why. */\n  readonly note: string | null;\n}\n",
      "export interface NewNoted {\n  readonly id: string;\n  /**\n   * Why.\n   * @default null\n   */\n  readonly note?: string | null;\n}\n",
    ]);
  });

  it("give a record that holds such a record two types as well, and no other", () => {
    const made = types([
      record("Sent", [
        { name: "parcel", type: record("Parcel", [field("int", { default: 1 })]) },
        { name: "to", type: record("Address", [field("string")]) },
      ]),
      "written",
    ]);
    expect(made.names).toEqual(["NewSent"]);
    expect(made.declarations[0]).toContain("readonly parcel: NewParcel;\n  readonly to: Address;");
  });

  it("follow a record that refers to itself", () => {
    const made = types([record("Node", [{ name: "children", type: { type: "array", items: "Node" } }]), "written"]);
    expect(made.declarations).toEqual(["export interface Node {\n  readonly children: readonly Node[];\n}\n"]);
  });

  it("tell types of one name apart by the record that holds them", () => {
    const placed = record("Placed", [field(record("Item", [field("int")]))]);
    const sent = record("Sent", [field(record("Item", [field("string")], { namespace: "com.carrier" }))]);
    const again = record("Again", [field(record("Item", [field("string")]))]);
    const made = types([placed, "read"], [sent, "read"], [again, "read"]);
    expect(made.declarations.join("\n")).toMatch(
      /interface PlacedItem \{[^}]*number[^]*interface SentItem \{[^}]*string[^]*interface AgainItem \{[^}]*string/u,
    );
  });

  it.each(["object", "class", "Buffer", "EventMap"])("never call a type %s, which means something else", (name) => {
    const [type = ""] = types([record(name, [field("bytes")]), "read"]).names;
    expect(type).not.toBe(name);
    expect(types([record("Sent", [field(record(name, [field("int")]))]), "read"]).declarations[0]).toContain(
      `: Sent${name};`,
    );
  });

  it("keep a producer's type apart from a record that is called like it", () => {
    const order = record("Order", [field("int", { default: 0 })]);
    const { names, declarations } = types([order, "written"], [record("NewOrder", [field("string")]), "written"]);
    expect(new Set(names).size).toBe(2);
    expect(new Set(declarations.map((text) => /(?:interface|type) (\w+)/u.exec(text)?.[1])).size).toBe(2);
  });

  it("let no text of a schema out of its comment", () => {
    const [declaration = ""] = types([
      record("Sent", [field("int", { doc: "*/ export const evil = 1; /*\n@x" })], { doc: "*/" }),
      "read",
    ]).declarations;
    expect(typeErrors({ "service-templates/sent.ts": `${declaration}export const sent: Sent = { x: 1 };\n` })).toEqual(
      [],
    );
    expect(declaration.match(/\*\//gu)).toHaveLength(2);
  }, 120_000);
});
