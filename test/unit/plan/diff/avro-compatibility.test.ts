import avro from "avsc";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compatibilityFailures, incompatibilities } from "../../../../components/plan/diff/avro/compatibility.ts";
import { schemaChanges } from "../../../../components/plan/diff/avro/schema-changes.ts";
import { parseAvro } from "../../../../components/plan/diff/avro/schema-tree.ts";

const record = (fields: readonly object[], more: object = {}): string =>
  JSON.stringify({ type: "record", name: "OrderCreated", namespace: "com.example", fields, ...more });
const orderId = { name: "orderId", type: "string" };
const item = (fields: readonly object[]): object => ({
  name: "items",
  type: { type: "array", items: { type: "record", name: "Item", fields } },
});

describe("compatibility", () => {
  it.each([
    [
      "a field added without default",
      [orderId],
      [orderId, { name: "coupon", type: "string" }],
      "BACKWARD",
      "coupon",
      /no default/,
    ],
    [
      "a field added without default, forward",
      [orderId],
      [orderId, { name: "coupon", type: "string" }],
      "FORWARD",
      undefined,
      undefined,
    ],
    [
      "a field with default added, full",
      [orderId],
      [orderId, { name: "coupon", type: "string", default: "" }],
      "FULL",
      undefined,
      undefined,
    ],
    ["a field removed", [orderId, { name: "total", type: "double" }], [orderId], "BACKWARD", undefined, undefined],
    [
      "a field removed, forward",
      [orderId, { name: "total", type: "double" }],
      [orderId],
      "FORWARD",
      "total",
      /earlier readers need total/,
    ],
    [
      "int widened to long",
      [{ name: "n", type: "int" }],
      [{ name: "n", type: "long" }],
      "BACKWARD",
      undefined,
      undefined,
    ],
    [
      "int widened to long, full",
      [{ name: "n", type: "int" }],
      [{ name: "n", type: "long" }],
      "FULL",
      "n",
      /reader of int cannot read long/,
    ],
    ["null allowed", [orderId], [{ name: "orderId", type: ["null", "string"] }], "BACKWARD", undefined, undefined],
    [
      "null no longer allowed",
      [{ name: "orderId", type: ["null", "string"] }],
      [orderId],
      "BACKWARD",
      "orderId",
      /fails on null/,
    ],
    [
      "a field of an item",
      [item([{ name: "price", type: "double" }])],
      [
        item([
          { name: "price", type: "double" },
          { name: "tax", type: "double" },
        ]),
      ],
      "BACKWARD",
      "items[].tax",
      /no default/,
    ],
    [
      "a symbol removed",
      [{ name: "e", type: { type: "enum", name: "E", symbols: ["A", "B"] } }],
      [{ name: "e", type: { type: "enum", name: "E", symbols: ["A"] } }],
      "BACKWARD",
      "e",
      /records with B exist/,
    ],
    [
      "a symbol removed, with a default",
      [{ name: "e", type: { type: "enum", name: "E", symbols: ["A", "B"] } }],
      [{ name: "e", type: { type: "enum", name: "E", symbols: ["A"], default: "A" } }],
      "BACKWARD",
      undefined,
      undefined,
    ],
    [
      "a symbol added, forward",
      [{ name: "e", type: { type: "enum", name: "E", symbols: ["A"] } }],
      [{ name: "e", type: { type: "enum", name: "E", symbols: ["A", "B"] } }],
      "FORWARD",
      "e",
      /do not know B/,
    ],
    [
      "a field renamed with an alias",
      [{ name: "total", type: "double" }],
      [{ name: "amount", aliases: ["total"], type: "double" }],
      "BACKWARD",
      undefined,
      undefined,
    ],
    [
      "a fixed of another size",
      [{ name: "f", type: { type: "fixed", name: "F", size: 4 } }],
      [{ name: "f", type: { type: "fixed", name: "F", size: 8 } }],
      "BACKWARD",
      "f",
      /8 bytes/,
    ],
    ["anything, unchecked", [orderId], [{ name: "x", type: "int" }], "NONE", undefined, undefined],
  ] as const)("of %s", (_, before, after, level, path, message) => {
    const [failure, ...others] = compatibilityFailures(record(after), [record(before)], level);
    expect(others).toEqual([]);
    expect(failure?.path).toBe(path);
    if (message !== undefined) expect(failure?.message).toMatch(message);
    if (failure !== undefined) expect(failure.fix).not.toBe("");
  });

  it("looks at every earlier version when it is transitive", () => {
    const first = record([orderId, { name: "coupon", type: "string" }]);
    const second = record([orderId]);
    const third = record([orderId, { name: "coupon", type: "int", default: 0 }]);
    expect(compatibilityFailures(third, [second, first], "BACKWARD")).toEqual([]);
    expect(compatibilityFailures(third, [second, first], "BACKWARD_TRANSITIVE")).toMatchObject([
      { path: "coupon", versionsBack: 2 },
    ]);
  });

  it("looks at a type that holds itself once, and still finds what is wrong in it", () => {
    const node = (fields: readonly object[]): string =>
      JSON.stringify({
        type: "record",
        name: "Node",
        namespace: "x",
        fields: [{ name: "next", type: ["null", "Node"] }, ...fields],
      });
    expect(compatibilityFailures(node([]), [node([])], "FULL")).toEqual([]);
    expect(incompatibilities(parseAvro(node([{ name: "n", type: "int" }])), parseAvro(node([])))).toMatchObject([
      { path: "n" },
    ]);
  });

  it("finds a fault again that it met while trying a branch in vain", () => {
    const inner = (type: string): object => ({ type: "record", name: "In", fields: [{ name: "v", type }] });
    const before = record([
      { name: "a", type: inner("string") },
      { name: "b", type: "In" },
    ]);
    const after = record([
      { name: "a", type: [inner("int"), "string"] },
      { name: "b", type: "In" },
    ]);
    expect(compatibilityFailures(after, [before], "BACKWARD").map(({ path }) => path)).toEqual(["a.v", "b.v"]);
  });
});

