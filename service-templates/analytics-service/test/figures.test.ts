import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OrderFacts, Step, StepName } from "../src/facts/order-facts.ts";
import { joined, STEPS, withStep } from "../src/facts/order-facts.ts";
import type { Figure } from "../src/figures/contributions.ts";
import { balance, contributions, MINUTE_MS } from "../src/figures/contributions.ts";

const AT = Date.UTC(2026, 10, 25, 12, 0, 30);
const minute = (place = 0): number => AT - 30_000 + place * MINUTE_MS;
const figure = (values: Partial<Figure>): object => ({ count: 1, ...values });

interface Report {
  readonly orderId: string;
  readonly name: StepName;
  readonly step: Step;
}

const product = fc.record({
  productId: fc.constantFrom("a", "b", "c"),
  pieces: fc.integer({ min: 1, max: 9 }),
  amount: fc.integer({ min: 1, max: 100_000 }),
});
const anyStep = fc.record(
  {
    at: fc.integer({ min: 0, max: 40 }).map((tenth) => AT + tenth * 10_000),
    currency: fc.constantFrom("EUR", "USD"),
    amount: fc.integer({ min: 0, max: 1_000_000 }),
    pieces: fc.integer({ min: 0, max: 50 }),
    products: fc.array(product, { maxLength: 3 }),
    reason: fc.constantFrom("payment_declined", "timed_out"),
  },
  { requiredKeys: ["at"] },
);
const anyReport: fc.Arbitrary<Report> = fc.record({
  orderId: fc.constantFrom("o1", "o2", "o3"),
  name: fc.constantFrom(...STEPS),
  step: anyStep,
});
/** Generates reports in batches, as they might be polled: in any order, some of them several times. */
const anyDelivery = fc
  .array(anyReport, { maxLength: 40 })
  .chain((reports) =>
    fc
      .array(fc.shuffledSubarray([...reports, ...reports.slice(0, 10)]), { maxLength: 4 })
      .map((again) => [...again, reports]),
  );

/** Returns the service's tables after batches. */
function afterBatches(batches: readonly (readonly Report[])[]): {
  readonly facts: ReadonlyMap<string, OrderFacts>;
  readonly figures: readonly Figure[];
} {
  const facts = new Map<string, OrderFacts>();
  let figures: readonly Figure[] = [];
  for (const batch of batches) {
    const taken = new Map<string, OrderFacts>();
    for (const { orderId, name, step } of batch) taken.set(orderId, withStep(taken.get(orderId) ?? {}, name, step));
    for (const [orderId, reported] of taken) {
      const before = facts.get(orderId) ?? {};
      // Values from the database were JSON, with their fields in another order.
      const after = reversedFields(joined(before, reported));
      figures = balance([...figures, ...balance(contributions(after), contributions(before))]);
      facts.set(orderId, after);
    }
  }
  return { facts, figures };
}

function reversedFields(facts: OrderFacts): OrderFacts {
  return JSON.parse(JSON.stringify(facts), (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toReversed())
      : value,
  ) as OrderFacts;
}

