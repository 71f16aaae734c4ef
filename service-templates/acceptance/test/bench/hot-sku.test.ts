import { describe, expect, it } from "vitest";
import type { SaleFigures } from "../../bench/hot-sku/judge.ts";
import { judgeSale } from "../../bench/hot-sku/judge.ts";

const RIGHT: SaleFigures = {
  orders: 3_000,
  units: 1_000,
  accepted: 3_000,
  confirmed: 1_000,
  cancelled: { insufficient_stock: 2_000 },
  unfinished: 0,
  before: { initial: 1_003, available: 1_000, reserved: 0, sold: 3 },
  after: { initial: 1_003, available: 0, reserved: 0, sold: 1_003 },
  leastAvailable: 0,
  keptPayments: { confirmed: 1_000, cancelled: 0 },
  elapsedMs: 40_000,
};
const missed = (sale: SaleFigures): readonly string[] =>
  judgeSale(sale, 60_000)
    .filter(({ reached }) => !reached)
    .map(({ what }) => what);

describe("a sale", () => {
  it("that went right misses nothing", () => {
    expect(missed(RIGHT)).toEqual([]);
  });
  it("with more units than orders sells one to each", () => {
    const { after } = RIGHT;
    expect(
      missed({
        ...RIGHT,
        orders: 10,
        accepted: 10,
        confirmed: 10,
        cancelled: {},
        after: { ...after, available: 990, sold: 13 },
        keptPayments: { confirmed: 10, cancelled: 0 },
      }),
    ).toEqual([]);
  });

  it.each<[string, Partial<SaleFigures>, string]>([
    ["one unit sold twice", { after: { ...RIGHT.after, sold: 1_004 } }, "units sold"],
    ["one unit sold too few", { after: { ...RIGHT.after, sold: 1_002, available: 1 } }, "units sold"],
    ["below zero for a moment", { leastAvailable: -1 }, "fewest units available"],
    ["a unit still set aside", { after: { ...RIGHT.after, reserved: 1 } }, "units still set aside"],
    ["an order refused", { accepted: 2_999 }, "orders accepted"],
    ["an order too many confirmed", { confirmed: 1_001 }, "orders confirmed"],
    ["another reason", { cancelled: { insufficient_stock: 1_999, timed_out: 1 } }, "cancelled for another reason"],
    [
      "money kept of a cancelled order",
      { keptPayments: { confirmed: 1_000, cancelled: 1 } },
      "payments kept for cancelled orders",
    ],
    [
      "a confirmed order unpaid",
      { keptPayments: { confirmed: 999, cancelled: 0 } },
      "payments kept for confirmed orders",
    ],
    ["an order without an end", { unfinished: 1 }, "orders without an end"],
    ["too slow", { elapsedMs: 60_001 }, "time to the last order's end"],
  ])("with %s is seen", (_, over, what) => {
    expect(missed({ ...RIGHT, ...over })).toContain(what);
  });

  it("is judged by speed in one statement alone, which decides nothing", () => {
    expect(
      judgeSale(RIGHT, 60_000)
        .filter(({ exact }) => !exact)
        .map(({ what }) => what),
    ).toEqual(["time to the last order's end"]);
  });
});
