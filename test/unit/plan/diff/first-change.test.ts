import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstChange } from "../../../../components/plan/diff/avro/first-change.ts";

const schema = (fields: readonly object[], more: object = {}): string =>
  JSON.stringify({ type: "record", name: "A", namespace: "b", ...more, fields });
const [id, note, amount] = [
  { name: "id", type: "string" },
  { name: "note", type: "string" },
  { name: "amount", type: { type: "bytes", logicalType: "decimal", precision: 4 } },
];

describe("the first place where a schema differs", () => {
  it.each<[string, string, string, readonly (string | number)[]]>([
    ["a field added in the middle", schema([id, amount]), schema([id, note, amount]), ["fields", 1]],
    ["a field taken away", schema([id, note]), schema([id]), ["fields"]],
    [
      "a field's type, behind one that moved",
      schema([id, note, amount]),
      schema([id, { ...note, type: "int" }, amount]),
      ["fields", 1, "type"],
    ],
    [
      "a type's parameter",
      schema([amount]),
      schema([{ ...amount, type: { ...amount.type, precision: 5 } }]),
      ["fields", 0, "type", "precision"],
    ],
    ["a default added", schema([id]), schema([{ ...id, default: "" }]), ["fields", 0, "default"]],
    ["a default taken away", schema([{ ...id, default: "" }]), schema([id]), ["fields", 0]],
    ["the order of fields", schema([id, note]), schema([note, id]), ["fields", 0]],
    ["a doc of the record", schema([id]), schema([id], { doc: "It." }), ["doc"]],
    ["the name", schema([id]), schema([id], { name: "B" }), ["name"]],
    ["nothing", schema([id]), schema([id]), []],
  ])("%s", (_what, before, after, place) => {
    expect(firstChange(before, after)).toEqual(place);
  });

  it("is a place of the later version, and there is one exactly where the texts differ", () => {
    const json = fc.json({ maxDepth: 4 });
    fc.assert(
      fc.property(json, json, (a, b) => {
        const [before, after] = [JSON.stringify(JSON.parse(a)), JSON.stringify(JSON.parse(b))];
        let value: unknown = JSON.parse(after);
        for (const step of firstChange(before, after)) {
          expect(Object.hasOwn(value as object, step)).toBe(true);
          value = (value as Record<string | number, unknown>)[step];
        }
        expect(firstChange(after, after)).toEqual([]);
      }),
    );
  });
});
