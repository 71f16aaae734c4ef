import { describe, expect, it } from "vitest";
import { earlierVersions, type SchemaBlob } from "../../../../cli/diff/schema-versions.ts";

const money = (...fields: readonly string[]): SchemaBlob => ({
  name: "c.Money",
  format: "avro",
  json: { type: "record", name: "Money", namespace: "c", fields: fields.map((name) => ({ name, type: "long" })) },
});
const order = (...fields: readonly string[]): SchemaBlob => ({
  name: "e.Order",
  format: "avro",
  json: {
    type: "record",
    name: "Order",
    namespace: "e",
    fields: [{ name: "total", type: "c.Money" }, ...fields.map((name) => ({ name, type: "long" }))],
  },
});
const blobs = new Map([
  ["m1", money("a")],
  ["m2", money("a", "b")],
  ["m3", money("a", "b", "c")],
  ["o1", order()],
  ["o2", order("x")],
]);
/** Newest first: the type changes before and after the event does. */
const commits = [
  [{ path: "Money.avsc", oid: "m3", previous: "m2" }],
  [
    { path: "events/Order.avsc", oid: "o2" },
    { path: "Order.avsc", previous: "o1" },
  ],
  [{ path: "Money.avsc", oid: "m2", previous: "m1" }],
  [
    { path: "Order.avsc", oid: "o1" },
    { path: "Money.avsc", oid: "m1" },
  ],
];
const fieldsOf = (schema: string): string =>
  [...schema.matchAll(/"name":"([a-z])"/gu)].map((match) => match[1]).join("");

describe("earlier versions of a record", () => {
  it("hold the types of other files as they were in the same commit, newest first, under whatever path", () => {
    const found = earlierVersions(new Set(["e.Order"]), commits, blobs);
    expect(found.needsOthers).toBe(false);
    expect(found.versions.get("e.Order")?.map(fieldsOf)).toEqual(["abcx", "abx", "ab", "a"]);
  });

  it("of a shared type are its own", () => {
    expect(
      earlierVersions(new Set(["c.Money"]), commits, blobs)
        .versions.get("c.Money")
        ?.map(fieldsOf),
    ).toEqual(["abc", "ab", "a"]);
  });

  it("ask for what they refer to where it was not read", () => {
    const found = earlierVersions(
      new Set(["e.Order"]),
      commits,
      new Map([...blobs].filter(([oid]) => oid.startsWith("o"))),
    );
    expect(found).toEqual({ versions: new Map([["e.Order", []]]), needsOthers: true });
  });

  it("leave out what is no schema, and end where the record did not exist", () => {
    const broken = new Map([
      ...blobs,
      [
        "o1",
        { name: "e.Order", format: "avro", json: { type: "record", name: "Order", namespace: "e" } } as const,
      ] as const,
    ]);
    expect(earlierVersions(new Set(["e.Order", "e.Other"]), commits, broken).versions).toEqual(
      new Map([
        ["e.Order", expect.arrayContaining([])],
        ["e.Other", []],
      ]),
    );
    expect(
      earlierVersions(new Set(["e.Order"]), commits, broken)
        .versions.get("e.Order")
        ?.map(fieldsOf),
    ).toEqual(["abcx", "abx"]);
  });
});