describe("figures", () => {
  it("count an order that was confirmed and that no carrier took as cancelled, once, and none of its products as sold", () => {
    const facts: OrderFacts = {
      "order.created": {
        at: AT,
        currency: "EUR",
        amount: 4_980,
        pieces: 2,
        products: [{ productId: "a", pieces: 2, amount: 4_980 }],
      },
      "order.confirmed": { at: AT + 100, currency: "EUR", amount: 4_980, pieces: 2 },
      "shipment.failed": { at: AT + 5_000 },
      "order.cancelled": { at: AT + 5_100, reason: "undeliverable" },
      "payment.refunded": { at: AT + 5_200, currency: "EUR", amount: 4_980 },
    };
    const of = (measure: Figure["measure"]): readonly string[] =>
      contributions(facts)
        .filter((item) => item.measure === measure)
        .map(({ label }) => label);
    expect({
      outcome: of("outcome"),
      cancelled: of("cancelled"),
      latency: of("latency"),
      product: of("product"),
    }).toEqual({ outcome: ["cancelled"], cancelled: ["undeliverable"], latency: ["confirmed 100"], product: [] });
    expect(of("step")).toContain("shipment.failed");
  });

  it("are what can be computed from the raw rows, whatever came in which batches", () => {
    fc.assert(
      fc.property(anyDelivery, (batches) => {
        const { facts, figures } = afterBatches(batches);
        expect(figures).toEqual(balance([...facts.values()].flatMap(contributions)));
      }),
      { numRuns: 500 },
    );
  });

  it("are the same for the same reports in any order, and when all of them come again", () => {
    fc.assert(
      fc.property(
        fc
          .array(anyReport, { maxLength: 30 })
          .chain((reports) =>
            fc.tuple(fc.constant(reports), fc.shuffledSubarray(reports, { minLength: reports.length })),
          ),
        ([reports, shuffled]) => {
          const expected = afterBatches([reports]).figures;
          expect(afterBatches(shuffled.map((report) => [report])).figures).toEqual(expected);
          expect(afterBatches([shuffled, reports, shuffled]).figures).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("never count an order twice for one step", () => {
    fc.assert(
      fc.property(anyDelivery, (batches) => {
        const { facts, figures } = afterBatches(batches);
        for (const name of STEPS) {
          const counted = figures
            .filter(({ measure, label }) => measure === "step" && label === name)
            .reduce((all, { count }) => all + count, 0);
          expect(counted).toBe([...facts.values()].filter((order) => order[name] !== undefined).length);
        }
        for (const { count, units, amount } of figures)
          expect(Math.min(count, units, amount)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("what an order adds", () => {
  const created: Step = {
    at: AT,
    currency: "EUR",
    amount: 4_980,
    pieces: 2,
    products: [{ productId: "mouse", pieces: 2, amount: 4_980 }],
  };

  it.each<[string, OrderFacts, readonly object[]]>([
    [
      "placed",
      { "order.created": created },
      [
        figure({ measure: "step", label: "order.created" }),
        figure({ measure: "ordered", currency: "EUR", units: 2, amount: 4_980 }),
      ],
    ],
    [
      "confirmed in the next minute",
      { "order.created": created, "order.confirmed": { at: AT + 45_000, currency: "EUR", amount: 4_980, pieces: 2 } },
      [
        figure({ measure: "step", minute: minute(), label: "order.created" }),
        figure({ measure: "step", minute: minute(1), label: "order.confirmed" }),
        figure({ measure: "ordered", minute: minute() }),
        figure({ measure: "sold", minute: minute(1), currency: "EUR", units: 2, amount: 4_980 }),
        figure({ measure: "outcome", minute: minute(), label: "confirmed" }),
        figure({ measure: "latency", minute: minute(1), label: "confirmed 60000", units: 45_000 }),
        figure({ measure: "product", minute: minute(1), label: "mouse", currency: "EUR", units: 2, amount: 4_980 }),
      ],
    ],
    [
      "cancelled before anybody knows that it was placed",
      { "order.cancelled": { at: AT, reason: "timed_out" } },
      [figure({ measure: "step", label: "order.cancelled" }), figure({ measure: "cancelled", label: "timed_out" })],
    ],
    [
      "ended before it began, by clocks that disagree",
      { "order.created": created, "order.cancelled": { at: AT - 5_000, reason: "timed_out" } },
      [
        figure({ measure: "step", label: "order.created" }),
        figure({ measure: "step", label: "order.cancelled" }),
        figure({ measure: "ordered" }),
        figure({ measure: "cancelled", label: "timed_out" }),
        figure({ measure: "outcome", label: "cancelled" }),
        figure({ measure: "latency", label: "cancelled 10", units: 0 }),
      ],
    ],
    [
      "refunded",
      { "payment.refunded": { at: AT, currency: "USD", amount: 100 } },
      [
        figure({ measure: "step", label: "payment.refunded" }),
        figure({ measure: "refunded", currency: "USD", amount: 100 }),
      ],
    ],
  ])("%s", (_name, facts, expected) => {
    const found = contributions(facts);
    expect(found).toHaveLength(expected.length);
    for (const part of expected) expect(found).toContainEqual(expect.objectContaining(part) as object);
  });
});
