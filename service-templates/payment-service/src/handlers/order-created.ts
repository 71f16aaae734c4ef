/**
 * A new order: capture its amount, once. The provider is called before the transaction, with an id
 * derived from the order, so that a repetition after a crash meets the same capture. When the
 * provider stays silent the capture is made void and the payment counts as failed: unknown is never
 * taken for failed without making sure.
 */
import type { Handler } from "../../../lib/batch.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Database } from "../../../lib/database.ts";
import type { NewEvent } from "../../../lib/envelope.ts";
import { messageOf, ServiceError } from "../../../lib/errors.ts";
import { gather, UNBOUNDED } from "../../../lib/gather.ts";
import { derivedUuid, requiredUuid } from "../../../lib/ids.ts";
import type { RetryPolicy } from "../../../lib/retry.ts";
import { retry } from "../../../lib/retry.ts";
import type { OrderCreated } from "../orders.ts";
import type { PaymentsBatch } from "../payments-batch.ts";
import { findPayments } from "../payments-table.ts";
import type { CaptureOutcome, Charge, PaymentProvider } from "../provider/provider.ts";
import { ProviderUnavailable } from "../provider/provider.ts";

/** What the provider said; undefined when it was not asked because the order has its payment or was cancelled. */
type Prepared = CaptureOutcome | { readonly outcome: "unavailable" } | undefined;

const PROVIDER_RETRY: RetryPolicy = { attempts: 3, firstDelayMs: 50, maxDelayMs: 500, factor: 2 };

export interface OrderCreatedOptions {
  readonly database: Database;
  readonly payments: PaymentsBatch;
  readonly provider: PaymentProvider;
  readonly clock: Clock;
}

/** Id of an order's only transaction. */
export function transactionOf(orderId: string): string {
  return derivedUuid("payment", orderId);
}

export function orderCreated({ database, payments, provider, clock }: OrderCreatedOptions): Handler<OrderCreated, Prepared> {
  /** Whether an order has its payment or was cancelled; one look for all orders of a batch. */
  const isKnown = gather<string, boolean>({
    async work(orderIds) {
      const known = await findPayments(database, orderIds);
      return orderIds.map((orderId) => known.has(orderId.toLowerCase()));
    },
    clock, ...UNBOUNDED,
  });
  return {
    async prepare({ payload }) {
      if (await isKnown(requiredUuid(payload.orderId, "orderId"))) return undefined;
      const charge = chargeOf(payload);
      try {
        return await retry(() => provider.capture(charge), { policy: PROVIDER_RETRY, retryable: (error) => error instanceof ProviderUnavailable });
      } catch (error) {
        if (!(error instanceof ProviderUnavailable)) throw error;
        await makeVoid(provider, charge);
        return { outcome: "unavailable" };
      }
    },
    async apply({ payload }, tx, prepared) {
      if (prepared === undefined) return [];
      const charge = chargeOf(payload);
      const payment = { orderId: payload.orderId, transactionId: charge.transactionId, customerId: payload.customerId, amount: charge.amount, currency: payload.currency };
      const known = payments.get(tx, payload.orderId);
      if (prepared.outcome === "captured") {
        if (known !== undefined) {
          // A cancellation slipped in between: what was captured goes straight back. A payment is this very capture.
          if (known.transactionId === undefined) await provider.refund(charge.transactionId);
          return [];
        }
        payments.put(tx, payload.orderId, { ...payment, status: "processed" });
        return [processed(payload, charge, clock())];
      }
      if (known !== undefined) return [];
      const reason = prepared.outcome === "declined" ? "payment_declined" : "provider_unavailable";
      const providerCode = prepared.outcome === "declined" ? prepared.code : "no_answer";
      payments.put(tx, payload.orderId, { ...payment, status: "failed", reason, providerCode });
      return [failed(payload, charge, reason, providerCode, clock())];
    },
  };
}

function chargeOf(payload: OrderCreated): Charge {
  return { transactionId: transactionOf(payload.orderId), orderId: payload.orderId, amount: Math.round(payload.totalAmount * 100), currency: payload.currency };
}

async function makeVoid(provider: PaymentProvider, charge: Charge): Promise<void> {
  try {
    await provider.void(charge);
  } catch (error) {
    // Neither captured nor void for certain: the record waits until the provider says.
    throw new ServiceError("SVC_PROVIDER_UNAVAILABLE", `capture ${charge.transactionId} is neither confirmed nor void: ${messageOf(error)}`, { cause: error });
  }
}

function processed(payload: OrderCreated, charge: Charge, timestamp: number): NewEvent {
  return {
    type: "payment.processed", key: payload.orderId,
    payload: {
      orderId: payload.orderId, customerId: payload.customerId, transactionId: charge.transactionId,
      amount: charge.amount / 100, currency: charge.currency, timestamp, provider: "simulator",
    },
  };
}

function failed(payload: OrderCreated, charge: Charge, reason: string, providerCode: string, timestamp: number): NewEvent {
  return {
    type: "payment.failed", key: payload.orderId,
    payload: {
      orderId: payload.orderId, customerId: payload.customerId, transactionId: charge.transactionId,
      amount: charge.amount / 100, currency: charge.currency, reason, providerCode, timestamp,
    },
  };
}
