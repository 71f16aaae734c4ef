/** Applies one input to one order: load, advance, store, and give back the order's own event. */
import type { Transaction } from "../../../lib/database.ts";
import type { NewEvent, ReceivedEvent } from "../../../lib/envelope.ts";
import { ServiceError } from "../../../lib/errors.ts";
import { isUuid } from "../../../lib/ids.ts";
import type { Order } from "../order.ts";
import { orderCancelled, orderConfirmed } from "../order.ts";
import { lockOrders, updateOrder } from "../orders-table.ts";
import type { SagaInput } from "./state-machine.ts";
import { advance } from "./state-machine.ts";

/** Orders of the running batch, locked and loaded once; later events of the batch see earlier ones' changes. */
const loaded = new WeakMap<Transaction, Map<string, Order>>();

/** Locks the orders of a batch in the order of their ids: payment's and inventory's answers may be handled by different instances. */
export async function lockBatch(events: readonly ReceivedEvent[], tx: Transaction): Promise<void> {
  const ids = [...new Set(events.map((event) => event.key))].filter(isUuid);
  loaded.set(tx, new Map(await lockOrders(tx, ids)));
}

/** What an answer adds to the order beside its outcome. */
export interface Answer {
  readonly transactionId?: string;
  /** For support: why, in the participant's words. */
  readonly detail?: string | null;
}

/** The events that follow from an input; none when it says nothing new. */
export async function advanceOrder(tx: Transaction, orderId: string, input: SagaInput, timestamp: number, answer: Answer = {}): Promise<readonly NewEvent[]> {
  const order = loaded.get(tx)?.get(orderId) ?? (await lockOrders(tx, [orderId])).get(orderId);
  // Answers are about orders this service has committed; an unknown one is a foreign or damaged record.
  if (order === undefined) throw new ServiceError("SVC_HANDLER_FAILED", `there is no order ${orderId}`, { permanent: true });
  const { state, steps, emits } = advance(order.saga, input);
  if (steps.length === 0) return [];
  const next: Order = { ...order, saga: state, ...(answer.transactionId === undefined ? {} : { transactionId: answer.transactionId }) };
  await updateOrder(tx, next, steps);
  loaded.get(tx)?.set(orderId, next);
  if (emits === "order.confirmed") return [orderConfirmed(next, timestamp)];
  if (emits === "order.cancelled") return [orderCancelled(next, timestamp, answer.detail ?? null)];
  return [];
}
