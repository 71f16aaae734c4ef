import { describe, expect, it } from "vitest";
import type { SagaInput, SagaState } from "../../../service-templates/order-service/src/saga/state-machine.ts";
import {
  advance,
  INITIAL_STATE,
  isCompensating,
} from "../../../service-templates/order-service/src/saga/state-machine.ts";

/*
 * One order among four services, in every interleaving: all possible answers, timeouts at any moment, every order in which
 * records of different topics are consumed, records that are redelivered after a crash, and one record that becomes a
 * dead-letter record and is replayed at any later time. The participants model their handlers; the saga is the real code.
 */

type Payment = "none" | "processed" | "failed" | "refunded" | "tombstone";
type Inventory = "none" | "reserved" | "insufficient" | "sold" | "released" | "tombstone";
type Shipping = "none" | "booked" | "undeliverable";
type Reader = "payment" | "inventory" | "shipping" | "order/payment" | "order/inventory" | "order/shipping";
type Topic = "order" | "payment" | "inventory" | "shipping";

interface World {
  readonly order: SagaState;
  readonly payment: Payment;
  /** What the provider's books say: a capture that the service does not know of is possible. */
  readonly captured: boolean;
  readonly refunded: boolean;
  readonly inventory: Inventory;
  readonly shipping: Shipping;
  readonly topics: Readonly<Record<Topic, readonly string[]>>;
  readonly read: Readonly<Record<Reader, number>>;
  /** Read again once, from the last record on. */
  readonly redelivered: boolean;
  /** The one record that failed, and who has to replay it. */
  readonly letter: { readonly reader: Reader; readonly event: string; readonly replayed: boolean } | undefined;
}

const START: World = {
  order: INITIAL_STATE,
  payment: "none",
  captured: false,
  refunded: false,
  inventory: "none",
  shipping: "none",
  topics: { order: ["order.created"], payment: [], inventory: [], shipping: [] },
  read: { payment: 0, inventory: 0, shipping: 0, "order/payment": 0, "order/inventory": 0, "order/shipping": 0 },
  redelivered: false,
  letter: undefined,
};
const TOPIC_OF: Readonly<Record<Reader, Topic>> = {
  payment: "order",
  inventory: "order",
  shipping: "order",
  "order/payment": "payment",
  "order/inventory": "inventory",
  "order/shipping": "shipping",
};

function published(world: World, topic: Topic, ...events: readonly string[]): World {
  return { ...world, topics: { ...world.topics, [topic]: [...world.topics[topic], ...events] } };
}

/** All worlds in which payment may leave an event. Without the provider's word nothing is captured. */
function payment(world: World, event: string): readonly World[] {
  const reversed = (next: Payment): World =>
    world.captured && !world.refunded
      ? published({ ...world, refunded: true, payment: "refunded" }, "payment", "payment.refunded")
      : { ...world, payment: next };
  if (event === "order.created" && world.payment === "none") {
    return [
      published({ ...world, captured: true, payment: "processed" }, "payment", "payment.processed"),
      published({ ...reversed("failed"), payment: "failed" }, "payment", "payment.failed"),
      published({ ...reversed("failed"), payment: "failed" }, "payment", "payment.unavailable"),
      // Past its deadline, or cancelled further on in the batch.
      reversed("tombstone"),
    ];
  }
  if (event === "order.created" && world.payment === "tombstone") return [reversed("tombstone")];
  if (event === "order.cancelled" && (world.payment === "none" || world.payment === "tombstone"))
    return [reversed("tombstone")];
  if (event === "order.cancelled" && world.payment === "processed")
    return [published({ ...world, refunded: true, payment: "refunded" }, "payment", "payment.refunded")];
  return [world];
}

function inventory(world: World, event: string): readonly World[] {
  if (event === "order.created" && world.inventory === "none") {
    return [
      published({ ...world, inventory: "reserved" }, "inventory", "inventory.reserved"),
      published({ ...world, inventory: "insufficient" }, "inventory", "inventory.insufficient"),
      { ...world, inventory: "tombstone" },
    ];
  }
  if (event === "order.confirmed" && world.inventory === "reserved") return [{ ...world, inventory: "sold" }];
  if (event === "order.cancelled" && world.inventory === "none") return [{ ...world, inventory: "tombstone" }];
  if (event === "order.cancelled" && (world.inventory === "reserved" || world.inventory === "sold"))
    return [published({ ...world, inventory: "released" }, "inventory", "inventory.released")];
  return [world];
}

