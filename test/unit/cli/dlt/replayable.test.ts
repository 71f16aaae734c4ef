import { describe, expect, it } from "vitest";
import { checkReplayable, isReplayable } from "../../../../cli/dlt/resolve.ts";
import type { ServiceContract } from "../../../../cli/verify/evidence.ts";
import { deadLetter } from "./sample-dead-letters.ts";

const contract = (service: string, consumed: readonly string[], retries: readonly string[] = []): ServiceContract => ({
  service,
  group: service,
  consumes: consumed.map((topic) => ({ topic, events: [] })),
  publishes: [],
  deadLetterTopic: `${service}.dlt`,
  retryTopics: retries.map((topic) => ({ topic, delayMs: 1_000 })),
});
const CONTRACTS = [
  contract("payment-service", ["order-events"], ["payment-service.retry-1s"]),
  contract("order-service", ["payment-events"]),
];
const from = (topic: string, group = "payment-service") =>
  deadLetter({ group, origin: { topic, partition: 0, offset: "1" } });

describe("a letter may be replayed to", () => {
  it.each([
    ["what its group consumes", from("order-events"), true],
    [
      "its group's retry topic: what it holds says where it failed first, or is worth nothing",
      from("payment-service.retry-1s"),
      false,
    ],
    ["what another group consumes", from("payment-events"), false],
    ["another group's retry topic", from("payment-service.retry-1s", "order-service"), false],
    ["its group's own dead-letter records", from("payment-service.dlt"), false],
    ["a topic of Kafka's own", from("__consumer_offsets"), false],
    ["a topic whose name only begins so", from("order-events-2"), false],
    ["anything, for a group that nobody planned", from("order-events", "stranger"), false],
  ])("%s", (_, each, may) => {
    expect(isReplayable(each, CONTRACTS)).toBe(may);
    if (may) expect(() => checkReplayable(each, CONTRACTS)).not.toThrow();
    else
      expect(() => checkReplayable(each, CONTRACTS)).toThrow(
        expect.objectContaining({ code: "KIT_DLT_FOREIGN_TOPIC", exitCode: 1 }),
      );
  });
});
