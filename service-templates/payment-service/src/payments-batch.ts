/** Payments of the running batch: locked and loaded at its beginning, written at its end. */
import type { BatchRows } from "../../lib/consumer/batch-rows.ts";
import { batchRows } from "../../lib/consumer/batch-rows.ts";
import type { ReceivedEvent } from "../../lib/events/envelope.ts";
import { requiredUuid } from "../../lib/ids.ts";
import type { Transaction } from "../../lib/storage/database.ts";
import type { Payment } from "./payments-table.ts";
import { insertPayments, lockPayments, updatePayments } from "./payments-table.ts";

export type PaymentsBatch = BatchRows<Payment>;

export function paymentsBatch(): PaymentsBatch & {
  lock(events: readonly ReceivedEvent[], tx: Transaction): Promise<void>;
  finish(events: readonly ReceivedEvent[], tx: Transaction): Promise<void>;
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
