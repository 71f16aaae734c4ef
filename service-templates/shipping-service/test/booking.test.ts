import { isUuid } from "@event-platform-kit/service/ids";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Progress } from "../src/booking/decide.ts";
import {
  ATTEMPTS_PER_TURN,
  afterBooking,
  afterVoid,
  BOOKING_RETRY,
  bookingReference,
  firstProgress,
  nextCall,
  shipmentOf,
} from "../src/booking/decide.ts";
import type { BookingAnswer, CarrierName } from "../src/carriers/carrier.ts";
import { CARRIERS } from "../src/carriers/carrier.ts";

const START: Progress = { carrier: "fedex", turn: 0, attempts: 0, failures: 0, inDoubt: false, rejectedBy: [] };
const LAST: Progress = { ...START, attempts: ATTEMPTS_PER_TURN - 1, failures: ATTEMPTS_PER_TURN - 1 };
const BOOKED: BookingAnswer = { outcome: "booked", trackingNumber: "T", expectedChangeAt: 5 };
const REJECTED: BookingAnswer = { outcome: "rejected", code: "address_not_served" };
const highest = (): number => 1 - Number.EPSILON;

describe("the choice of the carrier", () => {
  it("is the same for an order every time, and even over all orders", () => {
    const orders = Array.from({ length: 2_000 }, (_, place) => shipmentOf(`order-${place}`));
    const chosen = orders.map((orderId) => firstProgress(orderId).carrier);
    expect(orders.map((orderId) => firstProgress(orderId).carrier)).toEqual(chosen);
    for (const carrier of CARRIERS) expect(chosen.filter((name) => name === carrier).length).toBeGreaterThan(800);
  });
  it("gives an order one shipment id", () => {
    expect(shipmentOf("a")).toBe(shipmentOf("a"));
    expect(shipmentOf("a")).not.toBe(shipmentOf("b"));
    expect(isUuid(shipmentOf("a"))).toBe(true);
  });
});

describe("what an answer means", () => {
  it.each<[string, Progress, BookingAnswer, object]>([
    [
      "booked ends it",
      START,
      BOOKED,
      { kind: "booked", trackingNumber: "T", lookAfter: 5, progress: { inDoubt: false } },
    ],
    [
      "booked after all clears the doubt",
      { ...LAST, inDoubt: true },
      BOOKED,
      { kind: "booked", progress: { inDoubt: false } },
    ],
    [
      "unavailable once is tried again",
      START,
      { outcome: "unavailable" },
      { kind: "waiting", progress: { carrier: "fedex", turn: 0, attempts: 1, failures: 1, inDoubt: false } },
    ],
    [
      "unavailable too often falls over at once",
      LAST,
      { outcome: "unavailable" },
      {
        kind: "waiting",
        delayMs: 0,
        fellOverTo: "ups",
        progress: { carrier: "ups", turn: 1, attempts: 0, failures: 3 },
      },
    ],
    [
      "unavailable does not clear an earlier doubt",
      { ...LAST, inDoubt: true },
      { outcome: "unavailable" },
      { kind: "waiting", progress: { carrier: "fedex", turn: 0, attempts: 3, inDoubt: true } },
    ],
    [
      "silence is doubt",
      START,
      { outcome: "silent" },
      { kind: "waiting", progress: { carrier: "fedex", turn: 0, inDoubt: true } },
    ],
    [
      "silence too often does not fall over",
      LAST,
      { outcome: "silent" },
      { kind: "waiting", progress: { carrier: "fedex", turn: 0, attempts: 3, inDoubt: true } },
    ],
    [
      "a refusal falls over at once",
      { ...START, inDoubt: true },
      REJECTED,
      {
        kind: "waiting",
        delayMs: 0,
        fellOverTo: "ups",
        progress: { carrier: "ups", turn: 1, inDoubt: false, rejectedBy: ["fedex"] },
      },
    ],
    [
      "the last refusal ends it",
      { ...START, carrier: "ups", turn: 1, rejectedBy: ["fedex"] },
      REJECTED,
      { kind: "undeliverable", progress: { rejectedBy: ["fedex", "ups"] } },
    ],
    [
      "with the other's refusal the same carrier is tried on",
      { ...LAST, rejectedBy: ["ups"] },
      { outcome: "unavailable" },
      { kind: "waiting", progress: { carrier: "fedex", turn: 0, attempts: 3 } },
    ],
    [
      "a reference made void earlier may be left",
      { ...START, inDoubt: true },
      { outcome: "voided" },
      { kind: "waiting", fellOverTo: "ups", progress: { carrier: "ups", turn: 1, inDoubt: false } },
    ],
    [
      "a void reference of the only carrier left gets a new turn",
      { ...START, rejectedBy: ["ups"] },
      { outcome: "voided" },
      { kind: "waiting", progress: { carrier: "fedex", turn: 1 } },
    ],
  ])("%s", (_name, progress, answer, expected) => {
    expect(afterBooking(progress, answer, Math.random)).toMatchObject(expected);
  });

  it("makes void before it falls over, and waits until that is certain", () => {
    const doubtful: Progress = { ...LAST, attempts: 3, failures: 3, inDoubt: true };
    expect(nextCall(doubtful)).toBe("void");
    expect(nextCall({ ...doubtful, inDoubt: false })).toBe("book");
    expect(nextCall({ ...doubtful, rejectedBy: ["ups"] }), "nowhere to fall over to").toBe("book");
    expect(afterVoid(doubtful, "silent", Math.random)).toMatchObject({
      kind: "waiting",
      progress: { ...doubtful, failures: 4 },
    });
    expect(afterVoid(doubtful, "void", Math.random)).toMatchObject({
      kind: "waiting",
      delayMs: 0,
      fellOverTo: "ups",
      progress: { carrier: "ups", turn: 1, inDoubt: false },
    });
  });

  it("waits longer and longer, with jitter, and never beyond the limit", () => {
    const delays = Array.from({ length: 40 }, (_, failures) => {
      const decision = afterBooking(
        { ...START, failures, turn: 1, rejectedBy: ["ups"] },
        { outcome: "unavailable" },
        highest,
      );
      return decision.kind === "waiting" ? decision.delayMs : Number.NaN;
    });
    expect(delays.slice(0, 4)).toEqual([200, 400, 800, 1_600]);
    expect(delays.at(-1)).toBe(BOOKING_RETRY.maxDelayMs);
    const least = afterBooking({ ...START, failures: 2 }, { outcome: "silent" }, () => 0);
    expect(least).toMatchObject({ delayMs: 400 });
  });
});

