/** Applies one input to one order: load, advance, and give back the order's own event; a batch's orders are stored together. */
import { batchRows } from "@event-platform-kit/service/consumer/batch-rows";
import { ServiceError } from "@event-platform-kit/service/errors";
import type { ReceivedEvent } from "@event-platform-kit/service/events/envelope";
import type { Published } from "@event-platform-kit/service/events/event-map";
import { isUuid } from "@event-platform-kit/service/ids";
import type { Transaction } from "@event-platform-kit/service/storage/database";
import type { EventMap } from "../events.generated.ts";
import type { Order } from "../order.ts";
import { orderCancelled, orderConfirmed } from "../order.ts";
import type { OrderChange } from "../orders-table.ts";
import { lockOrders, updateOrders } from "../orders-table.ts";
import type { CancelReason, EndedStatus, SagaInput } from "./state-machine.ts";
import { advance } from "./state-machine.ts";

/** Orders of the running batch with their new steps. */
const orders = batchRows<OrderChange & { readonly ended?: EndedStatus }>();

/** Locks the orders of a batch in the order of their ids: payment's and inventory's answers may be handled by different instances. */
export async function lockBatch(events: readonly ReceivedEvent[], tx: Transaction): Promise<void> {
  await load(tx, [...new Set(events.map((event) => event.key))].filter(isUuid));
}

async function load(tx: Transaction, orderIds: readonly string[]): Promise<void> {
  const locked = await lockOrders(tx, orderIds);
  orders.load(tx, new Map([...locked].map(([orderId, order]) => [orderId, { order, steps: [] }])));
}

/** An order that came to its first terminal state. */
export interface EndedOrder {
  readonly orderId: string;
  readonly outcome: EndedStatus;
  /** Present exactly when cancelled. */
  readonly reason?: CancelReason;
  /** Since it was placed. */
  readonly seconds: number;
}

/** Writes what the inputs of this transaction changed. @param onEnded - Told of each order that ended, after the commit. */
export async function writeOrders(tx: Transaction, onEnded: (order: EndedOrder) => void): Promise<void> {
  const { changed } = orders.changes(tx);
  const ages = await updateOrders(tx, changed);
  for (const { order, ended } of changed) {
    if (ended === undefined) continue;
    const { orderId, saga } = order;
    tx.afterCommit(() =>
      onEnded({
        orderId,
        outcome: ended,
        ...(saga.reason === undefined ? {} : { reason: saga.reason }),
        seconds: ages.get(orderId) ?? 0,
      }),
    );
  }
}

/** What an answer adds to the order beside its outcome. */
export interface Answer {
  readonly transactionId?: string;
  /** For support: why, in the participant's words. */
  readonly detail?: string | null;
}

/** The events that follow from an input; none when it says nothing new. What changed is stored by `writeOrders`. */
export async function advanceOrder(
  tx: Transaction,
  orderId: string,
  input: SagaInput,
  timestamp: number,
  answer: Answer = {},
): Promise<readonly Published<EventMap, "order.confirmed" | "order.cancelled">[]> {
  // An answer whose key is not its order's id was not locked with the batch.
  if (orders.get(tx, orderId) === undefined) await load(tx, [orderId]);
  const known = orders.get(tx, orderId);
  // Answers are about orders this service has committed; an unknown one is a foreign or damaged record.
  if (known === undefined)
    throw new ServiceError("SVC_HANDLER_FAILED", `there is no order ${orderId}`, { permanent: true });
  const { state, steps, emits } = advance(known.order.saga, input);
  if (steps.length === 0) return [];
  const next: Order = {
    ...known.order,
    saga: state,
    ...(answer.transactionId === undefined ? {} : { transactionId: answer.transactionId }),
  };
  const from = known.order.saga.status;
  const ended = known.ended ?? (from === "pending" && state.status !== "pending" ? state.status : undefined);
  orders.put(tx, orderId, {
    order: next,
    steps: [...known.steps, ...steps],
    ...(ended === undefined ? {} : { ended }),
  });
  if (emits === "order.confirmed") return [orderConfirmed(next, timestamp)];
  if (emits === "order.cancelled") return [orderCancelled(next, timestamp, answer.detail ?? null)];
  return [];
}
