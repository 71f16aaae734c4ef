/**
 * 5. Each completed forward step of a cancelled order has exactly one effective compensation, and a confirmed order has
 *   none. Only confirmed orders have shipments, one each. An order is cancelled as undeliverable exactly if no carrier
 *   accepted its shipment. Checked with tables and events: copies of one event (same id) count once.
 */
import type { Judgement, TopicLog, Violations } from "../../../../cli/project/verification.ts";
import type { SampleContext } from "../evidence.ts";

interface Pair {
  readonly topic: string;
  readonly forward: string;
  readonly undo: string;
}

const PAIRS: readonly Pair[] = [
  { topic: "payment-events", forward: "payment.processed", undo: "payment.refunded" },
  { topic: "inventory-events", forward: "inventory.reserved", undo: "inventory.released" },
];

export function compensations(context: SampleContext): Judgement {
  const violations = context.newViolations();
  const { evidence } = context;
  const orders = evidence.tables.orders?.rows ?? [];
  const events = eventsPerOrder(context);
  const count = (orderId: string, type: string): number => events.get(orderId)?.get(type)?.size ?? 0;
  const figures = {
    cancelledOrders: 0,
    captured: 0,
    refunded: 0,
    reserved: 0,
    released: 0,
    shipments: evidence.tables.shipping?.shipments.length ?? 0,
  };
  const notes: string[] = [];

  const captured = new Map<string, { captures: number; refunds: number }>();
  for (const { orderId, kind } of evidence.tables.payments?.ledger ?? []) {
    const moved = captured.get(orderId) ?? { captures: 0, refunds: 0 };
    if (kind === "capture") moved.captures += 1;
    if (kind === "refund") moved.refunds += 1;
    captured.set(orderId, moved);
  }
  const reservations = new Map(
    (evidence.tables.inventory?.reservations ?? []).map(({ orderId, status }) => [orderId, status]),
  );
  // If the start of the log was deleted, a missing event may have existed: then only the existing events are compared.
  const whole = new Map(evidence.topics.map((topic) => [topic.name, isWhole(topic)]));
  for (const { topic } of PAIRS)
    if (whole.get(topic) === false)
      notes.push(
        `${topic} lost its oldest records to retention: compensations without their forward step are not judged`,
      );

  for (const { orderId, status } of orders) {
    if (status === "pending") continue;
    const reservation = reservations.get(orderId);
    const moved = captured.get(orderId) ?? { captures: 0, refunds: 0 };
    if (status === "cancelled") {
      figures.cancelledOrders += 1;
      figures.captured += moved.captures;
      figures.refunded += moved.refunds;
      if (moved.refunds !== moved.captures)
        violations.add(orderId, `cancelled: ${moved.captures} captures, ${moved.refunds} refunds at the provider`);
      if (reservation === "reserved" || reservation === "sold")
        violations.add(orderId, `cancelled: its stock is still ${reservation}`);
      const forward = count(orderId, "inventory.reserved");
      const undone = count(orderId, "inventory.released");
      figures.reserved += forward;
      figures.released += undone;
      if (forward > 0 && evidence.tables.inventory !== undefined && reservation !== "released" && undone > 0)
        violations.add(orderId, `inventory.released was published, its reservation is ${reservation ?? "not stored"}`);
    } else {
      if (moved.refunds > 0) violations.add(orderId, `confirmed: refunded ${moved.refunds} times at the provider`);
      if (evidence.tables.inventory !== undefined && reservation !== "reserved" && reservation !== "sold")
        violations.add(orderId, `confirmed: its reservation is ${reservation ?? "not stored"}`);
    }
    // A capture that was never reported, because its record failed, is still refunded: the provider's ledger contains
    // its forward step.
    const unreported = moved.captures > 0 ? "payment.refunded" : undefined;
    for (const pair of PAIRS)
      comparePair(
        orderId,
        status,
        pair,
        count,
        (whole.get(pair.topic) ?? false) && pair.undo !== unreported,
        violations,
      );
  }
  shipments(context, violations);
  return { figures, violations, notes };
}

