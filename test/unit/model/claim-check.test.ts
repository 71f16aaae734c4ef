import { describe, expect, it } from "vitest";
import { checkFit } from "../../../components/model/fit/fit.ts";
import { formatProblem } from "../../../components/model/problems/problem.ts";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import { claimableFields } from "../../../components/model/topics/claim-check.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { avroRecord, goodDomain } from "./project-files.ts";

const attachment = {
  name: "attachment",
  type: [
    "null",
    {
      type: "record",
      name: "Attachment",
      fields: [
        { name: "name", type: "string" },
        { name: "data", type: ["null", "bytes"], default: null },
      ],
    },
  ],
  default: null,
};
const schemas = [
  { path: "topics/schemas/order/OrderCreated.avsc", text: avroRecord("OrderCreated", [attachment]) },
  { path: "topics/schemas/order/OrderCancelled.avsc", text: avroRecord("OrderCancelled") },
];

function read(from: string, to: string) {
  if (!goodDomain.includes(from)) throw new Error(`the good file has no ${from}`);
  return readTopics([{ path: "topics/order.yaml", text: goodDomain.replace(from, to) }, ...schemas]);
}
const created = "schema: schemas/order/OrderCreated.avsc}";
const onEvent = (claim: string) => read(created, `schema: schemas/order/OrderCreated.avsc, claimCheck: ${claim}}`);
const onTopic = (claim: string) => read("    key: orderId\n", `    key: orderId\n    claimCheck: ${claim}\n`);

function problems(reading: ReturnType<typeof readTopics>): string {
  return reading.ok ? "" : reading.problems.map(formatProblem).join("\n");
}

function faults(reading: ReturnType<typeof readTopics>, stack: object): string {
  const settings = parseStackSettings({ substrate: "local", ...stack });
  if (!reading.ok || !settings.ok) throw new Error(problems(reading));
  return checkFit(reading.value, settings.value).map(formatProblem).join("\n");
}

describe("claimCheck of a topic and of an event", () => {
  it("holds for each body of the topic, and an event's own takes its place", () => {
    const whole = onTopic("{above: 256KiB}");
    if (!whole.ok) throw new Error(problems(whole));
    expect(whole.value.domains[0]?.topics[0]?.events.map(({ claimCheck }) => claimCheck)).toEqual([
      { above: 262_144, atMost: 10_485_760 },
      { above: 262_144, atMost: 10_485_760 },
    ]);
    const field = onEvent("{above: 64KiB, atMost: 5MiB, field: attachment.data}");
    if (!field.ok) throw new Error(problems(field));
    expect(field.value.domains[0]?.topics[0]?.events.map(({ claimCheck }) => claimCheck)).toEqual([
      undefined,
      { above: 65_536, atMost: 5_242_880, field: "attachment.data" },
    ]);
  });

  it.each([
    [
      "a field that is not there",
      onEvent("{above: 64KiB, field: attachment.date}"),
      /topics\/order\.yaml:11:\d+.*claim-check-field[\s\S]*did you mean "attachment\.data"/,
    ],
    ["a field of another type", onEvent("{above: 64KiB, field: orderId}"), /claim-check-field/],
    ["a path out of names", onEvent("{above: 64KiB, field: ../data}"), /is no path of a field/],
    ["a threshold without a unit", onTopic("{above: 262144}"), /topics\/order\.yaml:10:\d+[\s\S]*with a unit/],
    ["a threshold that leaves nothing to store", onTopic("{above: 2MiB, atMost: 1MiB}"), /nothing would be stored/],
    ["a field on a topic", onTopic("{above: 2MiB, field: attachment.data}"), /unknown-key/],
    [
      "fetching what is not handled",
      read(
        "events: [order.created, order.cancelled], quota",
        "events: [order.created], fetches: [order.cancelled], quota",
      ),
      /order\.yaml:16:\d+.*unknown-event/,
    ],
    [
      "fetching what is not stored",
      read(
        "events: [order.created, order.cancelled], quota",
        "events: [order.created], fetches: [order.created], quota",
      ),
      /nothing to fetch/,
    ],
    ["an unknown word", onTopic("{over: 2MiB}"), /unknown-key/],
  ])("refuses %s with its place", (_what, reading, expected) => {
    expect(problems(reading)).toMatch(expected);
  });
});

describe("what an environment must give", () => {
  it("is an end to the records' life", () => {
    expect(faults(onTopic("{above: 256KiB}"), { topics: { retention: "30d" } })).toBe("");
    expect(faults(onTopic("{above: 256KiB}\n    cleanup: compact"), {})).toMatch(
      /order\.yaml:10:\d+.*claim-check-endless/,
    );
    expect(
      faults(read("    retention: 7d\n    key: orderId\n", "    key: orderId\n    claimCheck: {above: 256KiB}\n"), {
        topics: { retention: "forever" },
      }),
    ).toMatch(/claim-check-endless/);
  });

  it("is room for what stays in the record", () => {
    expect(faults(onTopic("{above: 512KiB}"), { topics: { maxMessage: "256KiB" } })).toMatch(
      /claim-check-too-late[\s\S]*lower above to at most 240KiB/,
    );
  });

  it("is a store on Kubernetes", () => {
    const kubernetes = {
      postgres: { cloudNativePg: {} },
      redis: { inCluster: {} },
      workloads: { images: { registry: "registry.example.com" } },
    };
    expect(faults(onTopic("{above: 256KiB}"), { substrate: "kubernetes", kubernetes })).toMatch(
      /claim-check-store-missing[\s\S]*kubernetes\.claimCheckStore/,
    );
    const store = { endpoint: "https://s3.example.com", bucket: "claim-checks", cidrs: ["10.1.0.0/16"] };
    expect(
      faults(onTopic("{above: 256KiB}"), {
        substrate: "kubernetes",
        kubernetes: { ...kubernetes, claimCheckStore: store },
      }),
    ).toBe("");
  });
});

describe("fields that can be stored outside", () => {
  it("are bytes that may be null, through records, not through lists, maps or a record's own kind", () => {
    const schema = JSON.stringify({
      type: "record",
      name: "A",
      namespace: "x.y",
      fields: [
        { name: "plain", type: "bytes" },
        { name: "maybe", type: ["null", "bytes"] },
        {
          name: "inner",
          type: {
            type: "record",
            name: "B",
            fields: [
              { name: "data", type: ["bytes", "null"] },
              { name: "self", type: ["null", "B"] },
              { name: "up", type: ["null", "x.y.A"] },
            ],
          },
        },
        { name: "again", type: ["null", "B"] },
        { name: "list", type: { type: "array", items: "B" } },
        { name: "map", type: { type: "map", values: ["null", "bytes"] } },
        { name: "three", type: ["null", "bytes", "string"] },
      ],
    });
    expect(claimableFields(schema)).toEqual(["maybe", "inner.data", "again.data"]);
  });
});
