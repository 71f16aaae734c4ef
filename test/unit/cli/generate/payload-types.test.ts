import { avroType } from "@event-platform-kit/service/registered-schema";
import avro from "avsc";
import fc from "fast-check";
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
  });
});

/** Avro types of every shape; names are given afterwards, one to each. */
const { type: SHAPES } = fc.letrec<{ type: unknown }>((tie) => ({
  type: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>("null", "boolean", "int", "long", "float", "double", "bytes", "string"),
    fc.constantFrom<unknown>(
      { type: "long", logicalType: "timestamp-micros" },
      { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 },
      { type: "fixed", size: 3 },
      { type: "enum", symbols: ["A", "B"] },
    ),
    fc.record({ type: fc.constant("array"), items: tie("type") }),
    fc.record({ type: fc.constant("map"), values: tie("type") }),
    fc.array(tie("type"), { minLength: 1, maxLength: 3 }),
    fc.record({
      type: fc.constant("record"),
      fields: fc.array(fc.record({ type: tie("type"), mayBeLeftOut: fc.boolean() }), { maxLength: 3 }),
    }),
  ),
}));

/** A schema in which each named type has a name, and unions hold no branch twice and no union. */
function named(shape: unknown, path: string): unknown {
  if (typeof shape === "string") return shape;
  if (Array.isArray(shape)) {
    const branches = shape
      .filter((branch) => !Array.isArray(branch))
      .map((branch, at) => named(branch, `${path}B${at}`));
    const kindOf = (branch: unknown): unknown => {
      const { name, type } =
        typeof branch === "string" ? { name: undefined, type: branch } : (branch as Record<string, unknown>);
      return name ?? type;
    };
    const unlike = branches.filter(
      (branch, at) => branches.findIndex((other) => kindOf(other) === kindOf(branch)) === at,
    );
    return unlike.length === 0 ? "null" : unlike;
  }
  const type = shape as {
    type: string;
    items?: unknown;
    values?: unknown;
    fields?: readonly { type: unknown; mayBeLeftOut: boolean }[];
  };
  if (type.type === "array") return { type: "array", items: named(type.items, path) };
  if (type.type === "map") return { type: "map", values: named(type.values, path) };
  if (type.type === "enum" || type.type === "fixed") return { ...type, name: path, namespace: "n" };
  if (type.type !== "record") return type;
  const fields = (type.fields ?? []).map((each, at) => {
    const inner = named(each.type, `${path}F${at}`);
    return each.mayBeLeftOut
      ? { name: `f${at}`, type: ["null", ...[inner].flat().filter((branch) => branch !== "null")], default: null }
      : { name: `f${at}`, type: inner };
  });
  return { type: "record", name: path, namespace: "n", fields };
}

/** Values of a type, as the codec reads them. */
function valuesOf(type: avro.Type): fc.Arbitrary<unknown> {
  if (type instanceof avro.types.RecordType)
    return fc.record(Object.fromEntries(type.fields.map((each) => [each.name, valuesOf(each.type)])));
  if (type instanceof avro.types.ArrayType) return fc.array(valuesOf(type.itemsType), { maxLength: 2 });
  if (type instanceof avro.types.MapType)
    return fc.dictionary(fc.stringMatching(/^[a-z .]{1,3}$/), valuesOf(type.valuesType), { maxKeys: 2 });
  if (type instanceof avro.types.UnwrappedUnionType) return fc.oneof(...type.types.map(valuesOf));
  if (type instanceof avro.types.WrappedUnionType)
    return fc.oneof(
      ...type.types.map((branch) =>
        branch.typeName === "null" ? fc.constant(null) : fc.record({ [branch.branchName ?? ""]: valuesOf(branch) }),
      ),
    );
  if (type instanceof avro.types.EnumType) return fc.constantFrom(...type.symbols);
  if (type instanceof avro.types.FixedType)
    return fc.uint8Array({ minLength: type.size, maxLength: type.size }).map((content) => Buffer.from(content));
  return PRIMITIVES[type.typeName]!;
}
const PRIMITIVES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  int: fc.integer(),
  long: fc.maxSafeInteger(),
  float: fc.integer(),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }),
  bytes: fc.uint8Array({ maxLength: 3 }).map((content) => Buffer.from(content)),
  string: fc.string(),
};

