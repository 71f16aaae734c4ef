/**
 * A new order: capture its amount, once. The provider is called before the transaction, with an id
 * derived from the order, so that a repetition after a crash meets the same capture. When the
 * provider stays silent the capture is made void and the payment counts as failed: unknown is never
 * taken for failed without making sure. An order that is cancelled further on in the batch, or whose deadline has
 * passed, is not paid any more: after an outage a backlog of such orders would be captured and given back.
 */

import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { DeclineReason } from "@event-platform-kit/service/events/deadline";
import { isPast } from "@event-platform-kit/service/events/deadline";
import type { NewEvent } from "@event-platform-kit/service/events/envelope";
import type { RetryPolicy } from "@event-platform-kit/service/retry";
import { retry } from "@event-platform-kit/service/retry";
import type { Counter } from "prom-client";
import type { OrderCreated } from "../orders.ts";
import { isCancelledIn } from "../orders.ts";
import type { CaptureOutcome, Charge, PaymentProvider, Reversal } from "../provider/provider.ts";
import { ProviderUnavailable } from "../provider/provider.ts";
import type { LookAt, SettleOptions } from "../reversal.ts";
import { makeVoid, settle, transactionOf } from "../reversal.ts";

/** What was found or done before the transaction; undefined where the order has its payment. */
type Prepared =
  | CaptureOutcome
  | { readonly outcome: "unavailable" }
  /** The order is cancelled, here or further on in the batch. */
  | { readonly outcome: "cancelled"; readonly reversal: Reversal }
  /** The deadline has passed. */
  | { readonly outcome: "late" }
  | undefined;

const PROVIDER_RETRY: RetryPolicy = { attempts: 3, firstDelayMs: 50, maxDelayMs: 500, factor: 2 };

export interface OrderCreatedOptions extends SettleOptions {
  readonly provider: PaymentProvider;
  readonly lookAt: LookAt;
  readonly declined: Counter<"reason">;
}

export function orderCreated({
  provider,
  lookAt,
  declined,
  ...settling
}: OrderCreatedOptions): Handler<OrderCreated, Prepared> {
  const { payments, clock } = settling;
  /** Notes that an order is not paid any more. order-service ends it by the same deadline, or has done so: it needs no answer. */
  function decline(
    payload: OrderCreated,
    why: DeclineReason,
    reversal: Reversal,
    tx: Parameters<typeof settle>[1],
  ): readonly NewEvent[] {
    if (payments.get(tx, payload.orderId) === undefined) tx.afterCommit(() => declined.inc({ reason: why }));
    return settle(
      settling,
      tx,
      {
        orderId: payload.orderId,
        customerId: payload.customerId,
        reason: why === "deadline" ? "deadline_passed" : "order_cancelled",
      },
      reversal,
    );
  }
  return {
    async prepare({ payload }, batch) {
      const { orderId } = payload;
      const { status, now } = await lookAt(orderId);
      if (status === "cancelled" || (status === undefined && isCancelledIn(batch, orderId)))
        return { outcome: "cancelled", reversal: await makeVoid(provider, orderId) };
      if (status !== undefined) return undefined;
      if (isPast(payload.deadline, now)) return { outcome: "late" };
      try {
        return await retry(() => provider.capture(chargeOf(payload)), {
          policy: PROVIDER_RETRY,
          retryable: (error) => error instanceof ProviderUnavailable,
        });
      } catch (error) {
        if (!(error instanceof ProviderUnavailable)) throw error;
        await makeVoid(provider, orderId);
        return { outcome: "unavailable" };
      }
    },
    async apply({ payload }, tx, prepared) {
      if (prepared === undefined) return [];
      if (prepared.outcome === "cancelled") return decline(payload, "cancelled", prepared.reversal, tx);
      const known = payments.get(tx, payload.orderId);
      // Only a tombstone forbids what was captured, or declined: a payment is this very capture.
      if (known !== undefined)
        return known.status === "cancelled"
          ? decline(payload, "cancelled", await makeVoid(provider, payload.orderId), tx)
          : [];
      // Not before the inbox has said that the order is new: void, its capture by an instance that had the record before would be lost.
      if (prepared.outcome === "late")
        return decline(payload, "deadline", await makeVoid(provider, payload.orderId), tx);

      const charge = chargeOf(payload);
      const payment = {
        orderId: payload.orderId,
        transactionId: charge.transactionId,
        customerId: payload.customerId,
        amount: charge.amount,
        currency: payload.currency,
      };
      if (prepared.outcome === "captured") {
        payments.put(tx, payload.orderId, { ...payment, status: "processed" });
        return [processed(payload, charge, clock())];
      }
      const reason = prepared.outcome === "declined" ? "payment_declined" : "provider_unavailable";
      const providerCode = prepared.outcome === "declined" ? prepared.code : "no_answer";
      payments.put(tx, payload.orderId, { ...payment, status: "failed", reason, providerCode });
      return [failed(payload, charge, reason, providerCode, clock())];
    },
  };
}

function chargeOf(payload: OrderCreated): Charge {
  return {
    transactionId: transactionOf(payload.orderId),
    orderId: payload.orderId,
    amount: Math.round(payload.totalAmount * 100),
    currency: payload.currency,
  };
}

function processed(payload: OrderCreated, charge: Charge, timestamp: number): NewEvent {
  return {
    type: "payment.processed",
    key: payload.orderId,
    payload: {
      orderId: payload.orderId,
      customerId: payload.customerId,
      transactionId: charge.transactionId,
      amount: charge.amount / 100,
      currency: charge.currency,
      timestamp,
      provider: "simulator",
    },
  };
}

function failed(
  payload: OrderCreated,
  charge: Charge,
  reason: string,
  providerCode: string,
  timestamp: number,
): NewEvent {
  return {
    type: "payment.failed",
    key: payload.orderId,
    payload: {
      orderId: payload.orderId,
      customerId: payload.customerId,
      transactionId: charge.transactionId,
      amount: charge.amount / 100,
      currency: charge.currency,
      reason,
      providerCode,
      timestamp,
    },
  };
}
