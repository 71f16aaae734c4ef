import { expect, it } from "vitest";
import { expectRead } from "../../../../components/model/read.ts";
import { readTopics } from "../../../../components/model/topics/read-topics.ts";
import { comparePlatforms } from "../../../../components/plan/diff/compare.ts";
import { platformState } from "../../../../components/plan/diff/state.ts";
import { avroRecord, goodDomain, projectWith } from "../../model/project-files.ts";
import { stackWith } from "../sample-models.ts";

const rated = goodDomain.replace("{quota: 10MiB/s}", "{rate: 50kB/s, quota: 10MiB/s}");
const notes = `  order-notes:
    description: Remarks on an order.
    partitions: 12
    events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}
    producers:
      order-service: {}
`;
const stack = stackWith({ capacity: { diskPerBroker: "200GB" } });
const state = (text: string) =>
  platformState(
    expectRead(
      readTopics(projectWith(text, [{ path: "topics/schemas/order/OrderNoted.avsc", text: avroRecord("OrderNoted") }])),
    ),
    stack,
    "prod",
  );
const disk = (before: string, after: string) =>
  comparePlatforms({ before: state(before), after: state(after) }, { today: "2026-11-25" }).changes.find(
    ({ object }) => object === "prod/disk",
  );

it("a limit that only quotas pass names the producers that this change brings without a rate, and where", () => {
  expect(disk(rated, `${rated}${notes}`)).toMatchObject({
    kind: "capacity-unknown",
    hazard: "safe",
    reviewers: [],
    effects: [expect.stringMatching(/^disk per broker: unknown, at most .* by declared rates$/)],
    advice: ["declare what is really written, for example rate: 50kB/s, on order-notes/order-service"],
    source: { file: "topics/order.yaml", line: 22 },
  });
});

it("names all of them where the change brings none", () => {
  const longer = (text: string): string => text.replace("retention: 7d", "retention: 70d");
  expect(disk(`${goodDomain}${notes}`, longer(`${goodDomain}${notes}`))?.advice?.[0]).toBe(
    "declare what is really written, for example rate: 50kB/s, on order-events/order-service and order-notes/order-service",
  );
});

it("says nothing of rates where all are declared", () => {
  const change = disk(rated, rated.replace("retention: 7d", "retention: 900d").replace("rate: 50kB/s", "rate: 5MB/s"));
  expect(change).toMatchObject({ hazard: "refused", advice: ["ask for less, or add brokers first"] });
  expect(change?.source).toBeUndefined();
});
