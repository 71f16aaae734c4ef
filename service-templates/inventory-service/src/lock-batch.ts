/** Takes a batch's row locks in one order (products by id), so that two instances never wait for each other crosswise. */
import type { Queryable, Transaction } from "../../lib/database.ts";
import type { ReceivedEvent } from "../../lib/envelope.ts";
import { isUuid } from "../../lib/ids.ts";
import type { OrderCreated } from "./orders.ts";
import type { StockCache } from "./stock-cache.ts";
import { lockStock, reservedProducts } from "./stock-table.ts";

export function lockBatch(cache: StockCache): (events: readonly ReceivedEvent[], tx: Transaction) => Promise<void> {
  return async (events, tx) => {
    const ordered = new Set(events.filter((event) => event.type === "order.created").flatMap((event) => (event.payload as OrderCreated).items.map((item) => item.productId)));
    const ending = events.filter((event) => event.type !== "order.created").map((event) => event.key).filter(isUuid);
    const returning = ending.length === 0 ? [] : await reservedProducts(tx as Queryable, ending);
    // A sold-out product is not waited for: the plain look of the conditional update is enough to refuse it.
    const soldOut = await cache.soldOut([...ordered]);
    const products = new Set([...[...ordered].filter((productId) => !soldOut.has(productId)), ...returning]);
    if (products.size > 0) await lockStock(tx, [...products]);
  };
}
