import { describe, expect, it } from "vitest";
import { expectRead } from "../../../components/model/read.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { comparePlatforms } from "../../../components/plan/diff/compare.ts";
import { platformState } from "../../../components/plan/diff/state.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { avroRecord, goodDomain } from "../model/project-files.ts";
import { stackWith } from "./sample-models.ts";

const data = { name: "data", type: ["null", "bytes"], default: null };
const schemas = [
  {
    path: "topics/schemas/order/OrderCreated.avsc",
    text: avroRecord("OrderCreated", [data, { ...data, name: "note" }]),
  },
  { path: "topics/schemas/order/OrderCancelled.avsc", text: avroRecord("OrderCancelled") },
];
const modelWith = (claim: string | undefined, domain = goodDomain) => {
  const entry = "schema: schemas/order/OrderCreated.avsc";
  return expectRead(
    readTopics([
      {
        path: "topics/order.yaml",
        text: domain.replace(entry, claim === undefined ? entry : `${entry}, claimCheck: ${claim}`),
      },
      ...schemas,
    ]),
  );
};
const day = 86_400_000;
/** 7 d and a segment of 28 h, until brokers look. */
const eventLife = (7 + 7 / 6) * day + 300_000;
/** 30 d and a segment of 5 d, until brokers look. */
const deadLetterLife = 35 * day + 300_000;

describe("the contract", () => {
  const contractsOf = (domain = goodDomain) =>
    new Map(
      planPlatform(modelWith("{above: 64KiB, field: data}", domain), stackWith({})).contracts.map((contract) => [
        contract.service,
        contract,
      ]),
    );

  it("lets a producer store below its own folder until neither its record nor a dead-letter record can refer to it", () => {
    const { publishes, claimChecks } = contractsOf().get("order-service") ?? {};
    expect(publishes?.map(({ event, claimCheck }) => [event, claimCheck])).toEqual([
      ["order.cancelled", undefined],
      ["order.created", { above: 65_536, atMost: 10_485_760, field: "data" }],
    ]);
    expect(claimChecks).toEqual({
      stores: [{ topic: "order-events", keepMs: eventLife + deadLetterLife }],
      fetches: [],
    });
  });

  const fetching = goodDomain.replace(
    "events: [order.created, order.cancelled], quota",
    "events: [order.created, order.cancelled], fetches: [order.created], quota",
  );

  it("lets a consumer that fetches read what the event's producers wrote, and no other", () => {
    expect(contractsOf().get("payment-service")).not.toHaveProperty("claimChecks");
    expect(contractsOf(fetching).get("payment-service")?.claimChecks).toEqual({
      stores: [],
      fetches: [{ topic: "order-events", producers: ["order-service"], atMost: 10_485_760 }],
    });
  });

  it("lets every consumer read a stored body", () => {
    const { contracts } = planPlatform(modelWith("{above: 64KiB}"), stackWith({}));
    expect(contracts.find(({ service }) => service === "payment-service")?.claimChecks?.fetches).toHaveLength(1);
  });

  it("keeps content for as long as the topic may keep its record where nobody consumes", () => {
    const alone = goodDomain.slice(0, goodDomain.indexOf("    consumers:"));
    expect(contractsOf(alone).get("order-service")?.claimChecks?.stores).toEqual([
      { topic: "order-events", keepMs: eventLife },
    ]);
  });

  it("says nothing where nothing is stored", () => {
    for (const contract of planPlatform(modelWith(undefined), stackWith({})).contracts)
      expect(contract).not.toHaveProperty("claimChecks");
  });
});

describe("kit diff", () => {
  const state = (claim: string | undefined) => platformState(modelWith(claim), stackWith({}), "prod");
  const change = (before: string | undefined, after: string | undefined) =>
    comparePlatforms({ before: state(before), after: state(after) }, { today: "2026-11-25" }).changes.find(
      ({ field }) => field === "claimCheck",
    );

  it.each([
    [
      "adding: readers that can't fetch",
      undefined,
      "{above: 64KiB, field: data}",
      "approval",
      /reader that can't fetch it finds null in data \(payment-service\)/,
    ],
    ["adding for the body", undefined, "{above: 64KiB}", "approval", /finds an empty body/],
    [
      "removing: records with references",
      "{above: 64KiB}",
      undefined,
      "approval",
      /payment-service may no longer read the store: records already written.*dead-letter records/,
    ],
    ["raising", "{above: 64KiB}", "{above: 128KiB}", "safe", /64KiB to 128KiB stays in the records/],
    ["lowering", "{above: 128KiB}", "{above: 64KiB}", "safe", /64KiB to 128KiB goes to the store/],
    [
      "another field",
      "{above: 64KiB, field: data}",
      "{above: 64KiB, field: note}",
      "approval",
      /note is stored in place of data/,
    ],
    ["a lower limit", "{above: 64KiB}", "{above: 64KiB, atMost: 1MiB}", "approval", /above 1MiB is refused/],
    ["a higher limit", "{above: 64KiB}", "{above: 64KiB, atMost: 20MiB}", "approval", /memory for content of 20MiB/],
  ])("judges %s", (_what, before, after, hazard, effect) => {
    const found = change(before, after);
    expect(found).toMatchObject({
      kind: "event-changed",
      object: "order-events/order.created",
      hazard,
      source: { file: "topics/order.yaml", line: 11 },
    });
    expect(found?.effects.join("\n")).toMatch(effect);
    expect(found?.reviewers).toEqual(hazard === "safe" ? [] : ["checkout"]);
  });

  it("says nothing when nothing changes", () => {
    expect(change("{above: 64KiB}", "{above: 64KiB, atMost: 10MiB}")).toBeUndefined();
  });

  it("judges who fetches", () => {
    const fetching = goodDomain.replace(
      "events: [order.created, order.cancelled], quota",
      "events: [order.created, order.cancelled], fetches: [order.created], quota",
    );
    const of = (domain: string) =>
      platformState(modelWith("{above: 64KiB, field: data}", domain), stackWith({}), "prod");
    const between = (before: string, after: string) =>
      comparePlatforms({ before: of(before), after: of(after) }, { today: "2026-11-25" }).changes.find(
        ({ field }) => field === "fetches",
      );
    expect(between(goodDomain, fetching)).toMatchObject({
      object: "order-events/payment-service",
      hazard: "safe",
      after: "order.created",
    });
    expect(between(fetching, goodDomain)).toMatchObject({
      hazard: "approval",
      effects: [expect.stringContaining("dead-letter records")],
    });
  });
});
