import { mishapOf } from "@event-platform-kit/service/simulation/mishap";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrackingReport } from "../src/carriers/carrier.ts";
import { CARRIERS } from "../src/carriers/carrier.ts";
import { reportOf } from "../src/carriers/parcel.ts";
import { trackingNumberOf } from "../src/carriers/tracking-number.ts";
import type { UnderWay } from "../src/tracking/decide.ts";
import { afterReport } from "../src/tracking/decide.ts";

describe("what a report means", () => {
  it.each<[UnderWay, TrackingReport["state"] | undefined, string, string[]]>([
    ["booked", undefined, "booked", []],
    ["booked", "accepted", "booked", []],
    ["booked", "in_transit", "dispatched", ["shipment.dispatched"]],
    ["booked", "delivered", "delivered", ["shipment.dispatched", "shipment.delivered"]],
    ["dispatched", undefined, "dispatched", []],
    ["dispatched", "accepted", "dispatched", []],
    ["dispatched", "in_transit", "dispatched", []],
    ["dispatched", "delivered", "delivered", ["shipment.delivered"]],
  ])("%s, and the carrier says %s: %s", (status, state, expected, steps) => {
    expect(afterReport(status, state === undefined ? undefined : { state })).toEqual({ status: expected, steps });
  });

  it("gives each step once and in order, whatever is reported how often in whichever order", () => {
    const states = fc.array(fc.constantFrom<TrackingReport["state"]>("accepted", "in_transit", "delivered"), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(states, (reports) => {
        let status: UnderWay | "delivered" = "booked";
        const steps: string[] = [];
        for (const state of [...reports, "delivered"] as const) {
          if (status === "delivered") break;
          const move = afterReport(status, { state });
          status = move.status;
          steps.push(...move.steps);
        }
        expect(steps).toEqual(["shipment.dispatched", "shipment.delivered"]);
      }),
    );
  });
});

describe("a simulated parcel", () => {
  const durations = { dispatchMs: 2_000, deliveryMs: 5_000 };
  it.each([
    [0, { state: "accepted", expectedChangeAt: 3_000 }],
    [1_999, { state: "accepted" }],
    [2_000, { state: "in_transit", dispatchedAt: 3_000, expectedChangeAt: 8_000 }],
    [6_999, { state: "in_transit" }],
    [7_000, { state: "delivered", dispatchedAt: 3_000, deliveredAt: 8_000 }],
  ])("after %i ms", (after, expected) => {
    expect(reportOf(1_000, 1_000 + after, durations)).toMatchObject(expected);
  });
  it("has a number in its carrier's form, the same for the same booking, another for another", () => {
    expect(trackingNumberOf("fedex", "a/0")).toMatch(/^\d{20}$/u);
    expect(trackingNumberOf("ups", "a/0")).toMatch(/^1Z[0-9A-Z]{16}$/u);
    const numbers = CARRIERS.flatMap((carrier) =>
      Array.from({ length: 500 }, (_, turn) => trackingNumberOf(carrier, `a/${turn}`)),
    );
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(trackingNumberOf("ups", "a/7")).toBe(trackingNumberOf("ups", "a/7"));
  });
});

describe("mishaps", () => {
  it("are decided by the seed, come at their rate, and half of them after the booking", () => {
    const fates = (seed: number, rate: number): readonly (string | undefined)[] =>
      Array.from({ length: 4_000 }, (_, place) => mishapOf(seed, rate, `booking-${place}`, 1));
    expect(fates(7, 0.3)).toEqual(fates(7, 0.3));
    expect(fates(7, 0.3)).not.toEqual(fates(8, 0.3));
    expect(fates(7, 0).every((fate) => fate === undefined)).toBe(true);
    expect(fates(7, 1).every((fate) => fate !== undefined)).toBe(true);
    for (const kind of ["unavailable", "silent"]) {
      const share = fates(7, 0.3).filter((fate) => fate === kind).length / 4_000;
      expect(share).toBeGreaterThan(0.12);
      expect(share).toBeLessThan(0.18);
    }
  });
  it("differ from attempt to attempt", () => {
    expect(new Set(Array.from({ length: 50 }, (_, attempt) => mishapOf(1, 0.5, "a/0", attempt) ?? "good")).size).toBe(
      3,
    );
  });
});