/** The value without every field, at any depth, that has a default. */
function withoutDefaults(type: avro.Type, value: unknown): unknown {
  if (value === null) return null;
  if (type instanceof avro.types.RecordType)
    return Object.fromEntries(
      type.fields
        .filter((each) => each.defaultValue() === undefined)
        .map((each) => [each.name, withoutDefaults(each.type, (value as Record<string, unknown>)[each.name])]),
    );
  if (type instanceof avro.types.ArrayType)
    return (value as unknown[]).map((item) => withoutDefaults(type.itemsType, item));
  if (type instanceof avro.types.MapType)
    return Object.fromEntries(
      Object.entries(value as object).map(([key, item]) => [key, withoutDefaults(type.valuesType, item)]),
    );
  if (type instanceof avro.types.WrappedUnionType) {
    const [[name = "", content] = []] = Object.entries(value as object);
    const branch = type.types.find((each) => each.branchName === name);
    return branch === undefined ? value : { [name]: withoutDefaults(branch, content) };
  }
  if (type instanceof avro.types.UnwrappedUnionType) {
    const branch = type.types.find((each) => each.isValid(value));
    return branch === undefined ? value : withoutDefaults(branch, value);
  }
  return value;
}

/** A value as an expression. */
function literal(value: unknown): string {
  if (Buffer.isBuffer(value)) return `Buffer.from("${value.toString("hex")}", "hex")`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${literal(item)}`)
    .join(", ")} }`;
}

describe("values", () => {
  const samples = fc.sample(
    SHAPES.map((shape) =>
      codec(
        named(
          {
            type: "record",
            fields: [
              { type: shape, mayBeLeftOut: false },
              { type: "long", mayBeLeftOut: true },
            ],
          },
          "R",
        ) as object,
      ),
    ).chain((type) =>
      valuesOf(type).map((value) => ({ type, value: type.fromBuffer(type.toBuffer(value)) as unknown })),
    ),
    { numRuns: 200, seed: 1 },
  );
  /** Errors of a program that takes each value for its type. */
  const errorsOf = (
    side: PayloadUse["side"],
    given: (sample: (typeof samples)[number]) => unknown,
  ): readonly string[] => {
    const modules = samples.map((sample, at) => {
      const { names, declarations } = payloadTypes([{ type: sample.type, side }]);
      return [
        `service-templates/sample${at}.ts`,
        `${declarations.join("\n")}\nexport const value: ${names[0] ?? ""} = ${literal(given(sample))};\n`,
      ] as const;
    });
    return typeErrors(Object.fromEntries(modules));
  };

  it("that the codec reads are of the type that a consumer has", () => {
    expect(errorsOf("read", ({ value }) => value)).toEqual([]);
  }, 120_000);

  it("that are of a producer's type without any field that may be left out are written by the codec", () => {
    const given = (sample: (typeof samples)[number]): unknown => withoutDefaults(sample.type, sample.value);
    for (const sample of samples) expect(sample.type.isValid(given(sample)), literal(given(sample))).toBe(true);
    expect(errorsOf("written", given)).toEqual([]);
  }, 120_000);

  it("that lack a field are refused by the codec and by both types", () => {
    const lacking = ({ value }: (typeof samples)[number]): unknown => ({ f1: (value as { f1: unknown }).f1 });
    for (const sample of samples) expect(sample.type.isValid(lacking(sample))).toBe(false);
    for (const side of ["read", "written"] as const) {
      const files = errorsOf(side, lacking).map((error) => error.split(":")[0]);
      expect(new Set(files).size).toBe(samples.length);
    }
  }, 240_000);
});
