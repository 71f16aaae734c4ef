import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STEPS } from "../../../analytics-service/src/facts/order-facts.ts";
import { BUCKETS_MS } from "../../../analytics-service/src/figures/latency.ts";
import type { SampleContext } from "../../verify/evidence.ts";
import { LATENCY_BOUNDS_MS } from "../../verify/expected-figures.ts";
import { countedFigures } from "../../verify/invariants/counted-figures.ts";
import { FollowersWorld, NOW, PLACED } from "./followers-world.ts";

function problems(context: SampleContext): string {
  return countedFigures(context)
    .violations.examples.map(({ subject, message }) => `${subject} ${message}`)
    .join("\n");
}

function cancelled(world: FollowersWorld, orderId: string): void {
  for (const [place, type] of [
    "order.created",
    "payment.processed",
    "inventory.insufficient",
    "order.cancelled",
    "payment.refunded",
  ].entries())
    world.event(type, orderId, PLACED + 70_000 + place * 20);
}

function world(): FollowersWorld {
  const made = new FollowersWorld();
  made.delivered("one");
  made.delivered("two", PLACED + 90_000);
  cancelled(made, "three");
  return made.count();
}

const DAY_MS = 24 * 3_600_000;

describe("12: figures of analytics", () => {
  it("hold when they are what the topics give", () => {
    const { violations, figures, notes } = countedFigures(world().context());
    expect(violations.examples).toEqual([]);
    expect(figures).toMatchObject({ orders: 3, messages: 2, beyondTheTopics: 0, unreadable: 0, different: 0 });
    expect(notes).toEqual([]);
  });

  it("know the latency's buckets as the service does", () => {
    expect(LATENCY_BOUNDS_MS).toEqual(BUCKETS_MS);
  });

  it.each<[string, (made: FollowersWorld) => void, RegExp]>([
    [
      "an order that is counted twice",
      (made) => {
        const sold = made.figures.find(({ measure }) => measure === "sold");
        if (sold !== undefined) Object.assign(sold, { count: sold.count + 1, amount: sold.amount + 4_980 });
      },
      /^sold EUR 2026\S+ is 2 \(2 pieces or ms, 99.60\), the topics give 1 \(2 pieces or ms, 49.80\)$/mu,
    ],
    [
      "a figure that is missing",
      (made) =>
        void made.figures.splice(
          made.figures.findIndex(({ measure }) => measure === "product"),
          1,
        ),
      /^product sku-mouse EUR 2026\S+ is missing/mu,
    ],
    [
      "a figure that nothing gives",
      (made) =>
        made.figures.push({
          measure: "cancelled",
          minute: PLACED,
          label: "made_up",
          currency: "",
          count: 1,
          units: 0,
          amount: 0,
        }),
      /^cancelled made_up 2026\S+ is 1 .*the topics give 0/mu,
    ],
    [
      "an order that is not counted",
      (made) => void made.orders.shift(),
      /^one order.created, .* were applied and are not counted$/mu,
    ],
    [
      "a step that is not counted",
      (made) => {
        made.orders[0] = {
          orderId: "one",
          steps: Object.fromEntries(
            Object.entries(made.orders[0]?.steps ?? {}).filter(([type]) => type !== "shipment.created"),
          ),
        };
      },
      /^one shipment.created was applied and is not counted$/mu,
    ],
    [
      "a step that no record tells",
      (made) => {
        made.orders[0] = {
          orderId: "one",
          steps: { ...made.orders[0]?.steps, "payment.refunded": { at: PLACED, currency: "EUR", amount: 1 } },
        };
      },
      /^one counts payment.refunded, which no record tells/mu,
    ],
    [
      "another amount than the topic's",
      (made) => {
        made.orders[0] = {
          orderId: "one",
          steps: {
            ...made.orders[0]?.steps,
            "order.confirmed": { at: PLACED + 30, currency: "EUR", amount: 4_981, pieces: 2 },
          },
        };
      },
      /^one order.confirmed is counted as .*4981.*, the topics tell .*4980/mu,
    ],
    [
      "a message that is not counted",
      (made) => void made.counted.pop(),
      /^message-two was sent through email and is not counted$/mu,
    ],
    [
      "a message that nobody sent",
      (made) => made.counted.push({ messageId: "made-up", channel: "sms", sentAt: PLACED }),
      /^made-up is counted as a message/mu,
    ],
    [
      "a record that was counted and cannot be read",
      (made) => {
        const [record] = made.records;
        if (record !== undefined) {
          delete record.content;
          record.unreadable = "schema 7: no answer";
        }
      },
      /^order-events\/0\/0 1 records .* cannot be read here.*schema 7: no answer$/mu,
    ],
  ])("see %s", (_, change, message) => {
    const made = world();
    change(made);
    expect(problems(made.context())).toMatch(message);
  });

  it("count only what the group applied: poison and what is not read yet give nothing", () => {
    const made = world();
    made.event("order.created", "unread", PLACED);
    made.applied.pop();
    expect(problems(made.context())).toBe("");
  });

  it("take what the topics have lost from the service's own rows, and still see a wrong sum", () => {
    const made = new FollowersWorld();
    made.delivered("old", NOW - 9 * DAY_MS);
    made.delivered("first-kept");
    made.delivered("young", PLACED + 90_000);
    made.count();
    for (const topic of [
      "order-events",
      "payment-events",
      "inventory-events",
      "shipping-events",
      "notification-events",
    ])
      made.forget(topic, PLACED);
    const judged = countedFigures(made.context());
    expect(judged.violations.examples).toEqual([]);
    expect(judged.figures).toMatchObject({ orders: 3, beyondTheTopics: 3 });
    expect((judged.notes ?? []).join("")).toContain("lost their oldest records");
    const [figure] = made.figures;
    if (figure !== undefined) figure.count += 1;
    expect(problems(made.context())).not.toBe("");
  });

  it("do not call an order whole whose younger records another topic has lost", () => {
    const made = new FollowersWorld();
    made.delivered("old", NOW - 7 * DAY_MS);
    made.delivered("young");
    made.count();
    // Retention deletes a closed segment as a whole and keeps the open one: the start of the saga still exists, the
    // later records are gone.
    made.forget("payment-events", PLACED);
    expect(problems(made.context())).toBe("");
  });

  it("do not judge minutes whose orders the service has forgotten", () => {
    const made = world();
    made.figures.push({
      measure: "sold",
      minute: NOW - 36 * DAY_MS,
      label: "",
      currency: "EUR",
      count: 5,
      units: 5,
      amount: 5,
    });
    expect(problems(made.context())).toBe("");
  });

  it("are the service's for any history: any order of arrival, repeated reports, steps without a beginning", () => {
    const report = fc.record({
      type: fc.constantFrom(...STEPS),
      orderId: fc.constantFrom("a", "b"),
      at: fc.oneof(fc.integer({ min: PLACED, max: PLACED + 400_000 }), fc.constantFrom(PLACED, PLACED + 60_000)),
      amount: fc.integer({ min: 0, max: 3 }),
      reason: fc.constantFrom("timed_out", "payment_declined"),
    });
    fc.assert(
      fc.property(fc.array(report, { maxLength: 60, size: "max" }), (reports) => {
        const made = new FollowersWorld();
        for (const { type, orderId, at, amount, reason } of reports) {
          made.event(type, orderId, at, {
            ...(type === "order.created" || type === "order.confirmed" || type === "payment.refunded"
              ? { amount }
              : {}),
            ...(type === "order.cancelled" ? { reason } : {}),
            ...(type === "notification.sent"
              ? { message: { messageId: `${orderId}-${at}`, customerId: "c", channel: "sms", tells: [] } }
              : {}),
          });
        }
        expect(countedFigures(made.count().context()).violations.examples).toEqual([]);
      }),
    );
  });
});
