import { readFile } from "node:fs/promises";
import { join } from "node:path";
import avro from "avsc";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { loadTopicFiles } from "../../../components/model/load.ts";
import { readAvroSchema } from "../../../components/model/schemas/avro-schema.ts";

const projectDir = join(import.meta.dirname, "../../..");
const record = (fields: unknown, more: object = {}): unknown => ({
  type: "record",
  name: "A",
  namespace: "a.b",
  fields,
  ...more,
});
const field = (type: unknown, more: object = {}): unknown => record([{ name: "x", type, ...more }]);

/** The codec library's verdict, which services meet at run time. */
function acceptedByAvsc(schema: unknown): boolean {
  try {
    avro.Type.forSchema(structuredClone(schema) as avro.Schema);
    return true;
  } catch {
    return false;
  }
}

describe("Avro schemas", () => {
  it("gives the full name, the fields in order, and the text without white space", () => {
    const schema = {
      type: "record",
      name: "A",
      namespace: "a.b",
      doc: "d",
      fields: [
        { name: "y", type: "int" },
        { name: "x", type: ["null", "string"], default: null },
      ],
    };
    expect(readAvroSchema(schema)).toEqual({
      ok: true,
      value: { record: "a.b.A", fields: ["y", "x"], schema: JSON.stringify(schema) },
    });
    expect(readAvroSchema({ type: "record", name: "a.b.A", fields: [] })).toMatchObject({ value: { record: "a.b.A" } });
  });

  const refused: [title: string, schema: unknown, path: (string | number)[], says: RegExp][] = [
    ["a union as event", ["null", "string"], [], /no record/],
    ["no namespace", { type: "record", name: "A", fields: [] }, ["name"], /namespace/],
    ["no name", { type: "record", fields: [] }, [], /no name/],
    ["no fields", { type: "record", name: "A", namespace: "a" }, [], /fields/],
    ["a field that is a text", record(["x"]), ["fields", 0], /name and type/],
    ["a field without type", record([{ name: "x" }]), ["fields", 0], /no type/],
    [
      "a field twice",
      record([
        { name: "x", type: "int" },
        { name: "x", type: "int" },
      ]),
      ["fields", 1, "name"],
      /twice/,
    ],
    ["a field's name with a dash", record([{ name: "x-y", type: "int" }]), ["fields", 0, "name"], /x-y/],
    ["an unknown type", field("strng"), ["fields", 0, "type"], /strng/],
    ["an unknown type in an array", field({ type: "array", items: "strng" }), ["fields", 0, "type", "items"], /strng/],
    ["an array of nothing", field({ type: "array" }), ["fields", 0, "type"], /items/],
    ["an enum without symbols", field({ type: "enum", name: "E", symbols: [] }), ["fields", 0, "type"], /symbols/],
    [
      "an enum with a symbol twice",
      field({ type: "enum", name: "E", symbols: ["A", "A"] }),
      ["fields", 0, "type", "symbols", 1],
      /twice/,
    ],
    [
      "an enum with a symbol far too often",
      field({
        type: "enum",
        name: "E",
        symbols: [...Array.from({ length: 100_000 }, (_, index) => `S${index}`), "S0"],
      }),
      ["fields", 0, "type", "symbols", 100_000],
      /twice/,
    ],
    [
      "an enum with a bad default",
      field({ type: "enum", name: "E", symbols: ["A"], default: "B" }),
      ["fields", 0, "type", "default"],
      /"B"/,
    ],
    ["a fixed without size", field({ type: "fixed", name: "F" }), ["fields", 0, "type"], /size/],
    ["a union in a union", field(["null", ["int"]]), ["fields", 0, "type", 1], /directly/],
    ["a union with a type twice", field(["int", "int"]), ["fields", 0, "type", 1], /twice/],
    ["an empty union", field([]), ["fields", 0, "type"], /at least one/],
    ["a default of another type", field("int", { default: "1" }), ["fields", 0, "default"], /"1"/],
    ["an int that is too large", field("int", { default: 2 ** 31 }), ["fields", 0, "default"], /2147483648/],
    ["a default for the second branch", field(["string", "null"], { default: null }), ["fields", 0, "default"], /null/],
    [
      "a type defined twice",
      record([
        { name: "x", type: { type: "enum", name: "E", symbols: ["A"] } },
        { name: "y", type: { type: "enum", name: "E", symbols: ["A"] } },
      ]),
      ["fields", 1, "type", "name"],
      /twice/,
    ],
  ];
  test.each(refused)("%s is refused at its place", (_title, schema, path, says) => {
    const read = readAvroSchema(schema);
    if (read.ok) throw new Error("the schema was accepted");
    expect(read.problem.path).toEqual(path);
    expect(`${read.problem.message} ${read.problem.fix ?? ""}`).toMatch(says);
  });

  it("agrees with the codec library on schemas of every shape", () => {
    const primitive = fc.constantFrom("null", "boolean", "int", "long", "float", "double", "bytes", "string", "strng");
    const { type } = fc.letrec<{ type: unknown }>((tie) => ({
      type: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        primitive,
        fc.record({ type: fc.constant("array"), items: tie("type") }),
        fc.record({ type: fc.constant("map"), values: tie("type") }),
        fc.record({
          type: fc.constant("enum"),
          name: fc.constantFrom("E", "F"),
          symbols: fc.array(fc.constantFrom("A", "B", "1"), { maxLength: 3 }),
        }),
        fc.record({
          type: fc.constant("record"),
          name: fc.constantFrom("R", "S"),
          fields: fc.array(fc.record({ name: fc.constantFrom("x", "y"), type: tie("type") }), { maxLength: 2 }),
        }),
        fc.array(primitive, { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(type, { maxLength: 2 }), (types) => {
        const schema = record(types.map((each, index) => ({ name: `f${index}`, type: each })));
        const read = readAvroSchema(schema);
        const library = acceptedByAvsc(schema);
        // Stricter than the library is allowed (empty enums and unions carry no data), laxer is not.
        if (read.ok) expect(library).toBe(true);
        else if (!/at least one|needs symbols/.test(read.problem.message)) expect(library).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it("accepts every schema of the reference case, as the codec library does", async () => {
    const files = (await loadTopicFiles(projectDir)).filter((file) => file.path.endsWith(".avsc"));
    expect(files).toHaveLength(14);
    for (const file of files) {
      const schema: unknown = JSON.parse(await readFile(join(projectDir, file.path), "utf8"));
      expect(readAvroSchema(schema), file.path).toMatchObject({ ok: true });
      expect(acceptedByAvsc(schema), file.path).toBe(true);
    }
  });
});
