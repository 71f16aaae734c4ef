import { describe, expect, it } from "vitest";
import type { Witness, WitnessedOrder } from "../../../../cli/project/verification.ts";
import { judge } from "../../../../cli/verify/judge.ts";
import type { Verdict } from "../../../../cli/verify/verdict.ts";
import { NO_WITNESS } from "../../../../cli/witness.ts";
import { DECLINED, NOW, PAID, SHORT } from "../../../../test/unit/cli/verify/messaging-world.ts";
import type { SampleEvidence } from "../../verify/evidence.ts";
import { verification } from "../../verify/verification.ts";
import { SagaWorld } from "./saga-world.ts";

/** Returns the verdict of `kit verify` in this project. */
function judged(evidence: SampleEvidence, witness?: Witness): Verdict {
  return judge(evidence, witness, { own: verification.invariants });
}

function broken(verdict: Verdict): number[] {
  return verdict.invariants.filter(({ holds }) => !holds).map(({ id }) => id);
}

/** Returns the verdict on a world that was broken in one place. */
function after(change: (world: SagaWorld) => void, witness?: Witness): Verdict {
  const world = new SagaWorld();
  change(world);
  return judged(world.sampleEvidence(), witness);
}

function problemsOf(verdict: Verdict, id: number): string {
  return (verdict.invariants[id - 1]?.problems ?? []).map(({ subject, message }) => `${subject} ${message}`).join("\n");
}

function witnessed(orderId: string, change: Partial<WitnessedOrder> = {}): WitnessedOrder {
  return {
    idempotencyKey: `key-${orderId}`,
    customerId: "customer",
    outcome: "accepted",
    status: 202,
    orderId,
    dueAt: NOW - 4_000_000,
    answeredAt: NOW - 3_999_000,
    ...change,
  };
}