function comparePair(
  orderId: string,
  status: "confirmed" | "cancelled",
  pair: Pair,
  count: (orderId: string, type: string) => number,
  whole: boolean,
  violations: Violations,
): void {
  const forward = count(orderId, pair.forward);
  const undone = count(orderId, pair.undo);
  if (forward > 1) violations.add(orderId, `${forward} different ${pair.forward} events`);
  if (status === "confirmed") {
    if (undone > 0) violations.add(orderId, `confirmed, and ${pair.undo} was published`);
    return;
  }
  if (forward > 0 && undone === 0) violations.add(orderId, `cancelled: ${pair.forward} has no ${pair.undo}`);
  if (undone > 1) violations.add(orderId, `cancelled: ${undone} different ${pair.undo} events`);
  if (undone > 0 && forward === 0 && whole) violations.add(orderId, `cancelled: ${pair.undo} without ${pair.forward}`);
}

function shipments(context: SampleContext, violations: Violations): void {
  const { shipping, orders } = context.evidence.tables;
  if (shipping === undefined || orders === undefined) return;
  const found = new Map(orders.rows.map((order) => [order.orderId, order]));
  const shipped = new Map<string, number>();
  for (const { orderId, status, bookings } of shipping.shipments) {
    shipped.set(orderId, (shipped.get(orderId) ?? 0) + 1);
    // While the shipment waits for a carrier, the carrier may have one booking that is not known here yet.
    const wanted = status === "waiting" ? Math.min(bookings, 1) : status === "undeliverable" ? 0 : 1;
    if (status === "undeliverable" && found.get(orderId)?.status === "confirmed")
      violations.add(orderId, "confirmed: no carrier takes its shipment, and nothing was undone");
    if (bookings !== wanted)
      violations.add(orderId, `its shipment is ${status} and has ${bookings} bookings at the carriers`);
  }
  const undeliverable = new Set(
    shipping.shipments.filter(({ status }) => status === "undeliverable").map(({ orderId }) => orderId),
  );
  for (const { orderId, reason } of orders.rows) {
    if (reason === "undeliverable" && !undeliverable.has(orderId))
      violations.add(orderId, "cancelled as undeliverable, and shipping-service has no undeliverable shipment of it");
  }
  for (const [orderId, number] of shipped) {
    const { status, reason } = found.get(orderId) ?? {};
    if (number > 1) violations.add(orderId, `has ${number} shipments`);
    if (status !== "confirmed" && reason !== "undeliverable")
      violations.add(orderId, `is ${status ?? "not stored"} and has a shipment`);
  }
  // Distinguishes a confirmed order without a shipment from one whose event is not handled yet: the event's id of the
  // former is in shipping-service's inbox.
  const inbox = new Set(context.messaging.get("shipping-service")?.inbox.map(({ eventId }) => eventId));
  for (const { key, eventType, eventId } of context.evidence.records) {
    if (eventType !== "order.confirmed" || key === null || eventId === undefined || !inbox.has(eventId)) continue;
    if (!shipped.has(key))
      violations.add(key, "confirmed: shipping-service applied order.confirmed and there is no shipment");
  }
}

/** Returns the ids of the compared events, by order and type. */
function eventsPerOrder(context: SampleContext): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const wanted = new Map(
    PAIRS.flatMap(({ topic, forward, undo }) => [
      [forward, topic],
      [undo, topic],
    ]),
  );
  const orders = new Map<string, Map<string, Set<string>>>();
  for (const { topic, key, eventType, eventId } of context.evidence.records) {
    if (key === null || eventType === undefined || eventId === undefined || wanted.get(eventType) !== topic) continue;
    let types = orders.get(key);
    if (types === undefined) orders.set(key, (types = new Map()));
    const ids = types.get(eventType);
    if (ids === undefined) types.set(eventType, new Set([eventId]));
    else ids.add(eventId);
  }
  return orders;
}

function isWhole(topic: TopicLog): boolean {
  return topic.partitions.every(({ start }) => start === 0);
}