function shipping(world: World, event: string): readonly World[] {
  if (event !== "order.confirmed" || world.shipping !== "none") return [world];
  return [
    { ...world, shipping: "booked" },
    published({ ...world, shipping: "undeliverable" }, "shipping", "shipment.failed"),
  ];
}

function order(world: World, input: SagaInput): World {
  const { state, emits } = advance(world.order, input);
  const next = { ...world, order: state };
  return emits === undefined ? next : published(next, "order", emits);
}

function applied(world: World, reader: Reader, event: string): readonly World[] {
  switch (reader) {
    case "payment":
      return payment(world, event);
    case "inventory":
      return inventory(world, event);
    case "shipping":
      return shipping(world, event);
    default:
      return [order(world, event as SagaInput)];
  }
}

/** Every world that one more happening leads to. */
function* after(world: World): Generator<World> {
  if (world.order.status === "pending") yield order(world, "timeout");
  for (const reader of Object.keys(world.read) as Reader[]) {
    const events = world.topics[TOPIC_OF[reader]];
    const event = events[world.read[reader]];
    if (event !== undefined) {
      const past = { ...world, read: { ...world.read, [reader]: world.read[reader] + 1 } };
      yield* applied(past, reader, event);
      if (world.letter === undefined) {
        const deadLetter = { reader, event, replayed: false };
        yield { ...past, letter: deadLetter };
        // The amount is captured before the transaction that fails.
        if (reader === "payment" && event === "order.created" && world.payment === "none")
          yield { ...past, letter: deadLetter, captured: true };
      }
    }
    // Without the inbox, which would recognise it: old dead-letter records can be replayed only because the rows alone make a
    // repetition harmless.
    const again = events[world.read[reader] - 1];
    if (!world.redelivered && again !== undefined && world.letter === undefined)
      yield* applied({ ...world, redelivered: true }, reader, again);
  }
  const { letter } = world;
  if (letter?.replayed === false)
    yield* applied({ ...world, letter: { ...letter, replayed: true } }, letter.reader, letter.event);
}

/** At rest: all records are consumed, and every dead-letter record is replayed. */
function atRest(world: World): boolean {
  return (
    world.order.status !== "pending" &&
    world.letter?.replayed !== false &&
    (Object.keys(world.read) as Reader[]).every(
      (reader) => world.read[reader] === world.topics[TOPIC_OF[reader]].length,
    )
  );
}

function explore(): { readonly worlds: number; readonly rest: readonly World[] } {
  const seen = new Set([JSON.stringify(START)]);
  const open: World[] = [START];
  const rest: World[] = [];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    if (atRest(world)) rest.push(world);
    for (const next of after(world)) {
      const key = JSON.stringify(next);
      if (seen.has(key)) continue;
      seen.add(key);
      open.push(next);
    }
  }
  return { worlds: seen.size, rest };
}

describe("one order, in every interleaving", () => {
  const { worlds, rest } = explore();

  it("is tried in many worlds, and each end is reached", () => {
    expect(worlds).toBeGreaterThan(10_000);
    expect(new Set(rest.map(({ order: { status, reason } }) => reason ?? status))).toEqual(
      new Set([
        "confirmed",
        "payment_declined",
        "payment_unavailable",
        "insufficient_stock",
        "timed_out",
        "undeliverable",
      ]),
    );
  });

  it("is at rest in one consistent state: paid, sold and shipped, or nothing of it", () => {
    for (const world of rest) {
      const { order: end, captured, refunded, inventory: stock, shipping: shipment } = world;
      if (end.status === "confirmed") {
        expect({ captured, refunded, stock, shipment }, JSON.stringify(world)).toEqual({
          captured: true,
          refunded: false,
          stock: "sold",
          shipment: "booked",
        });
      } else {
        expect(
          {
            net: captured && !refunded,
            stock: stock === "reserved" || stock === "sold",
            shipped: shipment === "booked",
            compensating: isCompensating(end),
          },
          JSON.stringify(world),
        ).toEqual({ net: false, stock: false, shipped: false, compensating: false });
        expect(shipment === "undeliverable").toBe(end.reason === "undeliverable");
      }
    }
  });

  it("says once that money is given back, and only what was captured", () => {
    for (const world of rest)
      expect(world.topics.payment.filter((event) => event === "payment.refunded")).toHaveLength(
        world.captured && world.refunded ? 1 : 0,
      );
  });
});
