/** Values that the codec reads and writes, held against the types of their payloads. */
import { avroType } from "@event-platform-kit/service/registered-schema";
import avro from "avsc";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PayloadUse, payloadTypes } from "../../../../cli/generate/payload-types.ts";
import { typeErrors } from "./type-check.ts";

const codec = (schema: object) => avroType({ schema: JSON.stringify(schema) });

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
  }, 300_000);

  it("that are of a producer's type without any field that may be left out are written by the codec", () => {
    const given = (sample: (typeof samples)[number]): unknown => withoutDefaults(sample.type, sample.value);
    for (const sample of samples) expect(sample.type.isValid(given(sample)), literal(given(sample))).toBe(true);
    expect(errorsOf("written", given)).toEqual([]);
  }, 300_000);

  it("that lack a field are refused by the codec and by both types", () => {
    const lacking = ({ value }: (typeof samples)[number]): unknown => ({ f1: (value as { f1: unknown }).f1 });
    for (const sample of samples) expect(sample.type.isValid(lacking(sample))).toBe(false);
    for (const side of ["read", "written"] as const) {
      const files = errorsOf(side, lacking).map((error) => error.split(":")[0]);
      expect(new Set(files).size).toBe(samples.length);
    }
  }, 300_000);
});
