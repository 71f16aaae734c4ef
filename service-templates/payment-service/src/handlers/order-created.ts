/**
 * Handles a new order: captures its amount once. The provider is called before the transaction, with an id derived from
 * the order, so that a repetition after a crash finds the same capture. If the provider does not answer, the capture is
 * voided and the payment counts as failed: an unknown result never counts as failed without this step. The handler
 * declines an order that is cancelled later in the batch, or whose deadline has passed. Otherwise, after an outage, a
 * backlog of such orders would be captured and refunded.
 */

import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { DeclineReason } from "@event-platform-kit/service/events/deadline";
import { isPast } from "@event-platform-kit/service/events/deadline";
import type { Published } from "@event-platform-kit/service/events/event-map";
import type { RetryPolicy } from "@event-platform-kit/service/retry";
import { retry } from "@event-platform-kit/service/retry";
import type { Transaction } from "@event-platform-kit/service/storage/database";
import type { Counter } from "prom-client";
import type { EventMap, OrderCreated } from "../events.generated.ts";
import { isCancelledIn } from "../orders.ts";
import type { CaptureOutcome, Charge, PaymentProvider, Reversal } from "../provider/provider.ts";
import { ProviderUnavailable } from "../provider/provider.ts";
import type { LookAt, SettleOptions } from "../reversal.ts";
import { makeVoid, settle, transactionOf } from "../reversal.ts";

/** Result of the work before the transaction. */
type Attempt =
  | CaptureOutcome
  | { readonly outcome: "unavailable" }
  /** The deadline has passed. */
  | { readonly outcome: "late" };

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
}: OrderCreatedOptions): Handler<EventMap, "order.created"> {
  const { payments, clock } = settling;
  /**
   * Records that an order is declined. order-service cancels the order at the same deadline, or has already done so,
   * and needs no answer.
   */
  function decline(
    payload: OrderCreated,
    why: DeclineReason,
    reversal: Reversal,
    tx: Transaction,
  ): ReturnType<typeof settle> {
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
  async function capture(payload: OrderCreated): Promise<Attempt> {
    try {
      return await retry(() => provider.capture(chargeOf(payload)), {
        policy: PROVIDER_RETRY,
        retryable: (error) => error instanceof ProviderUnavailable,
      });
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      await makeVoid(provider, payload.orderId);
      return { outcome: "unavailable" };
    }
  }
  /** Stores the result of the attempt and returns its event. */
  async function note(
    payload: OrderCreated,
    attempt: Attempt,
    tx: Transaction,
  ): Promise<readonly Published<EventMap>[]> {
    const known = payments.get(tx, payload.orderId);
    // Only a tombstone forbids the result of the attempt: any other payment is this same capture.
    if (known !== undefined)
      return known.status === "cancelled"
        ? decline(payload, "cancelled", await makeVoid(provider, payload.orderId), tx)
        : [];
    // This runs only after the inbox has confirmed that the order is new. An earlier void would destroy the capture of
    // an instance that had consumed the record before.
    if (attempt.outcome === "late") return decline(payload, "deadline", await makeVoid(provider, payload.orderId), tx);

    const charge = chargeOf(payload);
    const payment = {
      orderId: payload.orderId,
      transactionId: charge.transactionId,
      customerId: payload.customerId,
      amount: charge.amount,
      currency: payload.currency,
    };
    if (attempt.outcome === "captured") {
      payments.put(tx, payload.orderId, { ...payment, status: "processed" });
      return [processed(payload, charge, clock())];
    }
    const reason = attempt.outcome === "declined" ? "payment_declined" : "provider_unavailable";
    const providerCode = attempt.outcome === "declined" ? attempt.code : "no_answer";
    payments.put(tx, payload.orderId, { ...payment, status: "failed", reason, providerCode });
    return [failed(payload, charge, reason, providerCode, clock())];
  }
  return {
    async prepare({ payload }, batch) {
      const { orderId } = payload;
      const { status, now } = await lookAt(orderId);
      if (status === "cancelled" || (status === undefined && isCancelledIn(batch, orderId))) {
        const reversal = await makeVoid(provider, orderId);
        return async (tx) => decline(payload, "cancelled", reversal, tx);
      }
      // The order already has a payment.
      if (status !== undefined) return async () => [];
      const attempt: Attempt = isPast(payload.deadline, now) ? { outcome: "late" } : await capture(payload);
      return (tx) => note(payload, attempt, tx);
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

function processed(payload: OrderCreated, charge: Charge, timestamp: number): Published<EventMap, "payment.processed"> {
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
): Published<EventMap, "payment.failed"> {
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
