/** Load on the order saga. */
import type { LoadDefinition, OrderEnd, PlatformAccess } from "../../../cli/project/load.ts";
import { enoughCustomers, STOCKED_PRODUCTS, sampleOrders } from "./sample-orders.ts";
import { ensureAvailable, unitsFor } from "./stock.ts";

/** Definition of the load: orders of products with large stocks. */
export const load: LoadDefinition = {
  path: "/orders",
  idField: "orderId",
  /** Each scenario uses up stock: later ones of a matrix would prove little if their orders were cancelled for lack of stock. */
  async prepare(access, { ratePerSecond, durationMs }) {
    const client = await access.databaseAsService("inventory-service");
    try {
      await ensureAvailable(client, STOCKED_PRODUCTS, unitsFor(ratePerSecond, durationMs, STOCKED_PRODUCTS.length));
    } finally {
      await client.end();
    }
  },
  orders: ({ seed, ratePerSecond, customerPrefix }) =>
    sampleOrders({ seed, products: STOCKED_PRODUCTS, customers: enoughCustomers(ratePerSecond), customerPrefix }),
  ends: orderEnds,
  judgeEnds(ends) {
    // There is enough stock, so an order that is cancelled for lack of stock tested nothing.
    const soldOut = ends.filter(({ reason }) => reason === "insufficient_stock").length;
    return [{ what: "orders that ended for want of goods", seen: String(soldOut), met: soldOut === 0 }];
  },
};

async function orderEnds(access: PlatformAccess, orderIds: readonly string[]): Promise<readonly OrderEnd[]> {
  const client = await access.database("order-service");
  try {
    const { rows } = await client.query<{ order_id: string; name: string; at: Date; reason: string | null }>(
      `SELECT order_id, step.name, step.at, placed.reason
         FROM order_steps step JOIN orders placed USING (order_id)
        WHERE step.name IN ('order.confirmed', 'order.cancelled') AND order_id = ANY($1::uuid[]) ORDER BY step.at, order_id`,
      [orderIds],
    );
    return rows.map(({ order_id: orderId, name, at, reason }) => ({
      orderId,
      status: name === "order.confirmed" ? "confirmed" : "cancelled",
      at: at.getTime(),
      ...(reason === null ? {} : { reason }),
    }));
  } finally {
    await client.end();
  }
}
