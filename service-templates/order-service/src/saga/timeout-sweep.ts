/**
 * Cancels orders that were pending for too long. A service that answers later receives order.cancelled and compensates.
 * After an outage, the topics may still contain answers to orders that seem overdue. So a sweep cancels nothing until
 * the group has read all records that existed when the sweep began.
 */

import type { CatchUp, Context } from "@event-platform-kit/service";
import { pause } from "@event-platform-kit/service/clock";
import { parseTraceparent } from "@event-platform-kit/service/trace";
import type { EventMap } from "../events.generated.ts";
import { lockOverdue, overdueSince } from "../orders-table.ts";
import { advanceOrder, writeOrders } from "./advance-order.ts";
import type { NoteEndedOrder } from "./ended-orders.ts";

export interface SweepOptions {
  /** How long an order may be pending, in milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two sweeps in milliseconds. @default 1000 */
  readonly everyMs?: number;
  readonly caughtUp: CatchUp;
  readonly onEnded: NoteEndedOrder;
}

type SweepContext = Pick<Context<EventMap>, "database" | "outbox" | "clock">;

const AT_ONCE = 100;

/**
 * Cancels some of the orders that were placed before a given time.
 * @param placedBefore - As returned by `overdueSince`.
 * @returns The number of cancelled orders; less than 100 if none is left.
 */
export async function cancelOverdue(
  { database, outbox, clock }: SweepContext,
  placedBefore: Date,
  { timeoutMs, onEnded }: Pick<SweepOptions, "timeoutMs" | "onEnded">,
): Promise<number> {
  return database.transaction(async (tx) => {
    const overdue = await lockOverdue(tx, placedBefore, AT_ONCE);
    const traces = new Map(
      overdue.map(({ orderId, traceparent }) => [orderId, parseTraceparent(traceparent ?? undefined)]),
    );
    for (const order of overdue) {
      const events = await advanceOrder(tx, order.orderId, "timeout", clock(), {
        detail: `no answer within ${timeoutMs} ms`,
      });
      const trace = traces.get(order.orderId);
      await outbox.add(tx, [
        { cause: { correlationId: order.orderId, ...(trace === undefined ? {} : { trace }) }, events },
      ]);
    }
    await writeOrders(tx, (ended) => onEnded(ended, traces.get(ended.orderId)?.traceId));
    return overdue.length;
  });
}

/** Sweeps until stopped. Several instances may sweep at once: each skips orders that another one has locked. */
export function startSweep(
  context: Context<EventMap>,
  { everyMs = 1_000, caughtUp, ...options }: SweepOptions,
): () => Promise<void> {
  const stopping = new AbortController();

  async function sweep(): Promise<void> {
    const placedBefore = await overdueSince(context.database, options.timeoutMs);
    if (placedBefore === undefined) return;
    const reading = await caughtUp(stopping.signal);
    if (reading === "stopped") return;
    if (reading === "stalled")
      context.log.warn("a partition of the answers is not read any more; orders are cancelled without waiting for it");
    let count = 0;
    for (let some = AT_ONCE; some === AT_ONCE && !stopping.signal.aborted; count += some)
      some = await cancelOverdue(context, placedBefore, options);
    if (count > 0) context.log.warn({ count }, "orders timed out");
  }

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await sweep();
      } catch (error) {
        context.log.warn({ err: error }, "the timeout sweep failed; it is repeated");
      }
      await pause(everyMs, stopping.signal);
    }
  })();
  return async () => {
    stopping.abort();
    await loop;
  };
}