describe("what a schema's change consists of", () => {
  it("is said place by place, and a changed meaning of the same bytes is told apart", () => {
    const at = (logicalType: string): object => ({ name: "at", type: { type: "long", logicalType } });
    const changes = schemaChanges(
      record([orderId, at("timestamp-millis"), { name: "gone", type: "int" }]),
      record([orderId, at("timestamp-micros"), { name: "coupon", type: "string", default: "" }]),
    );
    expect(changes.described).toEqual([
      "at: long (timestamp-millis) becomes long (timestamp-micros)",
      'coupon (string) added with default ""',
      "gone (int) removed",
    ]);
    expect(changes.meaning).toEqual([
      expect.stringMatching(/^at was long \(timestamp-millis\) and is long \(timestamp-micros\)/),
    ]);
  });
});

/** Schemas as JSON, each named type defined where it is first used, with names from a small set so that two versions meet. */
const leaf = fc.constantFrom<unknown>("null", "boolean", "int", "long", "float", "double", "bytes", "string");
const named = fc.oneof(
  fc.record({
    kind: fc.constant("enum"),
    name: fc.constantFrom("E", "F"),
    symbols: fc.subarray(["A", "B", "C"], { minLength: 1 }),
    fallback: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("fixed"), name: fc.constantFrom("X", "Y"), size: fc.integer({ min: 1, max: 2 }) }),
);
type Shape = unknown;
const { shape } = fc.letrec<{ shape: Shape; field: Shape }>((tie) => ({
  shape: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    named,
    fc.record({ kind: fc.constantFrom("array", "map"), items: tie("shape") }),
    fc.record({
      kind: fc.constant("union"),
      branches: fc.uniqueArray(leaf, { minLength: 1, maxLength: 3 }),
      more: fc.option(named, { nil: undefined }),
    }),
    fc.record({
      kind: fc.constant("record"),
      name: fc.constantFrom("R", "S"),
      fields: fc.uniqueArray(tie("field"), { maxLength: 3, selector: (field) => (field as { name: string }).name }),
    }),
  ),
  field: fc.record({
    name: fc.constantFrom("a", "b", "c"),
    alias: fc.option(fc.constantFrom("d", "a"), { nil: undefined }),
    type: tie("shape"),
    fallback: fc.boolean(),
  }),
}));

/** Turns a shape into Avro; a name that is taken gets a number, so that every schema is valid. */
function toAvro(root: Shape): unknown {
  const used = new Map<string, number>();
  const fresh = (name: string): string => {
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count === 1 ? name : `${name}${count}`;
  };
  const build = (value: Shape): unknown => {
    if (typeof value === "string") return value;
    const node = value as Record<string, unknown> & { kind: string };
    switch (node.kind) {
      case "enum": {
        const symbols = node.symbols as string[];
        return {
          type: "enum",
          name: fresh(String(node.name)),
          symbols,
          ...(node.fallback === true ? { default: symbols[0] } : {}),
        };
      }
      case "fixed":
        return { type: "fixed", name: fresh(String(node.name)), size: node.size };
      case "array":
        return { type: "array", items: build(node.items) };
      case "map":
        return { type: "map", values: build(node.items) };
      case "union":
        return [...(node.branches as string[]), ...(node.more === undefined ? [] : [build(node.more)])];
      default: {
        const name = fresh(String(node.name));
        const own = node.fields as { name: string; alias?: string; type: Shape; fallback: boolean }[];
        const fields = own.map((field) => {
          const type = build(field.type);
          const fallback = field.fallback ? defaultOf(type) : undefined;
          return {
            name: field.name,
            type,
            ...(field.alias === undefined || own.some(({ name: other }) => other === field.alias)
              ? {}
              : { aliases: [field.alias] }),
            ...(fallback === undefined ? {} : { default: fallback.value }),
          };
        });
        return { type: "record", name, fields };
      }
    }
  };
  const type = build(root);
  return { type: "record", name: "Root", namespace: "com.example", fields: [{ name: "value", type }] };
}

