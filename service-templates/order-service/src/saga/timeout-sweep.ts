/** Cancels orders that waited too long; whoever answers later is told by order.cancelled and undoes its part. */
import { pause } from "../../../lib/clock.ts";
import type { Context } from "../../../lib/service.ts";
import { parseTraceparent } from "../../../lib/trace.ts";
import { lockOverdue } from "../orders-table.ts";
import { advanceOrder, writeOrders } from "./advance-order.ts";

export interface SweepOptions {
  /** How long an order may be pending, in milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two sweeps in milliseconds. @default 1000 */
  readonly everyMs?: number;
}

const AT_ONCE = 100;

/** One sweep; gives back how many orders were cancelled. */
export async function sweepOnce({ database, outbox, clock }: Pick<Context, "database" | "outbox" | "clock">, timeoutMs: number): Promise<number> {
  return database.transaction(async (tx) => {
    const overdue = await lockOverdue(tx, timeoutMs, AT_ONCE);
    for (const order of overdue) {
      const events = await advanceOrder(tx, order.orderId, "timeout", clock(), { detail: `no answer within ${timeoutMs} ms` });
      const trace = parseTraceparent(order.traceparent ?? undefined);
      await outbox.add(tx, [{ cause: { correlationId: order.orderId, ...(trace === undefined ? {} : { trace }) }, events }]);
    }
    await writeOrders(tx);
    return overdue.length;
  });
}

/** Sweeps until stopped. Several instances may sweep at once: each skips what another has locked. */
export function startSweep(context: Context, options: SweepOptions): () => Promise<void> {
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      let count = 0;
      try {
        count = await sweepOnce(context, options.timeoutMs);
        if (count > 0) context.log.warn({ count }, "orders timed out");
      } catch (error) {
        context.log.warn({ err: error }, "the time-out sweep failed; it is repeated");
      }
      if (count < AT_ONCE) await pause(options.everyMs ?? 1_000, stopping.signal);
    }
  })();
  return async () => {
    stopping.abort();
    await loop;
  };
}
