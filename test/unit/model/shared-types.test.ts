import { describe, expect, it } from "vitest";
import { dependenciesFirst, sharedTypesOf } from "../../../components/model/schemas/shared-types.ts";
import type { SourceFile } from "../../../components/model/source-file.ts";
import { readTopics, readTopicsAsFarAsGood } from "../../../components/model/topics/read-topics.ts";
import { ReadingCache } from "../../../components/model/topics/reading-cache.ts";
import type { EventDeclaration } from "../../../components/model/types.ts";
import { avroRecord, goodDomain } from "./project-files.ts";

const file = (name: string, schema: unknown): SourceFile => ({
  path: `topics/schemas/${name}.avsc`,
  text: JSON.stringify(schema, null, 2),
});
const money = file("common/Money", {
  type: "record",
  name: "Money",
  namespace: "com.example.common",
  fields: [
    { name: "amount", type: "long" },
    { name: "currency", type: "Currency" },
  ],
});
const currency = file("common/Currency", {
  type: "enum",
  name: "Currency",
  namespace: "com.example.common",
  symbols: ["EUR", "USD"],
});
const domain: SourceFile = { path: "topics/order.yaml", text: goodDomain };
const created = (...types: readonly unknown[]): SourceFile => ({
  path: "topics/schemas/order/OrderCreated.avsc",
  text: avroRecord(
    "OrderCreated",
    types.map((type, index) => ({ name: `f${index}`, type })),
  ),
});
const cancelled: SourceFile = { path: "topics/schemas/order/OrderCancelled.avsc", text: avroRecord("OrderCancelled") };

function problemsOf(...files: readonly SourceFile[]): string[] {
  const read = readTopics([domain, cancelled, ...files]);
  return read.ok
    ? []
    : read.problems.map(
        (problem) =>
          `${problem.file}:${problem.line}:${problem.column} ${problem.rule} ${problem.message} ${problem.fix ?? ""}`,
      );
}

function eventOf(...files: readonly SourceFile[]): EventDeclaration {
  const read = readTopics([domain, cancelled, ...files]);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const event = read.value.domains[0]?.topics[0]?.events.find(({ name }) => name === "order.created");
  if (event === undefined) throw new Error("no event");
  return event;
}

