import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { expectRead } from "../../../components/model/read.ts";
import type { Compatibility } from "../../../components/model/schemas/compatibility.ts";
import type { SourceFile } from "../../../components/model/source-file.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { codeOwners } from "../../../components/plan/access/code-owners.ts";
import { directionsOf, isTransitive, jointCompatibility } from "../../../components/plan/compatibility.ts";
import { planFingerprint } from "../../../components/plan/digest.ts";
import { findDrift } from "../../../components/plan/drift.ts";
import type { LiveSubject } from "../../../components/plan/live.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { registrationOrder } from "../../../components/plan/subjects.ts";
import type { PlannedSharedSubject, PlatformPlan } from "../../../components/plan/types.ts";
import { stackWith } from "./sample-models.ts";

const levels: readonly Compatibility[] = [
  "NONE",
  "BACKWARD",
  "BACKWARD_TRANSITIVE",
  "FORWARD",
  "FORWARD_TRANSITIVE",
  "FULL",
  "FULL_TRANSITIVE",
];
const namespace = "com.example.common";
const schema = (path: string, content: object): SourceFile => ({
  path: `topics/schemas/${path}.avsc`,
  text: JSON.stringify(content),
});
const domainFile = (name: string, team: string, level: Compatibility): SourceFile => ({
  path: `topics/${name}.yaml`,
  text: `domain: ${name}
owner: {team: ${team}, contact: "#${team}"}
criticality: low
topics:
  ${name}-events:
    description: x
    partitions: 1
    compatibility: ${level}
    events: {${name}.noted: {schema: schemas/${name}/Noted.avsc}}
    producers: {${name}-service: {rate: 1kB/s}}
`,
});

function declared(amount = "long"): readonly SourceFile[] {
  return [
    domainFile("order", "checkout", "BACKWARD"),
    domainFile("stock", "warehouse", "FORWARD_TRANSITIVE"),
    schema("common/Money", {
      type: "record",
      name: "Money",
      namespace,
      fields: [
        { name: "amount", type: amount },
        { name: "currency", type: "Currency" },
      ],
    }),
    schema("common/Currency", { type: "enum", name: "Currency", namespace, symbols: ["EUR"] }),
    schema("order/Noted", {
      type: "record",
      name: "OrderNoted",
      namespace: "com.example.events",
      fields: [{ name: "total", type: `${namespace}.Money` }],
    }),
    schema("stock/Noted", {
      type: "record",
      name: "StockNoted",
      namespace: "com.example.events",
      fields: [{ name: "price", type: ["null", `${namespace}.Currency`] }],
    }),
  ];
}
const modelOf = (files: readonly SourceFile[]) => expectRead(readTopics(files));
const planOf = (files: readonly SourceFile[]): PlatformPlan => planPlatform(modelOf(files), stackWith());

test.each<[Compatibility, readonly Compatibility[]]>([
  ["NONE", []],
  ["NONE", ["NONE", "NONE"]],
  ["BACKWARD", ["NONE", "BACKWARD"]],
  ["FULL", ["BACKWARD", "FORWARD"]],
  ["FULL_TRANSITIVE", ["BACKWARD", "FORWARD_TRANSITIVE"]],
  ["FORWARD_TRANSITIVE", ["FORWARD", "FORWARD_TRANSITIVE"]],
  ["FULL_TRANSITIVE", ["FULL", "BACKWARD_TRANSITIVE"]],
])("%s is what %j demand together", (wanted, of) => {
  expect(jointCompatibility(of)).toBe(wanted);
});

it("the joint level demands what each level demands, and no direction that none does", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...levels)), (of) => {
      const joint = jointCompatibility(of);
      expect([...directionsOf(joint)].sort()).toEqual([...new Set(of.flatMap(directionsOf))].sort());
      expect(isTransitive(joint)).toBe(of.some(isTransitive));
    }),
  );
});

