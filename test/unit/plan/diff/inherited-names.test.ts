/** Names that every JavaScript object has: a topic may be called toString, and a service constructor. */
import avro from "avsc";
import { describe, expect, it } from "vitest";
import { readModel } from "../../../../components/model/read.ts";
import { readAvroSchema } from "../../../../components/model/schemas/avro-schema.ts";
import type { SourceFile } from "../../../../components/model/source-file.ts";
import { readTopics } from "../../../../components/model/topics/read-topics.ts";
import { codeOwners } from "../../../../components/plan/access/code-owners.ts";
import { comparePlatforms } from "../../../../components/plan/diff/compare.ts";
import { type PlatformState, platformState } from "../../../../components/plan/diff/state.ts";
import { checkDeclaration } from "../../../../policies/check.ts";

const inherited = Object.getOwnPropertyNames(Object.prototype);

/** Names in the places that a project team chooses. */
interface Names {
  readonly topic: string;
  readonly service: string;
  readonly team: string;
  readonly word: string;
  readonly field: string;
  readonly record: string;
  readonly label: string;
}

const ordinary: Names = {
  topic: "orders",
  service: "writer",
  team: "sellers",
  word: "order",
  field: "remark",
  record: "OrderMade",
  label: "reason",
};

/** A name of the same length and letter cases that no object has. */
const standIn = (name: string): string => name.replaceAll(/[a-z]/g, "q").replaceAll(/[A-Z]/g, "Q");

/** Versions of the project. `aside`: the topic does not exist yet, but its service does. */
interface Version {
  readonly quota: string;
  readonly more?: boolean;
  readonly aside?: boolean;
}

function filesOf(
  { topic, service, team, word, field, record, label }: Names,
  { quota, more = false, aside = false }: Version,
): SourceFile[] {
  const schema = (name: string) =>
    JSON.stringify({
      type: "record",
      name,
      namespace: "com.example",
      doc: "It.",
      fields: [
        { name: "id", type: "string", doc: "It." },
        ...(more ? [{ name: field, type: ["null", "string"], default: null, doc: "It." }] : []),
      ],
    });
  return [
    {
      path: "topics/sales.yaml",
      text: `domain: sales
owner: {team: ${team}, contact: "#sales"}
criticality: low
classification: internal
services: [${service}, reader]
topics:
${
  aside
    ? ""
    : `  ${topic}:
    description: What is sold.
    partitions: 6
    retention: ${more ? "8d" : "7d"}
    key: id
    labels: {${label}: because}
    events: {${word}.made: {schema: schemas/Made.avsc}}
    producers: {${service}: {rate: 10kB/s, quota: ${quota}}}
    consumers: {reader: {instances: 2, events: [${word}.made], quota: ${quota}, retry: [10s]}}
`
}  Aside:
    description: What is not.
    partitions: 6
    key: id
    events: {left.over: {schema: schemas/Left.avsc}}
    producers: {${service}: {rate: 10kB/s, quota: 1MiB/s}}
    consumers: {${more ? `reader: {instances: 2, events: [left.over], quota: 1MiB/s}` : ""}}
`,
    },
    { path: "topics/schemas/Made.avsc", text: schema(record) },
    { path: "topics/schemas/Left.avsc", text: schema("LeftOver") },
  ];
}

const empty: SourceFile[] = [
  { path: "topics/sales.yaml", text: 'domain: sales\nowner: {team: sellers, contact: "#sales"}\ncriticality: low\n' },
];
const stackFile = (names: Names): SourceFile => ({
  path: "stacks/Pulumi.prod.yaml",
  text: `config:\n  event-platform:platform:\n    substrate: local\n    budgets: {${names.team}: {partitions: 90}}\n    services: {${names.service}: {replicas: 2}}\n    policies: {retention-max: {max: 1d, label: ${names.label}}}\n`,
});

function stateOf(files: readonly SourceFile[], names: Names): PlatformState | readonly string[] {
  const read = readModel(files, stackFile(names));
  return read.ok
    ? platformState(read.value.model, read.value.stack, "prod")
    : read.problems.map(({ rule, message }) => `${rule}: ${message}`);
}

/** All output about a project and its changes, as sorted lines. */
function outcome(names: Names): string[] {
  const [few, many] = [filesOf(names, { quota: "1MiB/s" }), filesOf(names, { quota: "2MiB/s", more: true })];
  const states = [empty, few, many, filesOf(names, { quota: "1MiB/s", aside: true })].map((files) =>
    stateOf(files, names),
  );
  const checked = [few, many].map((files) => checkDeclaration({ files, stack: stackFile(names), today: "2026-11-25" }));
  const model = readTopics(many);
  const said: unknown[] = [checked, model.ok ? codeOwners(model.value, "platform") : ""];
  for (const [from, to] of [
    [0, 1],
    [1, 2],
    [2, 1],
    [1, 0],
    [3, 1],
    [1, 3],
  ] as const) {
    const [before, after] = [states[from], states[to]];
    if (before === undefined || after === undefined || !("plan" in before) || !("plan" in after))
      said.push(before, after);
    else {
      const { digest: _digest, ...diff } = comparePlatforms({ before, after }, { today: "2026-11-25" });
      said.push(diff, after.plan);
    }
  }
  return JSON.stringify(said, null, 1)
    .split("\n")
    .map((line) => line.replace(/,$/, ""))
    .sort();
}

/** Output about a name, with the substitute name in its place. */
function saidOf(place: keyof Names, name: string): string[] {
  return outcome({ ...ordinary, [place]: name })
    .map((line) => line.replaceAll(name, standIn(name)))
    .sort();
}

describe("a name that every object has", () => {
  const lowerCase = inherited.filter((name) => /^[a-z]+$/.test(name));

  it.each(inherited.flatMap((name) => (["topic", "record"] as const).map((place) => [name, place] as const)))(
    "%s is a %s like any other",
    (name, place) => {
      // YAML that holds it as a key is refused; as a name of Avro it is one.
      if (name === "__proto__" && place === "topic")
        expect(outcome({ ...ordinary, topic: name }).join("\n")).toContain('the key \\"__proto__\\" is not allowed');
      else expect(saidOf(place, name)).toEqual(outcome({ ...ordinary, [place]: standIn(name) }));
    },
  );

  it.each(inherited.filter((name) => name !== "__proto__"))("%s is a field like any other", (name) => {
    expect(saidOf("field", name)).toEqual(outcome({ ...ordinary, field: standIn(name) }));
  });

  it.each(
    lowerCase.flatMap((name) => (["service", "team", "word", "label"] as const).map((place) => [name, place] as const)),
  )("%s is a %s like any other", (name, place) => {
    expect(saidOf(place, name)).toEqual(outcome({ ...ordinary, [place]: standIn(name) }));
  });

  it("is refused as a field or symbol where JavaScript's Avro library loses it", () => {
    expect(outcome({ ...ordinary, field: "__proto__" }).join("\n")).toContain("the field __proto__ is lost");
    for (const name of inherited) {
      const schema = {
        type: "record",
        name: "A",
        namespace: "b",
        fields: [{ name: "c", type: { type: "enum", name: "E", symbols: [name, "D"] } }],
      };
      expect(readAvroSchema(schema)).toMatchObject({
        ok: false,
        problem: { path: ["fields", 0, "type", "symbols", 0] },
      });
      expect(() => avro.Type.forSchema(schema as avro.Schema)).toThrow("duplicate");
    }
  });
});
