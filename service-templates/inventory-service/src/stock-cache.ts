/**
 * Stock in Redis. It serves reads, and it shows which products are sold out, so that orders for them do not wait for
 * the row's lock. PostgreSQL is authoritative; without Redis everything works, but slower. Values in Redis are not
 * trusted: a value that is not the stock of its product counts as absent, and the next read or change of the product
 * overwrites it.
 */

import type { Queryable, Transaction } from "@event-platform-kit/service/storage/database";
import type { Cache } from "@event-platform-kit/service/storage/redis";
import { z } from "zod";
import type { Stock } from "./stock-table.ts";
import { readStock } from "./stock-table.ts";

/** Required form of a value; additional fields of a later version are ignored. */
const count = z.number().int().nonnegative();
const cached = z
  .object({ productId: z.string().min(1), initial: count, available: count, reserved: count, sold: count })
  .refine(({ initial, available, reserved, sold }) => available + reserved + sold === initial, "does not add up");

/** Keys are `inventory:stock:<product>`, values the stock as JSON. A lost update is corrected after this many seconds. */
const TTL_SECONDS = 30;

export interface StockCache {
  /** Returns the products that are sold out according to Redis. */
  soldOut(productIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns the stock of those products that Redis has. */
  read(productIds: readonly string[]): Promise<ReadonlyMap<string, Stock>>;
  /** Writes the stock from the database to Redis. */
  write(stock: readonly Stock[]): Promise<void>;
  /** Reads the products again after the commit and writes them to Redis; several calls in one transaction count as one. */
  touch(tx: Transaction, productIds: readonly string[]): void;
}

/** @param onBadValue - Called with the product whose value in Redis is not its stock. */
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

/** Returns the stock of a product from a stored value; undefined for any other value. Never throws. */
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
