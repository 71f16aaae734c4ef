import { expect, it } from "vitest";
import { expectRead } from "../../../../components/model/read.ts";
import { readTopics } from "../../../../components/model/topics/read-topics.ts";
import { comparePlatforms } from "../../../../components/plan/diff/compare.ts";
import { platformState } from "../../../../components/plan/diff/state.ts";
import { goodDomain, projectWith } from "../../model/project-files.ts";
import { stackWith } from "../sample-models.ts";

const base = `services: [order-service, payment-service]\n${goodDomain}`;
const state = (text: string) => platformState(expectRead(readTopics(projectWith(text))), stackWith(), "prod");

it.each([
  ["partitions", "partitions: 30", "partitions: 60", "order-events partitions", 8],
  ["retention", "retention: 7d", "retention: 8d", "order-events retention", 9],
  ["a setting that went, at its topic", "    retention: 7d\n", "", "order-events retention", 6],
  ["a description", "The life of an order.", "Orders.", "order-events description", 7],
  ["a producer's quota", "10MiB/s", "20MiB/s", "order-service producer", 15],
  ["a consumer's quota", "20MiB/s", "30MiB/s", "payment-service consumer", 17],
  ["a contact", "#team-checkout", "#checkout", "order contact", 3],
  ["a team", "team: checkout", "team: payments", "order team", 3],
  ["criticality", "criticality: high", "criticality: low", "order criticality", 4],
])("a change names the line of what changed: %s", (_what, from, to, wanted, line) => {
  // The stack keeps records for 7d, so that a setting which went changes something where the topic said otherwise.
  const before = from.includes("\n") ? base.replace("retention: 7d", "retention: 9d") : base;
  const after = base.replace(from, to);
  expect(after).not.toBe(before);
  const { changes } = comparePlatforms({ before: state(before), after: state(after) }, { today: "2026-11-25" });
  const found = changes.find(({ object, field }) => `${object} ${field ?? ""}` === wanted);
  expect(found, JSON.stringify(changes, null, 1)).toBeDefined();
  expect(found?.source).toMatchObject({ file: "topics/order.yaml", line });
});