/** The carriers' tables by reference, and the part of the service's shipments that booking needs. */
class World {
  readonly books = new Map<string, "booked" | "void" | "rejected">();
  /** Calls that still arrive after their caller gave up. */
  late: (() => void)[] = [];
  progress: Progress = START;
  end: "booked" | "undeliverable" | undefined;
  bookedWith: string | undefined;

  book(key: string): BookingAnswer {
    const held = this.books.get(key) ?? "booked";
    this.books.set(key, held);
    if (held === "booked") return { outcome: "booked", trackingNumber: key, expectedChangeAt: 0 };
    return held === "void" ? { outcome: "voided" } : REJECTED;
  }
  live(): readonly string[] {
    return [...this.books].filter(([, status]) => status === "booked").map(([key]) => key);
  }
}

const FATES = [
  "good",
  "reject",
  "unavailable",
  "silent-done",
  "silent-lost",
  "silent-late",
  "crash-before",
  "crash-after",
  "crash-late",
] as const;
type Fate = (typeof FATES)[number];

/** Runs one claim: stores the doubt, calls the carrier with this fate, and stores the answer unless the process crashes. */
function claim(world: World, fate: Fate): void {
  if (world.end !== undefined) return;
  const before = world.progress;
  const key = `${before.carrier}:${bookingReference("s", before.turn)}`;
  world.progress = { ...before, inDoubt: true };
  const isVoid = nextCall(before) === "void";
  const act = (): BookingAnswer => {
    if (isVoid) {
      world.books.set(key, "void");
      return { outcome: "voided" };
    }
    if (fate === "reject" && !world.books.has(key)) world.books.set(key, "rejected");
    return world.book(key);
  };
  let answer: BookingAnswer = { outcome: "silent" };
  if (fate === "good" || fate === "reject") answer = act();
  else if (fate === "unavailable") answer = { outcome: "unavailable" };
  else if (fate === "silent-done" || fate === "crash-after") act();
  else if (fate === "silent-late" || fate === "crash-late")
    world.late.push(() => {
      act();
    });
  if (fate.startsWith("crash")) return;

  const decision = isVoid
    ? afterVoid(before, answer.outcome === "voided" ? "void" : "silent", Math.random)
    : afterBooking(before, answer, Math.random);
  world.progress = decision.progress;
  if (decision.kind === "waiting") return;
  world.end = decision.kind;
  if (decision.kind === "booked") world.bookedWith = decision.trackingNumber;
}

describe("booking as a whole", () => {
  const anyFates = fc.array(fc.record({ fate: fc.constantFrom(...FATES), arrives: fc.boolean() }), { maxLength: 60 });

  it("never leaves two carriers with a booking, whatever fails, crashes, or arrives late", () => {
    fc.assert(
      fc.property(fc.constantFrom<CarrierName>(...CARRIERS), anyFates, (carrier, fates) => {
        const world = new World();
        world.progress = { ...START, carrier };
        for (const { fate, arrives } of fates) {
          claim(world, fate);
          if (arrives) world.late.shift()?.();
        }
        // All faults end: the booking finishes soon, and late calls arrive.
        for (let claims = 0; world.end === undefined && claims < 3; claims += 1) claim(world, "good");
        expect(world.end).toBeDefined();
        for (const arrive of world.late) arrive();
        expect(world.live()).toEqual(world.end === "booked" ? [world.bookedWith] : []);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is undeliverable only when every carrier has refused", () => {
    fc.assert(
      fc.property(anyFates, (fates) => {
        const world = new World();
        for (const { fate } of fates) claim(world, fate);
        if (world.end === "undeliverable") expect(new Set(world.progress.rejectedBy)).toEqual(new Set(CARRIERS));
        else expect(world.progress.rejectedBy).not.toContain(world.progress.carrier);
      }),
    );
  });
});
