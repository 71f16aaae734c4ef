/**
 * Handles confirmed orders: each gets a shipment that waits for its booking. The carriers are called in the background,
 * so that a slow carrier blocks no partition. A batch is stored with one statement; an order that is confirmed again
 * finds its existing shipment.
 */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { Received } from "@event-platform-kit/service/events/event-map";
import type { Transaction } from "@event-platform-kit/service/storage/database";
import { formatTraceparent } from "@event-platform-kit/service/trace";
import { firstProgress, shipmentOf } from "../booking/decide.ts";
import type { EventMap } from "../events.generated.ts";
import type { NewShipment } from "../shipments-table.ts";
import { insertShipments } from "../shipments-table.ts";

export interface OrdersConfirmedOptions {
  /** Called after the commit when shipments wait. */
  readonly onWaiting: () => void;
}

/** {@link storeConfirmed} stores the shipments of the whole batch at its end. */
export const orderConfirmed: Handler<EventMap, "order.confirmed"> = { apply: async () => [] };

/** Stores the shipments of a batch of confirmed orders. */
export function storeConfirmed({
  onWaiting,
}: OrdersConfirmedOptions): (events: readonly Received<EventMap>[], tx: Transaction) => Promise<void> {
  return async (events, tx) => {
    const shipments = events.filter((event) => event.type === "order.confirmed").map(newShipment);
    if (shipments.length === 0) return;
    if ((await insertShipments(tx, shipments)) > 0) tx.afterCommit(onWaiting);
  };
}

function newShipment({ id, correlationId, trace, payload }: Received<EventMap, "order.confirmed">): NewShipment {
  const { orderId, customerId, shippingAddress, items } = payload;
  return {
    shipmentId: shipmentOf(orderId),
    orderId,
    customerId,
    shippingAddress,
    items,
    carrier: firstProgress(orderId).carrier,
    correlationId,
    causationId: id,
    ...(trace === undefined ? {} : { traceparent: formatTraceparent(trace) }),
  };
}
