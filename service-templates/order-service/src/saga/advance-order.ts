/**
 * Applies one input to one order: loads the order, advances its saga, and returns the order's own event. The orders of
 * a batch are stored together.
 */
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

/** Locks the orders of a batch in the order of their ids: different instances may handle the answers of payment and inventory. */
export async function lockBatch(events: readonly ReceivedEvent[], tx: Transaction): Promise<void> {
  await load(tx, [...new Set(events.map((event) => event.key))].filter(isUuid));
}

async function load(tx: Transaction, orderIds: readonly string[]): Promise<void> {
  const locked = await lockOrders(tx, orderIds);
  orders.load(tx, new Map([...locked].map(([orderId, order]) => [orderId, { order, steps: [] }])));
}

/** An order that reached its first terminal state. */
export interface EndedOrder {
  readonly orderId: string;
  readonly outcome: EndedStatus;
  /** Present only if the order was cancelled. */
  readonly reason?: CancelReason;
  /** Time since the order was placed. */
  readonly seconds: number;
}

/**
 * Writes the changes of this transaction's inputs.
 * @param onEnded - Called after the commit for each order that reached a terminal state.
 */
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

/** Data of an answer in addition to its outcome. */
export interface Answer {
  readonly transactionId?: string;
  /** The reason in the participant's words, for support. */
  readonly detail?: string | null;
}

/** Returns the events that follow from an input; none if it changes nothing. `writeOrders` stores the change. */
export async function advanceOrder(
  tx: Transaction,
  orderId: string,
  input: SagaInput,
  timestamp: number,
  answer: Answer = {},
): Promise<readonly Published<EventMap, "order.confirmed" | "order.cancelled">[]> {
  // An answer whose key is not the id of its order was not locked with the batch.
  if (orders.get(tx, orderId) === undefined) await load(tx, [orderId]);
  const known = orders.get(tx, orderId);
  // Answers concern orders that this service has committed; an unknown order means a foreign or damaged record.
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
