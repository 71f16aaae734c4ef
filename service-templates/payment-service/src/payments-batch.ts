/** Payments of the running batch: locked and loaded at its start, written at its end. */
import type { BatchRows } from "@event-platform-kit/service/consumer/batch-rows";
import { batchRows } from "@event-platform-kit/service/consumer/batch-rows";
import type { Received } from "@event-platform-kit/service/events/event-map";
import { requiredUuid } from "@event-platform-kit/service/ids";
import type { Transaction } from "@event-platform-kit/service/storage/database";
import type { EventMap } from "./events.generated.ts";
import type { Payment } from "./payments-table.ts";
import { insertPayments, lockPayments, updatePayments } from "./payments-table.ts";

export type PaymentsBatch = BatchRows<Payment>;

export function paymentsBatch(): PaymentsBatch & {
  lock(events: readonly Received<EventMap>[], tx: Transaction): Promise<void>;
  finish(events: readonly Received<EventMap>[], tx: Transaction): Promise<void>;
} {
  const payments = batchRows<Payment>();
  return {
    ...payments,
    async lock(events, tx) {
      const orderIds = new Set(events.map((event) => requiredUuid(event.payload.orderId, "orderId")));
      payments.load(tx, await lockPayments(tx, [...orderIds]));
    },
    async finish(_events, tx) {
      const { added, changed } = payments.changes(tx);
      await Promise.all([insertPayments(tx, added), updatePayments(tx, changed)]);
    },
  };
}
