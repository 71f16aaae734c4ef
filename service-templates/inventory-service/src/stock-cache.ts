/**
 * Stock in Redis: answers reads, and hints which products are sold out, so that orders for them do
 * not queue up for the row's lock. PostgreSQL stays the truth; without Redis everything works, slower.
 * Redis is not trusted either: a value that is not the stock of its product counts as absent, and is
 * written over with the next reading or change of the product.
 */

import type { Queryable, Transaction } from "@event-platform-kit/service/storage/database";
import type { Cache } from "@event-platform-kit/service/storage/redis";
import { z } from "zod";
import type { Stock } from "./stock-table.ts";
import { readStock } from "./stock-table.ts";

/** What a value must be; other fields of a later version are left out. */
const count = z.number().int().nonnegative();
const cached = z
  .object({ productId: z.string().min(1), initial: count, available: count, reserved: count, sold: count })
  .refine(({ initial, available, reserved, sold }) => available + reserved + sold === initial, "does not add up");

/** Keys are `inventory:stock:<product>`, values the stock as JSON. A lost update heals after this many seconds. */
const TTL_SECONDS = 30;

export interface StockCache {
  /** Products that Redis believes to be sold out. */
  soldOut(productIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Stock of the products that Redis knows. */
  read(productIds: readonly string[]): Promise<ReadonlyMap<string, Stock>>;
  /** Puts what the database holds into Redis. */
  write(stock: readonly Stock[]): Promise<void>;
  /** After the commit, reads the products again and writes them through; several calls in one transaction are one. */
  touch(tx: Transaction, productIds: readonly string[]): void;
}

/** @param onBadValue - Told the product whose value in Redis is not its stock. */
export function stockCache(cache: Cache, database: Queryable, onBadValue: (productId: string) => void): StockCache {
  const touched = new WeakMap<Transaction, Set<string>>();

  async function read(productIds: readonly string[]): Promise<ReadonlyMap<string, Stock>> {
    const values = await cache.get(productIds.map(key));
    return new Map(
      productIds.flatMap((productId, place) => {
        const value = values[place];
        if (value === undefined) return [];
        const stock = parseStock(productId, value);
        if (stock === undefined) onBadValue(productId);
        return stock === undefined ? [] : [[productId, stock] as const];
      }),
    );
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

/** The stock of a product as it was written; undefined for anything else. Throws nothing, whatever the value is. */
export function parseStock(productId: string, value: string): Stock | undefined {
  try {
    const result = cached.safeParse(JSON.parse(value));
    return result.success && result.data.productId === productId ? result.data : undefined;
  } catch {
    return undefined;
  }
}

function key(productId: string): string {
  return `inventory:stock:${productId}`;
}
