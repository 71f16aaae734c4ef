import { describe, expect, it } from "vitest";
import { latencies, recoveryFrom } from "../../../../cli/chaos/recovery.ts";
import type { OrderEnd } from "../../../../cli/load/definition.ts";
import type { WitnessedOrder } from "../../../../cli/witness.ts";

const order = (
  orderId: string,
  dueAt: number,
  answeredAt = dueAt + 10,
  outcome: WitnessedOrder["outcome"] = "accepted",
): WitnessedOrder => ({
  idempotencyKey: orderId,
  customerId: "customer",
  outcome,
  dueAt,
  answeredAt,
  ...(outcome === "accepted" ? { orderId } : {}),
});
const confirmed = (orderId: string, at: number): OrderEnd => ({ orderId, status: "confirmed", at });

describe("recovery from a fault", () => {
  const fault = { startedAt: 1_000, healedAt: 5_000 };

  it("counts to the next confirmation, and to the first of an order placed after the fault", () => {
    const orders = [order("early", 900), order("late", 1_500)];
    const recovery = recoveryFrom(fault, orders, [confirmed("early", 1_040), confirmed("late", 4_000)], 6_000);
    expect(recovery).toEqual({ nextConfirmedMs: 40, nextNewConfirmedMs: 3_000, longestGapMs: 2_960 });
  });

  it("counts the silence up to the end of the load", () => {
    const recovery = recoveryFrom(fault, [order("a", 1_100)], [confirmed("a", 1_200)], 9_000);
    expect(recovery.longestGapMs).toBe(7_800);
  });

  it("does not take confirmations before the fault, or cancellations, for recovery", () => {
    const ends: OrderEnd[] = [confirmed("a", 999), { orderId: "b", status: "cancelled", at: 1_500 }];
    expect(recoveryFrom(fault, [order("a", 900), order("b", 1_100)], ends, 6_000)).toEqual({
      nextConfirmedMs: null,
      nextNewConfirmedMs: null,
      longestGapMs: null,
    });
  });

  it("does not let confirmations after the load hide a silence within it", () => {
    const recovery = recoveryFrom(
      fault,
      [order("a", 1_100), order("b", 1_200)],
      [confirmed("a", 1_200), confirmed("b", 20_000)],
      9_000,
    );
    expect(recovery.longestGapMs).toBe(7_800);
  });
});

describe("latencies by phase", () => {
  it("puts an order into the phase in which it was due", () => {
    const faults = [
      { startedAt: 2_000, healedAt: 3_000 },
      { startedAt: 1_000, healedAt: 2_500 },
    ];
    const orders = [
      order("before", 999),
      order("first", 1_000),
      order("last", 3_000),
      order("after", 3_001),
      order("refused", 3_500, 3_600, "refused"),
    ];
    const { accepted, confirmed: ended } = latencies(faults, orders, [
      confirmed("before", 1_099),
      confirmed("after", 3_101),
    ]);
    expect([accepted.before.count, accepted.during.count, accepted.after.count]).toEqual([1, 2, 1]);
    expect([ended.before.p50, ended.during.count, ended.after.p50]).toEqual([100, 0, 100]);
  });
});