describe("the plan of types that schemas share", () => {
  it("has a subject for each, at the level that all its events demand, with what it refers to", () => {
    const { sharedSubjects, subjects } = planOf(declared());
    expect(
      sharedSubjects.map(({ name, schemaPath, compatibility, references }) => ({
        name,
        schemaPath,
        compatibility,
        references,
      })),
    ).toEqual([
      {
        name: `${namespace}.Currency`,
        schemaPath: "common/Currency.avsc",
        compatibility: "FULL_TRANSITIVE",
        references: [],
      },
      {
        name: `${namespace}.Money`,
        schemaPath: "common/Money.avsc",
        compatibility: "BACKWARD",
        references: [`${namespace}.Currency`],
      },
    ]);
    expect(subjects.map(({ eventType, references }) => [eventType, references?.subjects])).toEqual([
      ["order.noted", [`${namespace}.Money`]],
      ["stock.noted", [`${namespace}.Currency`]],
    ]);
  });

  it("tells each service of the types that its events need, each after those that it refers to", () => {
    expect(
      planOf(declared()).contracts.map(({ service, types, publishes }) => [
        service,
        types?.map(({ name }) => name),
        publishes[0]?.references,
      ]),
    ).toEqual([
      ["order-service", [`${namespace}.Currency`, `${namespace}.Money`], [`${namespace}.Money`]],
      ["stock-service", [`${namespace}.Currency`], [`${namespace}.Currency`]],
    ]);
  });

  it("gives another fingerprint when a type changes that no event's own file mentions", () => {
    expect(planFingerprint(planOf(declared("int")), stackWith())).not.toBe(
      planFingerprint(planOf(declared()), stackWith()),
    );
  });

  it("asks the teams of all events for a review of a type's file", () => {
    const owners = codeOwners(modelOf(declared()), "platform");
    expect(owners.filter(({ pattern }) => pattern.startsWith("/topics/schemas/common/"))).toEqual([
      { pattern: "/topics/schemas/common/Currency.avsc", teams: ["checkout", "warehouse"] },
      { pattern: "/topics/schemas/common/Money.avsc", teams: ["checkout"] },
    ]);
  });

  it("is registered in an order in which everything is there that is referred to", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 20 }), { maxLength: 4 }), { maxLength: 20 }), (edges) => {
        // Each refers to some before it in a list that is then sorted by names which say nothing of the order.
        const name = (index: number): string => `t${(index * 7) % 23}`;
        const subjects = edges
          .map(
            (needs, index): PlannedSharedSubject => ({
              name: name(index),
              references: [...new Set(needs.filter((need) => need < index).map(name))].sort(),
              schemaPath: "",
              schema: "",
              selfContained: "",
              compatibility: "NONE",
              source: { file: "", line: 1, column: 1 },
            }),
          )
          .sort((a, b) => (a.name < b.name ? -1 : 1));
        const order = registrationOrder(subjects).map((subject) => subject.name);
        expect([...order].sort()).toEqual(subjects.map((subject) => subject.name).sort());
        for (const { name: own, references } of subjects)
          for (const needed of references) expect(order.indexOf(needed)).toBeLessThan(order.indexOf(own));
      }),
    );
  });
});

describe("drift of references", () => {
  const plan = planOf(declared());
  const live = (change: (subject: LiveSubject) => LiveSubject = (subject) => subject): readonly LiveSubject[] =>
    [
      ...plan.sharedSubjects.map(({ name, schema: text, compatibility, references }) => ({
        name,
        schema: text,
        schemaType: "AVRO",
        version: 2,
        compatibility,
        references: references.map((each) => ({ name: each, subject: each, version: 2 })),
      })),
      ...plan.subjects.map(({ name, schema: text, compatibility, references }) => ({
        name,
        schema: text,
        schemaType: "AVRO",
        version: 1,
        compatibility,
        references: (references?.subjects ?? []).map((each) => ({ name: each, subject: each, version: 2 })),
      })),
    ].map(change);
  const found = (subjects: readonly LiveSubject[]) =>
    findDrift(plan, { topics: [], acls: [], quotas: [], users: [], subjects })
      .filter(({ kind }) => kind === "subject")
      .map(({ class: kind, object, field, declared: wanted, live: is }) => [kind, object, field, wanted, is]);

  it("is none where each refers to the newest version", () => {
    expect(found(live())).toEqual([]);
  });
  it("shows a reference to an older version, and one that is missing", () => {
    const subject = "order-events-com.example.events.OrderNoted";
    expect(
      found(
        live((each) =>
          each.name === subject
            ? { ...each, references: [{ name: `${namespace}.Money`, subject: `${namespace}.Money`, version: 1 }] }
            : each,
        ),
      ),
    ).toEqual([["differs", subject, "references", `${namespace}.Money version 2`, `${namespace}.Money version 1`]]);
    expect(found(live((each) => (each.name === subject ? { ...each, references: [] } : each)))).toEqual([
      ["differs", subject, "references", `${namespace}.Money version 2`, "none"],
    ]);
  });
  it("shows a shared subject that is missing", () => {
    expect(found(live().filter(({ name }) => name !== `${namespace}.Money`))).toContainEqual([
      "missing",
      `${namespace}.Money`,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
