import { describe, expect, it } from "vitest";
import { judge } from "../../../../cli/verify/judge.ts";
import type { Verdict } from "../../../../cli/verify/verdict.ts";
import type { Witness, WitnessedOrder } from "../../../../cli/witness.ts";
import { NO_WITNESS } from "../../../../cli/witness.ts";
import { DECLINED, NOW, PAID, SagaWorld, SHORT } from "./saga-world.ts";

function broken(verdict: Verdict): number[] {
  return verdict.invariants.filter(({ holds }) => !holds).map(({ id }) => id);
}

/** The verdict over a world that was broken in one place. */
function after(change: (world: SagaWorld) => void, witness?: Witness): Verdict {
  const world = new SagaWorld();
  change(world);
  return judge(world.evidence(), witness);
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
    const verdict = judge(new SagaWorld().evidence());
    expect(verdict.invariants.flatMap(({ problems }) => problems)).toEqual([]);
    expect(verdict.holds).toBe(true);
    expect(verdict.invariants.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it("says what it counted", () => {
    const { invariants } = judge(new SagaWorld().evidence());
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
    const verdict = judge(new SagaWorld().evidence(), witness);
    expect(broken(verdict)).toEqual([]);
    expect(verdict.invariants[0]?.figures).toMatchObject({ accepted: 2, refused: 1, unknown: 1, unknownThatExist: 1 });
  });

  it("judges nothing of services that are not there, and names them", () => {
    const world = new SagaWorld();
    const { shipping: _shipping, ...rest } = world.evidence();
    const verdict = judge({
      ...rest,
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

describe("6: outboxes and topics", () => {
  it.each<[string, (world: SagaWorld) => void, number[]]>([
    [
      "an event that waits",
      (world) =>
        world.tables("order-service").outbox.push({
          position: 99,
          eventId: "waits",
          topic: "order-events",
          key: PAID,
          eventType: "order.confirmed",
          at: NOW,
        }),
      [6],
    ],
    [
      "a published event that is not there",
      (world) =>
        world.tables("order-service").published.push({
          position: 99,
          eventId: "lost",
          topic: "order-events",
          key: PAID,
          eventType: "order.confirmed",
          at: NOW,
        }),
      [6],
    ],
    [
      "an event under another key",
      (world) => {
        (world.tables("shipping-service").published[0] as { key: string }).key = "other";
      },
      [6],
    ],
    [
      "a record without a row",
      (world) => {
        world.append({
          topic: "shipping-events",
          key: PAID,
          eventId: "ghost",
          eventType: "shipment.created",
          rowId: "ghost",
        });
        world.caughtUp();
      },
      [6],
    ],
    [
      "a replay that nobody ordered",
      (world) => {
        const record = world.record(PAID, "order.created");
        world.append({
          ...record,
          offset: world.end("order-events"),
          replay: { group: "payment-service", letter: "unknown" },
        });
        world.caughtUp();
      },
      [6],
    ],
  ])("sees %s", (_, change, ids) => {
    expect(broken(after(change))).toEqual(ids);
  });

  it("allows copies, replays on record, and records newer than the tables", () => {
    expect(
      broken(
        after((world) => {
          const record = world.record(PAID, "order.created");
          world.append({ ...record, offset: world.end("order-events") });
          world.append({
            ...record,
            offset: world.end("order-events"),
            replay: { group: "payment-service", letter: "known" },
          });
          world.tables("payment-service").actions.push({ letterId: "known", action: "replay", at: NOW });
          world.caughtUp();
          world.append({
            topic: "order-events",
            key: "new",
            eventId: "late",
            eventType: "order.created",
            rowId: "late",
          });
          world.range("order-events").settledEnd -= 1;
        }),
      ),
    ).toEqual([]);
  });

  it("does not miss what retention took", () => {
    expect(
      broken(
        after((world) => {
          const [first] = world.records.filter(({ topic }) => topic === "shipping-events");
          world.tables("shipping-service").published.push({
            position: 0,
            eventId: "old",
            topic: "shipping-events",
            key: "old",
            eventType: "shipment.created",
            at: (first?.timestamp ?? 0) - 1,
          });
          for (const record of world.records) if (record.topic === "shipping-events") record.offset += 5;
          Object.assign(world.range("shipping-events"), { start: 5, settledEnd: 6, end: 6 });
          world.caughtUp();
        }),
      ),
    ).toEqual([]);
  });
});

describe("7: consumption", () => {
  it("sees an event that a group passed without applying it", () => {
    const verdict = after((world) => void world.tables("payment-service").inbox.shift());
    expect(broken(verdict)).toEqual([7]);
    expect(problemsOf(verdict, 7)).toMatch(/order.created .* payment-service passed it/);
  });

  it("sees an id twice in an inbox", () => {
    expect(
      broken(
        after((world) =>
          world.tables("payment-service").inbox.push({ ...world.tables("payment-service").inbox[0]!, offset: 99 }),
        ),
      ),
    ).toEqual([7]);
  });

  it("sees what was applied and never came", () => {
    expect(
      broken(
        after((world) =>
          world
            .tables("payment-service")
            .inbox.push({ ...world.tables("payment-service").inbox[0]!, eventId: "ghost", offset: 1 }),
        ),
      ),
    ).toEqual([7]);
  });

  it("calls what is behind the committed offset unread, which is lag", () => {
    const verdict = after((world) => {
      world.tables("payment-service").inbox.pop();
      world.group("payment-service").positions[0]!.committed = world.record(DECLINED, "order.cancelled").offset;
    });
    expect(broken(verdict)).toEqual([10]);
    expect(verdict.invariants[6]?.figures["payment-service"]).toMatchObject({ unread: 1, missing: 0 });
  });

  it("counts what waits in a retry topic as waiting, until its group passed it", () => {
    const delayed =
      (passed: boolean) =>
      (world: SagaWorld): void => {
        const record = world.record(PAID, "order.confirmed");
        const inbox = world.tables("shipping-service").inbox;
        inbox.splice(
          inbox.findIndex(({ eventId }) => eventId === record.eventId),
          1,
        );
        world.append({
          ...record,
          topic: "shipping-service.retry-10s",
          offset: 0,
          rowId: "delayed",
          origin: { topic: "order-events", partition: 0, offset: record.offset },
          notBefore: NOW + 5_000,
        });
        world.tables("shipping-service").published.push({
          position: 99,
          eventId: "delayed",
          topic: "shipping-service.retry-10s",
          key: PAID,
          eventType: "order.confirmed",
          at: NOW,
        });
        if (passed) world.caughtUp();
      };
    const waiting = after(delayed(false));
    expect(broken(waiting)).toEqual([]);
    expect(waiting.invariants[6]?.figures["shipping-service"]).toMatchObject({ waitingForRetry: 1 });
    expect(waiting.invariants[9]?.figures).toMatchObject({ lag: 0, delayed: 1 });
    expect(broken(after(delayed(true)))).toEqual([7]);
  });
});

describe("8: dead letters", () => {
  const injected = (place: string, groups: readonly string[]): Witness => {
    const [topic = "", partition, offset = ""] = place.split("/");
    return {
      orders: [],
      faults: [
        {
          name: "poison",
          startedAt: 1,
          healedAt: 2,
          felt: true,
          evidence: [{ what: "letters", before: "0", after: "1" }],
        },
      ],
      injected: [{ topic, partition: Number(partition), offset, kind: "not-avro", groups }],
    };
  };
  /** Shipping alone wants order.confirmed beside inventory: poison there needs two letters, so a topic of one group is used. */
  const shipping = (world: SagaWorld) => {
    const poison = world.poison("shipping-service", "order-events", "order.confirmed");
    const letterId = `inventory-${poison.letterId}`;
    world.tables("inventory-service").deadLetters.push({ ...poison.row, letterId });
    world.append({
      ...poison.letter,
      topic: "inventory-service.dlt",
      rowId: letterId,
      offset: world.end("inventory-service.dlt"),
    });
    world.tables("inventory-service").published.push({
      position: 98,
      eventId: letterId,
      topic: "inventory-service.dlt",
      key: "poison",
      eventType: "order.confirmed",
      at: NOW,
    });
    return { ...poison, inventoryLetter: letterId };
  };
  const groups = ["inventory-service", "shipping-service"];

  it("holds when exactly the injected records became letters of their groups", () => {
    const world = new SagaWorld();
    const { place } = shipping(world);
    const verdict = judge(world.evidence(), injected(place, groups));
    expect(broken(verdict)).toEqual([]);
    expect(verdict.invariants[7]?.figures).toMatchObject({ injected: 1, expected: 2, letters: 2, open: 2 });
  });

  it("sees open letters without a witness, and the intruder they came from, until they are dealt with", () => {
    const world = new SagaWorld();
    const { letterId, inventoryLetter } = shipping(world);
    const open = judge(world.evidence());
    expect(broken(open)).toEqual([6, 14]);
    expect(problemsOf(open, 14)).toContain(letterId);
    world.tables("shipping-service").actions.push({ letterId, action: "discard", at: NOW });
    world.tables("inventory-service").actions.push({ letterId: inventoryLetter, action: "discard", at: NOW });
    const dealtWith = judge(world.evidence());
    expect(broken(dealtWith)).toEqual([]);
    expect(dealtWith.invariants[7]?.figures).toMatchObject({ open: 0, discarded: 2 });
  });

  it.each<[string, (world: SagaWorld, poison: ReturnType<typeof shipping>) => void, RegExp]>([
    [
      "a row without a record",
      (world, { letter }) => {
        world.records.splice(world.records.indexOf(letter), 1);
        world.tables("shipping-service").published.pop();
      },
      /has no record in shipping-service.dlt/,
    ],
    [
      "a record without a row",
      (world) => void world.tables("shipping-service").deadLetters.pop(),
      /dead_letters does not know/,
    ],
    [
      "other bytes than the origin's",
      (_world, { letter }) => {
        letter.digest = 78;
      },
      /differs from its origin/,
    ],
    [
      "a letter without origin headers",
      (_world, { letter }) => {
        letter.lacks = ["dlt-origin-offset"];
      },
      /without dlt-origin-offset/,
    ],
    [
      "an injected record that a group swallowed",
      (world, { row, letter }) => {
        world.tables("shipping-service").deadLetters.splice(0, 1);
        world.tables("shipping-service").published.pop();
        world.records.splice(world.records.indexOf(letter), 1);
        world.tables("shipping-service").inbox.push({
          eventId: row.eventId ?? "",
          eventType: "order.confirmed",
          topic: "order-events",
          partition: 0,
          offset: row.offset,
          processedAt: NOW,
          transaction: "x",
        });
      },
      /is no dead letter of shipping-service/,
    ],
  ])("sees %s", (_, change, message) => {
    const world = new SagaWorld();
    const poison = shipping(world);
    change(world, poison);
    const verdict = judge(world.evidence(), injected(poison.place, groups));
    expect(verdict.invariants[7]?.holds).toBe(false);
    expect(problemsOf(verdict, 8)).toMatch(message);
  });

  it("sees a letter that nobody injected, and leaves those of before the run alone", () => {
    const world = new SagaWorld();
    const { row } = shipping(world);
    const saw = (dueAt: number): Witness => ({ ...NO_WITNESS, orders: [witnessed(PAID, { dueAt })] });
    expect(broken(judge(world.evidence(), saw(row.failedAt - 1)))).toEqual([6, 8, 14]);
    const earlier = judge(world.evidence(), saw(row.failedAt + 1));
    expect(broken(earlier)).toEqual([]);
    expect(earlier.invariants[13]).toMatchObject({ figures: { openLetters: 2, beforeTheRun: 2 } });
    expect(earlier.invariants[13]?.notes.join("\n")).toContain("open before the run");
  });
});

describe("9: order per key", () => {
  it("sees events of one key in another order than they were committed", () => {
    const verdict = after((world) => {
      const rows = world.tables("order-service").published;
      const [created, confirmed] = rows;
      if (created === undefined || confirmed === undefined) throw new Error("no rows");
      [created.position, confirmed.position] = [confirmed.position, created.position];
    });
    expect(broken(verdict)).toEqual([9]);
    expect(problemsOf(verdict, 9)).toMatch(/order.confirmed at .* was written before order.created|order.confirmed at/);
  });

  it("sees a group that applied them in another order", () => {
    const verdict = after((world) => {
      const rows = world
        .tables("payment-service")
        .inbox.filter(({ eventId }) =>
          world.records.some((record) => record.eventId === eventId && record.key === SHORT),
        );
      const [created, cancelled] = rows;
      if (created === undefined || cancelled === undefined) throw new Error("no rows");
      created.processedAt = cancelled.processedAt + 1;
    });
    expect(broken(verdict)).toEqual([9]);
    expect(problemsOf(verdict, 9)).toContain("payment-service applied order.cancelled");
  });

  it("does not ask for an order within one batch, nor of a copy that comes later", () => {
    expect(
      broken(
        after((world) => {
          const rows = world
            .tables("payment-service")
            .inbox.filter(({ eventId }) =>
              world.records.some((record) => record.eventId === eventId && record.key === SHORT),
            );
          for (const row of rows) row.transaction = "one";
          rows[0]!.processedAt = rows[1]!.processedAt + 1;
          world.append({ ...world.record(SHORT, "order.created"), offset: world.end("order-events") });
          world.caughtUp();
        }),
      ),
    ).toEqual([]);
  });
});

describe("10: lag", () => {
  it("sees a group that is behind, and one that never committed", () => {
    const behind = after((world) => {
      world.group("order-service").positions[0]!.committed = 1;
    });
    expect(broken(behind)).toEqual([10]);
    expect(problemsOf(behind, 10)).toMatch(/payment-events\/0 is 3 records behind/);
    expect(
      broken(
        after((world) => {
          world.group("order-service").positions[0]!.committed = undefined;
        }),
      ),
    ).toEqual([10]);
  });
});

describe("11: faults", () => {
  const fault = {
    name: "zone-down",
    startedAt: 1,
    healedAt: 2,
    felt: true,
    evidence: [{ what: "leaders in zone-a", before: "30", after: "0" }],
  };
  it("holds when each was felt, with its evidence", () => {
    const verdict = after(() => undefined, { ...NO_WITNESS, faults: [fault] });
    expect(verdict.invariants[10]).toMatchObject({ holds: true, figures: { faults: 1, felt: 1 } });
  });
  it("makes the run void otherwise", () => {
    expect(broken(after(() => undefined, { ...NO_WITNESS, faults: [fault, { ...fault, felt: false }] }))).toEqual([11]);
    expect(broken(after(() => undefined, { ...NO_WITNESS, faults: [{ ...fault, evidence: [] }] }))).toEqual([11]);
  });
});

describe("14: unresolved failures", () => {
  const injection = (place: string, group: string): Witness => {
    const [topic = "", partition, offset = ""] = place.split("/");
    return {
      ...NO_WITNESS,
      injected: [{ topic, partition: Number(partition), offset, kind: "not-avro", groups: [group] }],
    };
  };
  const parked = (eventId: string) => ({
    eventId,
    topic: "order-events",
    key: PAID,
    eventType: "order.confirmed",
    errorCode: "SVC_PUBLISH_TOO_LARGE",
    parkedAt: NOW - 1_000,
  });

  it("sees a parked event until somebody retries or discards it", () => {
    const world = new SagaWorld();
    world.tables("order-service").parked.push(parked("too-large"));
    const verdict = judge(world.evidence());
    expect(broken(verdict)).toEqual([14]);
    expect(problemsOf(verdict, 14)).toMatch(
      /too-large of order-service \(order.confirmed of order-paid for order-events, SVC_PUBLISH_TOO_LARGE\) is parked: .*kit outbox retry/u,
    );
    world.tables("order-service").parked.pop();
    world.tables("order-service").discardedEvents.push("too-large");
    expect(broken(judge(world.evidence()))).toEqual([]);
  });

  it("takes what the witness put in as explained, with the replays of it that failed again", () => {
    const world = new SagaWorld();
    const { place, row } = world.poison("payment-service");
    world
      .tables("payment-service")
      .deadLetters.push(
        { ...row, letterId: "again", offset: row.offset + 100, replayOf: row.letterId },
        { ...row, letterId: "and-again", offset: row.offset + 101, replayOf: "again" },
      );
    const verdict = judge(world.evidence(), injection(place, "payment-service"));
    expect(verdict.invariants[13]).toMatchObject({ holds: true, figures: { openLetters: 3, explained: 3 } });
    expect(judge(world.evidence(), injection("order-events/0/0", "payment-service")).invariants[13]).toMatchObject({
      holds: false,
      violations: 3,
    });
    expect(judge(world.evidence(), injection(place, "inventory-service")).invariants[13]).toMatchObject({
      holds: false,
      violations: 3,
    });
  });

  it("takes a dead-letter record as explained that is parked itself, and does not miss it in its topic", () => {
    const world = new SagaWorld();
    const { place, row, letter } = world.poison("payment-service");
    world.tables("payment-service").published.splice(
      world.tables("payment-service").published.findIndex(({ eventId }) => eventId === row.letterId),
      1,
    );
    world.records.splice(world.records.indexOf(letter), 1);
    world.range("payment-service.dlt").end -= 1;
    world.range("payment-service.dlt").settledEnd -= 1;
    world.tables("payment-service").parked.push(parked(row.letterId));
    const verdict = judge(world.evidence(), injection(place, "payment-service"));
    expect(verdict.invariants[7]?.holds).toBe(true);
    expect(verdict.invariants[13]).toMatchObject({ holds: true, figures: { parked: 1, explained: 2 } });
    expect(judge(world.evidence()).invariants[13]).toMatchObject({ holds: false, violations: 2 });
  });

  it("leaves what was open before the run to whoever verifies without it", () => {
    const world = new SagaWorld();
    world.tables("order-service").parked.push(parked("old"));
    expect(
      judge(world.evidence(), { ...NO_WITNESS, orders: [witnessed(PAID, { dueAt: NOW - 500 })] }).invariants[13],
    ).toMatchObject({ holds: true, figures: { parked: 1, beforeTheRun: 1 } });
  });
});

it("names a few of many violations and counts them all", () => {
  const world = new SagaWorld();
  for (let index = 0; index < 50; index += 1)
    world.append({
      topic: "shipping-events",
      key: PAID,
      eventId: `ghost-${index}`,
      eventType: "shipment.created",
      rowId: `ghost-${index}`,
    });
  const outbox = judge(world.evidence(), undefined, { examples: 3 }).invariants[5];
  expect(outbox).toMatchObject({ holds: false, violations: 50 });
  expect(outbox?.problems).toHaveLength(3);
});