function defaultOf(type: unknown): { value: unknown } | undefined {
  if (Array.isArray(type)) return defaultOf(type[0]);
  if (typeof type === "string")
    return {
      value: { null: null, boolean: false, int: 0, long: 0, float: 0.5, double: 0.5, bytes: "", string: "" }[type],
    };
  const { type: kind, symbols } = type as { type: string; symbols?: string[] };
  if (kind === "enum") return { value: symbols?.[0] };
  if (kind === "array") return { value: [] };
  if (kind === "map") return { value: {} };
  return undefined;
}

/** The library's verdict. It builds a reader's resolver as the services do. */
function libraryReads(reader: unknown, writer: unknown): boolean {
  const type = (schema: unknown): avro.Type =>
    avro.Type.forSchema(structuredClone(schema) as avro.Schema, { wrapUnions: true });
  const [reading, writing] = [type(reader), type(writer)];
  try {
    reading.createResolver(writing);
    return true;
  } catch {
    return false;
  }
}

const verdict = (reader: unknown, writer: unknown): boolean =>
  incompatibilities(parseAvro(JSON.stringify(reader)), parseAvro(JSON.stringify(writer))).length === 0;

describe("the checker beside the library that services decode with", () => {
  it("comes to the same verdict for any two schemas", () => {
    fc.assert(
      fc.property(shape, shape, (first, second) => {
        const [reader, writer] = [toAvro(first), toAvro(second)];
        expect(verdict(reader, writer)).toBe(libraryReads(reader, writer));
      }),
      { numRuns: 2_000 },
    );
  });

  it("comes to the same verdict for a schema with one place changed", () => {
    fc.assert(
      fc.property(shape, leaf, fc.nat(), (whole, replacement, place) => {
        const [before, after] = [toAvro(whole), toAvro(replaced(whole, replacement, place))];
        expect(verdict(after, before)).toBe(libraryReads(after, before));
        expect(verdict(before, after)).toBe(libraryReads(before, after));
      }),
      { numRuns: 2_000 },
    );
  });

  it("lets every schema read itself", () => {
    fc.assert(
      fc.property(shape, (whole) => {
        expect(verdict(toAvro(whole), toAvro(whole))).toBe(true);
      }),
    );
  });
});

/** The shape with its n-th leaf replaced. */
function replaced(root: Shape, by: unknown, place: number): Shape {
  const count = (value: Shape): number =>
    typeof value === "object" && value !== null
      ? Object.values(value).reduce<number>((sum, inner) => sum + count(inner), 0)
      : isLeaf(value)
        ? 1
        : 0;
  let left = place % Math.max(1, count(root));
  const walk = (value: Shape): Shape => {
    if (Array.isArray(value)) return value;
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
          key,
          key === "fields" ? (inner as Shape[]).map(walk) : walk(inner),
        ]),
      );
    if (!isLeaf(value)) return value;
    left -= 1;
    return left === -1 ? by : value;
  };
  return walk(root);
}

function isLeaf(value: unknown): boolean {
  return (
    typeof value === "string" &&
    ["null", "boolean", "int", "long", "float", "double", "bytes", "string"].includes(value)
  );
}

describe("types that share parts", () => {
  /** A record whose two fields hold the same next record, and so on: 2^levels places, but few types. */
  const shared = (levels: number, leaf: string): string => {
    const level = (depth: number): object => ({
      type: "record",
      name: `L${depth}`,
      fields: [
        { name: "a", type: depth === levels ? leaf : level(depth + 1) },
        { name: "b", type: depth === levels ? leaf : `com.example.L${depth + 1}` },
      ],
    });
    return JSON.stringify({ ...level(0), namespace: "com.example" });
  };

  it("are compared in time that grows with the types, not with the places", () => {
    const [before, after] = [shared(30, "int"), shared(30, "string")];
    expect(schemaChanges(before, after).described.length).toBeLessThan(10);
    const failures = compatibilityFailures(after, [before], "FULL");
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.length).toBeLessThan(500);
    expect(compatibilityFailures(before, [before], "FULL")).toEqual([]);
  });
});
