/** SQL of the table order_facts. */
import type { Transaction } from "@event-platform-kit/service/storage/database";
import type { OrderFacts } from "./order-facts.ts";

/**
 * Stores the facts of new orders, in the order of their ids. If another transaction stores the same order, the
 * statement waits for it and leaves its row unchanged.
 * @returns Ids of the stored orders.
 */
export async function insertFacts(
  tx: Transaction,
  facts: ReadonlyMap<string, OrderFacts>,
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ order_id: string }>({
    name: "order-facts-insert",
    text: `INSERT INTO order_facts (order_id, steps) SELECT f.order_id, f.steps FROM unnest($1::uuid[], $2::jsonb[]) AS f(order_id, steps) ORDER BY f.order_id
           ON CONFLICT DO NOTHING RETURNING order_id`,
    values: [[...facts.keys()], [...facts.values()].map((steps) => JSON.stringify(steps))],
  });
  return new Set(rows.map((row) => row.order_id));
}

/** Returns the facts of orders. Locks them until the transaction ends, always in the order of their ids. */
export async function lockFacts(
  tx: Transaction,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, OrderFacts>> {
  if (orderIds.length === 0) return new Map();
  const rows = await tx.query<{ order_id: string; steps: OrderFacts }>({
    name: "order-facts-lock",
    text: "SELECT order_id, steps FROM order_facts WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE",
    values: [orderIds],
  });
  return new Map(rows.map((row) => [row.order_id, row.steps]));
}

/** Stores the new values of locked facts. */
export async function updateFacts(tx: Transaction, facts: ReadonlyMap<string, OrderFacts>): Promise<void> {
  if (facts.size === 0) return;
  await tx.query({
    name: "order-facts-update",
    text: `UPDATE order_facts AS o SET steps = f.steps, updated_at = clock_timestamp() FROM unnest($1::uuid[], $2::jsonb[]) AS f(order_id, steps)
            WHERE o.order_id = f.order_id`,
    values: [[...facts.keys()], [...facts.values()].map((steps) => JSON.stringify(steps))],
  });
}
