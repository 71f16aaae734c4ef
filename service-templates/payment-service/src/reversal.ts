/**
 * Orders for which nothing may be captured: they are cancelled, or their deadline has passed. A tombstone records this
 * in the database. The provider is asked as well, because a capture precedes the transaction that records it, and that
 * transaction may have failed.
 */
import type { Clock } from "@event-platform-kit/service/clock";
import { messageOf, ServiceError } from "@event-platform-kit/service/errors";
import type { Published } from "@event-platform-kit/service/events/event-map";
import { gather, UNBOUNDED } from "@event-platform-kit/service/gather";
import { derivedUuid, requiredUuid } from "@event-platform-kit/service/ids";
import type { Database, Transaction } from "@event-platform-kit/service/storage/database";
import type { EventMetrics } from "@event-platform-kit/service/telemetry/event-metrics";
import type { EventMap } from "./events.generated.ts";
import type { PaymentsBatch } from "./payments-batch.ts";
import type { PaymentLook } from "./payments-table.ts";
import { lookAtPayments } from "./payments-table.ts";
import type { PaymentProvider, Reversal } from "./provider/provider.ts";

/** Returns the id of an order's only transaction at the provider. */
export function transactionOf(orderId: string): string {
  return derivedUuid("payment", orderId);
}

/** Returns the state of one order; all orders of a batch share one query. */
export type LookAt = (orderId: string) => Promise<PaymentLook>;

export function paymentLooks(database: Database, clock: Clock): LookAt {
  const look = gather<string, PaymentLook>({
    work: (orderIds) => lookAtPayments(database, orderIds),
    clock,
    ...UNBOUNDED,
  });
  return (orderId) => look(requiredUuid(orderId, "orderId"));
}

/**
 * Makes sure at the provider that nothing is or will be captured for an order.
 * @throws ServiceError `SVC_PROVIDER_UNAVAILABLE` if the provider does not answer: the record then waits until it does.
 */
export async function makeVoid(provider: PaymentProvider, orderId: string): Promise<Reversal> {
  const transactionId = transactionOf(orderId);
  try {
    return await provider.void({ transactionId, orderId });
  } catch (error) {
    throw new ServiceError(
      "SVC_PROVIDER_UNAVAILABLE",
      `transaction ${transactionId} is neither captured nor void for certain: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** An order that is cancelled or declined. */
export interface GivenUp {
  readonly orderId: string;
  readonly customerId: string;
  readonly reason: string;
}

export interface SettleOptions {
  readonly payments: PaymentsBatch;
  readonly metrics: EventMetrics;
  readonly clock: Clock;
}

/** Records the result of voiding an order's transaction: a tombstone, or a refund, whose event is returned once. */
export function settle(
  { payments, metrics, clock }: SettleOptions,
  tx: Transaction,
  { orderId, customerId, reason }: GivenUp,
  reversal: Reversal,
): readonly Published<EventMap, "payment.refunded">[] {
  const known = payments.get(tx, orderId);
  if (known !== undefined && known.status !== "cancelled") return [];
  if (!reversal.captured) {
    if (known === undefined) payments.put(tx, orderId, { orderId, status: "cancelled", reason });
    return [];
  }
  return refunded({ payments, metrics, clock }, tx, { orderId, customerId, reason }, reversal);
}

/** Records a refund and returns its event. */
export function refunded(
  { payments, metrics, clock }: SettleOptions,
  tx: Transaction,
  { orderId, customerId, reason }: GivenUp,
  { amount, currency }: { readonly amount: number; readonly currency: string },
): readonly Published<EventMap, "payment.refunded">[] {
  const [transactionId, refundId] = [transactionOf(orderId), derivedUuid("refund", orderId)];
  payments.put(tx, orderId, {
    ...payments.get(tx, orderId),
    orderId,
    status: "refunded",
    transactionId,
    customerId,
    amount,
    currency,
    refundId,
    reason,
  });
  tx.afterCommit(() => metrics.compensations.inc({ kind: "refund" }));
  return [
    {
      type: "payment.refunded",
      key: orderId,
      payload: {
        orderId,
        customerId,
        transactionId,
        refundId,
        amount: amount / 100,
        currency,
        reason,
        timestamp: clock(),
      },
    },
  ];
}
