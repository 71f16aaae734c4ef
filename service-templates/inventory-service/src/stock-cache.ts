/**
 * Stock in Redis: answers reads, and hints which products are sold out, so that orders for them do
 * not queue up for the row's lock. PostgreSQL stays the truth; without Redis everything works, slower.
 */
import type { Queryable, Transaction } from "../../lib/database.ts";
import type { Cache } from "../../lib/redis.ts";
import type { Stock } from "./stock-table.ts";
import { readStock } from "./stock-table.ts";

/** Keys are `inventory:stock:<product>`, values the stock as JSON. A lost update heals after this many seconds. */
const TTL_SECONDS = 30;

export interface StockCache {
  /** Products that Redis believes to be sold out. */
  soldOut(productIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Stock of the products that Redis knows. */
  read(productIds: readonly string[]): Promise<ReadonlyMap<string, Stock>>;
  /** Puts what the database holds into Redis. */
  write(stock: readonly Stock[]): Promise<void>;
  /** After the commit, reads the products anew and writes them through; several calls in one transaction are one. */
  touch(tx: Transaction, productIds: readonly string[]): void;
}

export function stockCache(cache: Cache, database: Queryable): StockCache {
  const touched = new WeakMap<Transaction, Set<string>>();

  async function read(productIds: readonly string[]): Promise<ReadonlyMap<string, Stock>> {
    const values = await cache.get(productIds.map(key));
    return new Map(productIds.flatMap((productId, place) => {
      const value = values[place];
      return value === undefined ? [] : [[productId, JSON.parse(value) as Stock] as const];
    }));
  }
  async function write(stock: readonly Stock[]): Promise<void> {
    await cache.set(new Map(stock.map((item) => [key(item.productId), JSON.stringify(item)])), TTL_SECONDS);
  }

  return {
    read,
    write,
    async soldOut(productIds) {
      const known = await read(productIds);
      return new Set([...known.values()].filter((stock) => stock.available === 0).map((stock) => stock.productId));
    },
    touch(tx, productIds) {
      const known = touched.get(tx);
      if (known !== undefined) {
        for (const productId of productIds) known.add(productId);
        return;
      }
      const mine = new Set(productIds);
      touched.set(tx, mine);
      tx.afterCommit(async () => {
        if (cache.available()) await write(await readStock(database, [...mine]));
      });
    },
  };
}

function key(productId: string): string {
  return `inventory:stock:${productId}`;
}