describe("types in files of their own", () => {
  it("stand in the schema in place of their first mention, and in the registry under their names", () => {
    const event = eventOf(
      money,
      currency,
      created("com.example.common.Money", ["null", "com.example.common.Money"], {
        type: "map",
        values: "com.example.common.Currency",
      }),
    );
    const defined = {
      type: "record",
      name: "Money",
      namespace: "com.example.common",
      fields: [
        { name: "amount", type: "long" },
        { name: "currency", type: JSON.parse((currency as { text: string }).text) },
      ],
    };
    expect((JSON.parse(event.schema) as { fields: { type: unknown }[] }).fields.map(({ type }) => type)).toEqual([
      "string",
      defined,
      ["null", "com.example.common.Money"],
      { type: "map", values: "com.example.common.Currency" },
    ]);
    expect(event.references?.schema).toBe(
      JSON.stringify(
        JSON.parse(
          (
            created("com.example.common.Money", ["null", "com.example.common.Money"], {
              type: "map",
              values: "com.example.common.Currency",
            }) as { text: string }
          ).text,
        ),
      ),
    );
    expect(
      event.references?.types.map(({ name, schemaPath, types }) => [name, schemaPath, types.map((each) => each.name)]),
    ).toEqual([
      ["com.example.common.Currency", "schemas/common/Currency.avsc", []],
      ["com.example.common.Money", "schemas/common/Money.avsc", ["com.example.common.Currency"]],
    ]);
    expect(dependenciesFirst(sharedTypesOf([event])).map(({ name }) => name)).toEqual([
      "com.example.common.Currency",
      "com.example.common.Money",
    ]);
  });

  it("leave a schema that needs none as it is", () => {
    expect(eventOf(money, currency, created("long")).references).toBeUndefined();
  });

  it.each<[string, readonly SourceFile[], RegExp]>([
    [
      "of a name that nothing defines",
      [created("com.example.common.Mony")],
      /^topics\/schemas\/order\/OrderCreated\.avsc:1:\d+ schema-invalid the type "com\.example\.common\.Mony" is not known .*file of its own/,
    ],
    [
      "that two files define",
      [
        money,
        currency,
        file("other/Money", JSON.parse((money as { text: string }).text)),
        created("com.example.common.Money"),
      ],
      /OrderCreated\.avsc.*com\.example\.common\.Money is defined in topics\/schemas\/common\/Money\.avsc and in topics\/schemas\/other\/Money\.avsc/,
    ],
    [
      "that refer to each other in a circle",
      [
        money,
        file("common/Currency", {
          type: "record",
          name: "Currency",
          namespace: "com.example.common",
          fields: [{ name: "limit", type: ["null", "Money"] }],
        }),
        created("com.example.common.Money"),
      ],
      /^topics\/schemas\/common\/Currency\.avsc:\d+:\d+ schema-invalid .*com\.example\.common\.Money → com\.example\.common\.Currency → com\.example\.common\.Money/,
    ],
    [
      "that are wrong themselves",
      [
        money,
        file("common/Currency", { type: "enum", name: "Currency", namespace: "com.example.common", symbols: [] }),
        created("com.example.common.Money"),
      ],
      /^topics\/schemas\/common\/Currency\.avsc:1:1 schema-invalid an enum needs symbols/,
    ],
    [
      "that are no named type",
      [file("common/Money", { type: "record", name: "com.example.common.Money" }), created("com.example.common.Money")],
      /^topics\/schemas\/common\/Money\.avsc:1:1 schema-invalid the record has no list/,
    ],
    [
      "that the schema defines as well",
      [
        money,
        currency,
        created(
          { type: "enum", name: "Currency", namespace: "com.example.common", symbols: ["EUR"] },
          "com.example.common.Money",
        ),
      ],
      /OrderCreated\.avsc:1:\d+ schema-invalid com\.example\.common\.Money can't be used here: it refers to com\.example\.common\.Currency, which this file defines as well/,
    ],
    [
      "that are another event's record",
      [created({ type: "array", items: "com.example.events.OrderCancelled" })],
      /^topics\/order\.yaml:\d+:\d+ schema-shared-record .*order\.created refers to com\.example\.events\.OrderCancelled, which is the record of order\.cancelled \(topics\/order\.yaml:12\)/,
    ],
  ])("are refused at their place: types %s", (_title, files, says) => {
    expect(
      problemsOf(...files).some((problem) => says.test(problem)),
      problemsOf(...files).join("\n"),
    ).toBe(true);
  });

  it("are refused once, however many schemas need them", () => {
    const broken = file("common/Money", {
      type: "record",
      name: "Money",
      namespace: "com.example.common",
      fields: [{ name: "amount", type: "lng" }],
    });
    const other: SourceFile = {
      path: cancelled.path,
      text: avroRecord("OrderCancelled", [{ name: "fee", type: "com.example.common.Money" }]),
    };
    const read = readTopics([domain, broken, created("com.example.common.Money"), other]);
    expect(read.ok ? [] : read.problems.filter((problem) => problem.file === broken.path)).toHaveLength(1);
  });

  it("are read in linear time however often they are mentioned", () => {
    const layers = Array.from({ length: 24 }, (_, index) =>
      file(`deep/T${index}`, {
        type: "record",
        name: `T${index}`,
        namespace: "com.example.deep",
        fields: ["a", "b"].map((name) => ({ name, type: index === 0 ? "int" : `T${index - 1}` })),
      }),
    );
    const event = eventOf(...layers, created("com.example.deep.T23"));
    expect(event.schema.length).toBeLessThan(10_000);
    expect(sharedTypesOf([event])).toHaveLength(24);
  });

  it("have a limit of depth", () => {
    const chain = Array.from({ length: 40 }, (_, index) =>
      file(`deep/T${index}`, {
        type: "record",
        name: `T${index}`,
        namespace: "com.example.deep",
        fields: [{ name: "a", type: index === 0 ? "int" : `T${index - 1}` }],
      }),
    );
    expect(problemsOf(...chain, created("com.example.deep.T39")).join("\n")).toContain(
      "more than 32 files refer to each other in a chain",
    );
  });

  it("make a domain read again when one of them changes, is doubled, or not at all", () => {
    const cache = new ReadingCache();
    const files = [domain, cancelled, currency, money, created("com.example.common.Money")];
    const first = readTopicsAsFarAsGood(files, cache);
    expect(readTopicsAsFarAsGood(files, cache).model.domains[0]).toBe(first.model.domains[0]);
    const changed = file("common/Currency", {
      type: "enum",
      name: "Currency",
      namespace: "com.example.common",
      symbols: ["EUR"],
    });
    expect(
      readTopicsAsFarAsGood(
        [domain, cancelled, changed, money, files[4] as SourceFile],
        cache,
      ).model.domains[0]?.topics[0]?.events.find(({ name }) => name === "order.created")?.schema,
    ).not.toContain("USD");
    expect(
      readTopicsAsFarAsGood([...files, file("second/Currency", JSON.parse((currency as { text: string }).text))], cache)
        .problems.map(({ message }) => message)
        .join(),
    ).toContain("is defined in");
  });

  it("and schemas that no event needs are listed", () => {
    const read = readTopics([domain, cancelled, money, currency, created("long")]);
    expect(read.ok ? read.value.unusedSchemas : read.problems).toEqual([
      "topics/schemas/common/Currency.avsc",
      "topics/schemas/common/Money.avsc",
    ]);
    const used = readTopics([domain, cancelled, money, currency, created("com.example.common.Money")]);
    expect(used.ok ? used.value.unusedSchemas : used.problems).toBeUndefined();
  });
});
