import { describe, expect, it } from "vitest";
import { expectRead } from "../../../components/model/read.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import type { Model } from "../../../components/model/types.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { stackWith } from "../plan/sample-models.ts";
import { goodDomain, projectWith } from "./project-files.ts";

const read = (text: string): Model => expectRead(readTopics(projectWith(text)));

describe("what a topic's data is", () => {
  it("is said by the topic, else by its domain", () => {
    const domain = goodDomain.replace(
      "criticality: high",
      "criticality: high\nclassification: internal\nresidency: [us, eu]",
    );
    expect(read(domain).domains[0]?.topics[0]).toMatchObject({ classification: "internal", residency: ["eu", "us"] });
    const own = domain.replace(
      "retention: 7d",
      "retention: 7d\n    classification: restricted\n    residency: [eu]\n    labels: {long-retention: kept by law}",
    );
    expect(read(own).domains[0]?.topics[0]).toMatchObject({
      classification: "restricted",
      residency: ["eu"],
      labels: { "long-retention": "kept by law" },
    });
  });

  it("has a place for each setting in the file, and for those only", () => {
    expect(read(goodDomain).domains[0]?.topics[0]?.places).toEqual({
      description: { file: "topics/order.yaml", line: 6, column: 5 },
      partitions: { file: "topics/order.yaml", line: 7, column: 5 },
      retention: { file: "topics/order.yaml", line: 8, column: 5 },
      key: { file: "topics/order.yaml", line: 9, column: 5 },
    });
  });
});

describe("who answers for a domain", () => {
  it("has a place for each field of its head, also in a flow mapping", () => {
    const [domain] = read(`services:\n  - order-service\n  - api-gateway\n${goodDomain}`).domains;
    expect(domain?.places).toEqual({
      "services.order-service": { file: "topics/order.yaml", line: 2, column: 5 },
      "services.api-gateway": { file: "topics/order.yaml", line: 3, column: 5 },
      "owner.team": { file: "topics/order.yaml", line: 5, column: 9 },
      "owner.contact": { file: "topics/order.yaml", line: 5, column: 25 },
      criticality: { file: "topics/order.yaml", line: 6, column: 1 },
    });
  });
});

describe("what is missing or of the wrong kind", () => {
  const problems = (text: string): readonly string[] => {
    const reading = readTopics(projectWith(text));
    return reading.ok
      ? []
      : reading.problems.map(({ line, column, message, fix }) => `${line}:${column} ${message} | ${fix ?? ""}`);
  };
  it.each([
    [
      "a missing contact, at the owner",
      goodDomain.replace(', contact: "#team-checkout"', ""),
      '2:1 "contact" is missing in owner | add contact: …, for example "#team-checkout"',
    ],
    [
      "a missing owner, at the file's start",
      goodDomain.replace(/^owner.*\n/m, ""),
      '1:1 "owner" is missing | add owner: …, for example {team: checkout, contact: "#team-checkout"}',
    ],
    [
      "an owner of one word",
      goodDomain.replace(/^owner.*$/m, "owner: checkout"),
      '2:8 owner must be a mapping; got "checkout" | for example {team: checkout, contact: "#team-checkout"}',
    ],
    [
      "nothing where a number is wanted",
      goodDomain.replace("partitions: 30", "partitions:"),
      "7:16 topics.order-events.partitions must be a number; got nothing | for example 30",
    ],
    [
      "milliseconds",
      goodDomain.replace("retention: 7d", "retention: 604800000"),
      "8:16 topics.order-events.retention: expected a duration with a unit, for example 7d; got 604800000 (as milliseconds that is 7d) | write the unit right after the number",
    ],
    [
      "Kafka's forever",
      goodDomain.replace("retention: 7d", "retention: -1"),
      "8:16 topics.order-events.retention: expected a duration with a unit, for example 7d; got -1 (to keep records forever write forever) | write the unit right after the number",
    ],
    [
      "bytes",
      goodDomain.replace("quota: 10MiB/s", "quota: 1048576"),
      "14:30 topics.order-events.producers.order-service.quota: expected a rate with a unit, for example 10MiB/s; got 1048576 (as bytes per second that is 1MiB/s) | write the unit right after the number",
    ],
  ])("%s, with an example of what to write", (_title, text, says) => {
    expect(problems(text)).toContain(says);
  });
});

describe("what follows from new fields", () => {
  it("a tombstone's retention is set on the topic, and nothing where none is declared", () => {
    const planned = planPlatform(
      read(goodDomain.replace("retention: 7d", "retention: 7d\n    cleanup: compact\n    tombstoneRetention: 2d")),
      stackWith(),
    );
    expect(planned.topics.find(({ name }) => name === "order-events")?.config["delete.retention.ms"]).toBe("172800000");
    expect(
      planPlatform(read(goodDomain), stackWith()).topics.flatMap(({ config }) => Object.keys(config)),
    ).not.toContain("delete.retention.ms");
  });

  it("a transactional writer may use transactional ids of its own, and nobody else may", () => {
    const planned = planPlatform(
      read(goodDomain.replace("{quota: 10MiB/s}", "{quota: 10MiB/s, transactional: true}")),
      stackWith(),
    );
    expect(planned.acls.filter(({ resourceType }) => resourceType === "TransactionalID").map(({ key }) => key)).toEqual(
      ["order-service/Describe/TransactionalID/order-service.*", "order-service/Write/TransactionalID/order-service.*"],
    );
    expect(planPlatform(read(goodDomain), stackWith()).acls.map(({ resourceType }) => resourceType)).not.toContain(
      "TransactionalID",
    );
  });
});

describe("a saga", () => {
  const declared = `${goodDomain}sagas:
  order:
    description: An order is paid or cancelled.
    coordinator: order-service
    key: orderId
    starts: order.created
    succeeds: [order.created]
    fails: [order.cancelled]
    timeout: 5m
    steps:
      payment: {service: payment-service, command: order.created, success: [order.created], compensation: {command: order.cancelled, reply: order.cancelled}}
`;

  it("is read with its steps and places", () => {
    expect(read(declared).domains[0]?.sagas).toMatchObject([
      {
        name: "order",
        domain: "order",
        timeout: 300_000,
        source: { line: 18, column: 3 },
        steps: [{ name: "payment", failure: [], retriable: false, source: { line: 27 } }],
      },
    ]);
  });

  it.each([
    ["no step", declared.replace(/ {4}steps:[^]*$/, "    steps: {}\n"), /at least one step/],
    ["a timeout of nothing", declared.replace("5m", "0m"), /fail every run/],
    ["an unknown key", declared.replace("coordinator", "cordinator"), /did you mean "coordinator"/],
  ])("with %s is refused", (_title, text, says) => {
    const reading = readTopics(projectWith(text));
    expect(reading.ok ? "" : reading.problems.map(({ message, fix }) => `${message} ${fix ?? ""}`).join("\n")).toMatch(
      says,
    );
  });
});