describe("a platform at rest", () => {
  it("holds every invariant, in the order of their numbers", () => {
    const verdict = judged(new SagaWorld().sampleEvidence());
    expect(verdict.invariants.flatMap(({ problems }) => problems)).toEqual([]);
    expect(verdict.holds).toBe(true);
    expect(verdict.invariants.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it("says what it counted", () => {
    const { invariants } = judged(new SagaWorld().sampleEvidence());
    expect(invariants[2]?.figures).toMatchObject({
      captures: 2,
      refunds: 1,
      declines: 1,
      captured: 1_000,
      refunded: 500,
    });
    expect(invariants[6]?.figures["payment-service"]).toMatchObject({
      wanted: 5,
      applied: 5,
      copies: 0,
      deadLettered: 0,
      missing: 0,
    });
    expect(invariants[9]?.figures.lag).toBe(0);
  });

  it("holds with a witness who saw just this", () => {
    const witness = {
      ...NO_WITNESS,
      orders: [
        witnessed(PAID),
        witnessed(SHORT),
        witnessed(DECLINED, { outcome: "unknown", status: 504 }),
        witnessed("never", { outcome: "refused", status: 422 }),
      ],
    };
    const verdict = judged(new SagaWorld().sampleEvidence(), witness);
    expect(broken(verdict)).toEqual([]);
    expect(verdict.invariants[0]?.figures).toMatchObject({ accepted: 2, refused: 1, unknown: 1, unknownThatExist: 1 });
  });

  it("judges nothing of services that are not there, and names them", () => {
    const world = new SagaWorld();
    const { tables, ...rest } = world.sampleEvidence();
    const { shipping: _shipping, ...others } = tables;
    const verdict = judged({
      ...rest,
      tables: others,
      messaging: rest.messaging.filter(({ service }) => service !== "shipping-service"),
      groups: rest.groups.filter(({ group }) => group !== "shipping-service"),
      records: rest.records.filter(({ topic }) => topic !== "shipping-events"),
    });
    expect(broken(verdict)).toEqual([]);
    expect(verdict.invariants[6]?.notes).toEqual(["not deployed, so without a group to judge: shipping-service"]);
  });
});

describe("1: accepted orders", () => {
  it.each<[string, (world: SagaWorld) => void, Witness | undefined, RegExp]>([
    [
      "an accepted order that is not stored",
      () => undefined,
      { ...NO_WITNESS, orders: [witnessed("lost")] },
      /lost was accepted and does not exist/,
    ],
    ["an order stored without a key", (world) => void world.keys.pop(), undefined, /stored without an idempotency key/],
    [
      "a key without its order",
      (world) => world.keys.push({ customerId: "customer", key: "k", orderId: "gone" }),
      undefined,
      /gone was answered/,
    ],
    [
      "one key, two orders",
      (world) => {
        (world.keys[1] as { key: string }).key = `key-${PAID}`;
      },
      undefined,
      /also belongs to/,
    ],
    [
      "two answers for one key",
      () => undefined,
      { ...NO_WITNESS, orders: [witnessed(PAID), witnessed(SHORT, { idempotencyKey: `key-${PAID}` })] },
      /was answered with order-paid before/,
    ],
    [
      "a refused order that exists",
      () => undefined,
      { ...NO_WITNESS, orders: [witnessed(PAID, { outcome: "refused", status: 422 })] },
      /was refused with 422/,
    ],
    [
      "somebody else's order",
      (world) => {
        (world.keys[0] as { customerId: string }).customerId = "other";
      },
      undefined,
      /belongs to customer, its idempotency key to other/,
    ],
  ])("sees %s", (_, change, witness, message) => {
    const verdict = after(change, witness);
    expect(broken(verdict)).toEqual([1]);
    expect(problemsOf(verdict, 1)).toMatch(message);
  });

  it("allows a refusal of a key that another request used", () => {
    const refused = witnessed(PAID, { outcome: "refused", status: 409 });
    expect(broken(after(() => undefined, { ...NO_WITNESS, orders: [witnessed(PAID), refused] }))).toEqual([]);
  });
});

describe("2: every order ends", () => {
  it("sees an order that is pending for too long, and lets a young one be", () => {
    const pending =
      (age: number) =>
      (world: SagaWorld): void => {
        world.orders.push({
          orderId: "slow",
          customerId: "customer",
          status: "pending",
          payment: "pending",
          inventory: "reserved",
          total: 1,
          currency: "EUR",
          createdAt: NOW - age,
          endedAt: undefined,
        });
        world.keys.push({ customerId: "customer", key: "slow", orderId: "slow" });
      };
    expect(broken(after(pending(61_000)))).toEqual([2]);
    expect(broken(after(pending(59_000)))).toEqual([]);
  });

  it("counts from the healing of the last fault", () => {
    const fault = {
      name: "broker-down",
      startedAt: NOW - 100_000,
      healedAt: NOW - 30_000,
      evidence: [{ what: "leaders", before: "3", after: "0" }],
      felt: true,
    };
    const change = (world: SagaWorld): void => {
      world.orders.push({
        orderId: "slow",
        customerId: "customer",
        status: "pending",
        payment: "pending",
        inventory: "pending",
        total: 1,
        currency: "EUR",
        createdAt: NOW - 90_000,
        endedAt: undefined,
      });
      world.keys.push({ customerId: "customer", key: "slow", orderId: "slow" });
    };
    expect(broken(after(change, { ...NO_WITNESS, faults: [fault] }))).toEqual([]);
    expect(
      broken(after(change, { ...NO_WITNESS, faults: [{ ...fault, startedAt: NOW - 95_000, healedAt: NOW - 61_000 }] })),
    ).toEqual([2]);
  });

  it("sees an order that ended too late, when a witness saw it", () => {
    const change = (world: SagaWorld): void => {
      const [order] = world.orders;
      if (order !== undefined) order.endedAt = order.createdAt + 61_000;
    };
    expect(broken(after(change, { ...NO_WITNESS, orders: [witnessed(PAID)] }))).toEqual([2]);
    expect(broken(after(change))).toEqual([]);
  });

  it("sees what was never undone", () => {
    const verdict = after((world) => {
      const [, order] = world.orders;
      if (order !== undefined) order.payment = "processed";
    });
    expect(broken(verdict)).toEqual([2]);
    expect(problemsOf(verdict, 2)).toContain("cancelled and not undone");
  });
});

describe("3: money", () => {
  it.each<[string, (world: SagaWorld) => void, number[]]>([
    [
      "a second capture",
      (world) =>
        world.ledger.push({ orderId: PAID, transactionId: "second", kind: "capture", amount: 500, currency: "EUR" }),
      [3],
    ],
    ["a confirmed order that nobody paid", (world) => void world.ledger.shift(), [3]],
    [
      "too little captured",
      (world) => {
        (world.ledger[0] as { amount: number }).amount = 499;
      },
      [3],
    ],
    [
      "another currency",
      (world) => {
        (world.ledger[0] as { currency: string }).currency = "USD";
      },
      [3],
    ],
    ["a refund that never came", (world) => world.ledger.splice(2, 1), [3, 5]],
    [
      "money of an order that does not exist",
      (world) =>
        world.ledger.push({ orderId: "ghost", transactionId: "g", kind: "capture", amount: 1, currency: "EUR" }),
      [3],
    ],
    [
      "a payment that the provider does not know",
      (world) => {
        (world.payments[2] as { status: string }).status = "processed";
      },
      [3],
    ],
  ])("sees %s", (_, change, ids) => {
    expect(broken(after(change))).toEqual(ids);
  });
});

describe("4: stock", () => {
  it.each<[string, (world: SagaWorld) => void]>([
    [
      "pieces that vanished",
      (world) => {
        (world.stock[0] as { available: number }).available = 7;
      },
    ],
    ["stock below zero", (world) => Object.assign(world.stock[0] ?? {}, { available: -1, reserved: 0, sold: 11 })],
    ["pieces sold without a reservation", (world) => Object.assign(world.stock[0] ?? {}, { available: 7, sold: 3 })],
    [
      "a reservation of a product that is not stocked",
      (world) => world.pieces.push({ productId: "ghost", status: "reserved", pieces: 1 }),
    ],
  ])("sees %s", (_, change) => {
    expect(broken(after(change))).toEqual([4]);
  });
});

describe("5: compensations", () => {
  it.each<[string, (world: SagaWorld) => void, RegExp]>([
    [
      "a release that was never published",
      (world) => {
        const { eventId } = world.record(DECLINED, "inventory.released");
        world.records.splice(
          world.records.findIndex((record) => record.eventId === eventId),
          1,
        );
        world.tables("inventory-service").published.pop();
        world.tables("order-service").inbox.splice(
          world.tables("order-service").inbox.findIndex((row) => row.eventId === eventId),
          1,
        );
      },
      /inventory.reserved has no inventory.released/,
    ],
    [
      "two refunds",
      (world) => {
        world.event("payment-service", SHORT, "payment.refunded");
        world.caughtUp();
      },
      /2 different payment.refunded/,
    ],
    [
      "stock of a cancelled order that is still set aside",
      (world) => {
        (world.reservations[2] as { status: string }).status = "reserved";
        Object.assign(world.stock[0] ?? {}, { available: 7, reserved: 1 });
        world.pieces.push({ productId: "sku", status: "reserved", pieces: 1 });
      },
      /its stock is still reserved/,
    ],
    [
      "a confirmed order whose stock was released",
      (world) => {
        world.event("inventory-service", PAID, "inventory.released");
        world.caughtUp();
      },
      /confirmed, and inventory.released/,
    ],
    [
      "a refund nobody paid for",
      (world) => {
        world.event("payment-service", DECLINED, "payment.refunded");
        world.caughtUp();
      },
      /payment.refunded without payment.processed/,
    ],
    [
      "two shipments",
      (world) => world.shipments.push({ orderId: PAID, status: "booked", bookings: 1 }),
      /has 2 shipments/,
    ],
    [
      "a shipment booked with two carriers",
      (world) => {
        (world.shipments[0] as { bookings: number }).bookings = 2;
      },
      /2 bookings/,
    ],
    [
      "a shipment of a cancelled order",
      (world) => world.shipments.push({ orderId: SHORT, status: "booked", bookings: 1 }),
      /is cancelled and has a shipment/,
    ],
    ["a confirmed order that was never shipped", (world) => void world.shipments.pop(), /there is no shipment/],
    [
      "a confirmed order that no carrier takes",
      (world) => void Object.assign(world.shipments[0] ?? {}, { status: "undeliverable", bookings: 0 }),
      /no carrier takes its shipment, and nothing was undone/,
    ],
    [
      "an order that was undone as undeliverable while its shipment is on its way",
      (world) => {
        world.refuseShipment();
        Object.assign(world.shipments[0] ?? {}, { status: "booked", bookings: 1 });
      },
      /has no undeliverable shipment of it/,
    ],
    [
      "an order cancelled for another reason whose shipment no carrier takes",
      (world) => {
        world.refuseShipment();
        Object.assign(world.orders[0] ?? {}, { reason: "timed_out" });
      },
      /is cancelled and has a shipment/,
    ],
  ])("sees %s", (_, change, message) => {
    const verdict = after(change);
    expect(broken(verdict)).toEqual([5]);
    expect(problemsOf(verdict, 5)).toMatch(message);
  });

  it("has nothing against an order that no carrier takes and that was undone", () => {
    expect(broken(after((world) => world.refuseShipment()))).toEqual([]);
  });

  it("has nothing against a refund of a capture that was never reported: its record failed", () => {
    expect(
      broken(
        after((world) => {
          const { eventId } = world.record(SHORT, "payment.processed");
          world.records.splice(
            world.records.findIndex((record) => record.eventId === eventId),
            1,
          );
          const { published } = world.tables("payment-service");
          published.splice(
            published.findIndex((row) => row.eventId === eventId),
            1,
          );
          const { inbox } = world.tables("order-service");
          inbox.splice(
            inbox.findIndex((row) => row.eventId === eventId),
            1,
          );
        }),
      ),
    ).toEqual([]);
  });

  it("counts copies of an event once", () => {
    expect(
      broken(
        after((world) => {
          world.append({ ...world.record(SHORT, "payment.refunded"), offset: world.end("payment-events") });
          world.caughtUp();
        }),
      ),
    ).toEqual([]);
  });

  it("does not miss a forward step that retention took", () => {
    expect(
      broken(
        after((world) => {
          const record = world.record(SHORT, "payment.processed");
          world.records.splice(world.records.indexOf(record), 1);
          world.records.splice(world.records.indexOf(world.record(PAID, "payment.processed")), 1);
          world.range("payment-events").start = 2;
        }),
      ),
    ).toEqual([]);
  });
});
