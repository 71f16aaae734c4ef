/**
 * Books due shipments with one carrier: claim, request, store. The claim commits before the carrier is called and marks
 * the shipments as in doubt, so that the instance that takes over after a crash knows that there may be a booking. The
 * answers are stored in one transaction with the events that follow. An instance whose claim expired meanwhile stores
 * nothing; the next request with the same reference finds its booking.
 */
import type { Context } from "@event-platform-kit/service";
import type { Published } from "@event-platform-kit/service/events/event-map";
import type { BookingAnswer, Carrier, CarrierName, VoidAnswer } from "../carriers/carrier.ts";
import type { EventMap } from "../events.generated.ts";
import { shipmentCreated, shipmentFailed } from "../shipment-events.ts";
import type { ShipmentMetrics } from "../shipment-metrics.ts";
import type { BookingResult, Claimed } from "../shipments-table.ts";
import { claimWaiting, storeBookings } from "../shipments-table.ts";
import type { Decision } from "./decide.ts";
import { afterBooking, afterVoid, bookingReference, nextCall } from "./decide.ts";

/** Shipments per pass. */
export const AT_ONCE = 200;

export interface PassOptions {
  readonly context: Pick<Context<EventMap>, "clock" | "database" | "log" | "outbox" | "random">;
  readonly carrier: Carrier;
  readonly metrics: ShipmentMetrics;
  /** How long a claim lasts, in milliseconds: well above any answer time. The shipments of a crashed instance wait this long. */
  readonly leaseMs: number;
}

interface Decided {
  readonly shipment: Claimed;
  readonly decision: Decision;
}

/** Runs one pass; returns the number of due shipments. */
export async function bookDue(options: PassOptions): Promise<number> {
  const {
    context: { clock, database, outbox },
    carrier,
  } = options;
  const claimed = await claimWaiting(database, { carrier: carrier.name, limit: AT_ONCE, leaseMs: options.leaseMs });
  if (claimed.length === 0) return 0;
  const decided = (await Promise.all([book(options, claimed), makeVoid(options, claimed)])).flat();
  const now = clock();
  await database.transaction(async (tx) => {
    const kept = await storeBookings(tx, decided.map(resultOf));
    const held = decided.filter(({ shipment }) => kept.has(shipment.shipmentId));
    await outbox.add(
      tx,
      held.flatMap((item) => {
        const event = eventOf(item, carrier.name, now);
        return event === undefined ? [] : [{ cause: item.shipment.cause, events: [event] }];
      }),
    );
    tx.afterCommit(() =>
      held.forEach((item) => {
        report(options, item);
      }),
    );
  });
  return claimed.length;
}

/** Returns the event that follows from a decision. */
function eventOf(
  { shipment, decision }: Decided,
  carrier: CarrierName,
  now: number,
): Published<EventMap, "shipment.created" | "shipment.failed"> | undefined {
  if (decision.kind === "booked") return shipmentCreated(shipment, carrier, decision.trackingNumber, now);
  if (decision.kind === "undeliverable") return shipmentFailed(shipment, decision.progress.rejectedBy, now);
  return undefined;
}

async function book(
  { context, carrier, metrics }: PassOptions,
  claimed: readonly Claimed[],
): Promise<readonly Decided[]> {
  const asked = claimed.filter(({ progress }) => nextCall(progress) === "book");
  const answers = await ask<BookingAnswer>(context, carrier, asked, { outcome: "silent" }, () =>
    carrier.book(
      asked.map(({ shipmentId, shippingAddress, progress }) => ({
        reference: bookingReference(shipmentId, progress.turn),
        shipmentId,
        address: shippingAddress,
        attempt: progress.attempts + 1,
      })),
    ),
  );
  return asked.map((shipment, place) => {
    const answer = answers[place] ?? { outcome: "silent" };
    metrics.answers.inc({ carrier: carrier.name, call: "book", answer: answer.outcome });
    return { shipment, decision: afterBooking(shipment.progress, answer, context.random) };
  });
}

async function makeVoid(
  { context, carrier, metrics }: PassOptions,
  claimed: readonly Claimed[],
): Promise<readonly Decided[]> {
  const asked = claimed.filter(({ progress }) => nextCall(progress) === "void");
  const answers = await ask<VoidAnswer>(context, carrier, asked, "silent", () =>
    carrier.makeVoid(
      asked.map(({ shipmentId, progress }) => ({
        reference: bookingReference(shipmentId, progress.turn),
        shipmentId,
      })),
    ),
  );
  return asked.map((shipment, place) => {
    const answer = answers[place] ?? "silent";
    metrics.answers.inc({ carrier: carrier.name, call: "void", answer });
    return { shipment, decision: afterVoid(shipment.progress, answer, context.random) };
  });
}

/** Calls the carrier. If the whole call fails, each of its shipments counts as unanswered. */
async function ask<A>(
  { log }: PassOptions["context"],
  carrier: Carrier,
  asked: readonly Claimed[],
  silence: A,
  call: () => Promise<readonly A[]>,
): Promise<readonly A[]> {
  if (asked.length === 0) return [];
  try {
    return await call();
  } catch (error) {
    log.warn(
      { err: error, carrier: carrier.name, shipments: asked.length },
      "the carrier could not be asked; its shipments are in doubt",
    );
    return asked.map(() => silence);
  }
}

function resultOf({ shipment, decision }: Decided): BookingResult {
  return {
    shipmentId: shipment.shipmentId,
    claim: shipment.claim,
    status: decision.kind,
    progress: decision.progress,
    next:
      decision.kind === "booked"
        ? { at: decision.lookAfter }
        : { inMs: decision.kind === "waiting" ? decision.delayMs : 0 },
    ...(decision.kind === "booked" ? { trackingNumber: decision.trackingNumber } : {}),
  };
}

function report({ context: { log }, carrier, metrics }: PassOptions, { shipment, decision }: Decided): void {
  const { orderId, shipmentId } = shipment;
  const concerned = { orderId, shipmentId, traceId: shipment.cause.trace?.traceId };
  if (decision.kind === "booked") metrics.shipments.inc({ carrier: carrier.name, outcome: "created" });
  if (decision.kind === "undeliverable") {
    metrics.shipments.inc({ carrier: carrier.name, outcome: "undeliverable" });
    log.error(
      { ...concerned, rejectedBy: decision.progress.rejectedBy },
      "no carrier serves the address; the shipment is undeliverable",
    );
  }
  if (decision.kind === "waiting" && decision.fellOverTo !== undefined) {
    metrics.fallOvers.inc({ from: carrier.name, to: decision.fellOverTo });
    log.info({ ...concerned, from: carrier.name, to: decision.fellOverTo }, "the other carrier is asked");
  }
}
