/**
 * Stock and reservations of the running batch. Its rows are locked at the start (reservations by order, then products
 * by id, so that two instances cannot deadlock). Orders are processed in memory one after the other, and everything is
 * written at the end: a thousand orders for one product change its row once. Each order still gets all its items or
 * none.
 */
import { batchRows } from "@event-platform-kit/service/consumer/batch-rows";
import { ServiceError } from "@event-platform-kit/service/errors";
import { databaseNow } from "@event-platform-kit/service/events/deadline";
import type { Received } from "@event-platform-kit/service/events/event-map";
import { requiredUuid } from "@event-platform-kit/service/ids";
import type { Transaction } from "@event-platform-kit/service/storage/database";
import { isDatabaseAtFault } from "@event-platform-kit/service/storage/database-faults";
import type { EventMap } from "./events.generated.ts";
import type { StockCache } from "./stock-cache.ts";
import type { OrderedItem, Reservation, Shortage, StockMove } from "./stock-table.ts";
import {
  insertReservations,
  lockReservations,
  lockStock,
  moveStock,
  readStock,
  updateReservations,
} from "./stock-table.ts";

export interface StockBatch {
  reservation(tx: Transaction, orderId: string): Reservation | undefined;
  /** Returns the database's time at the start of the batch, in milliseconds since the epoch. */
  now(tx: Transaction): number;
  /** Enters or changes an order's reservation or tombstone. */
  keep(tx: Transaction, reservation: Reservation): void;
  /** Reserves all items or none; the reservation succeeded if there are no shortages. */
  take(tx: Transaction, items: readonly OrderedItem[]): readonly Shortage[];
  /** Releases reserved items. */
  giveBack(tx: Transaction, items: readonly OrderedItem[]): void;
  /** Takes sold items back into the stock. */
  takeBack(tx: Transaction, items: readonly OrderedItem[]): void;
  /** Turns reserved items into sold ones. */
  sell(tx: Transaction, items: readonly OrderedItem[]): void;
  lock(events: readonly Received<EventMap>[], tx: Transaction): Promise<void>;
  finish(events: readonly Received<EventMap>[], tx: Transaction): Promise<void>;
}

interface Products {
  /** Available quantity, as the batch sees it; a missing product does not exist. */
  readonly available: Map<string, number>;
  readonly moves: Map<string, StockMove>;
  /** The database's time when the products were locked, in milliseconds since the epoch. */
  readonly now: number;
}

const NO_MOVE: StockMove = { available: 0, reserved: 0, sold: 0 };

/** @param onReleaseFailed - Called with the number of reservations that could not be released, unless an outage is the cause. */
export function stockBatch(cache: StockCache, onReleaseFailed: (count: number) => void): StockBatch {
  const reservations = batchRows<Reservation>();
  const products = new WeakMap<Transaction, Products>();

  function productsOf(tx: Transaction): Products {
    const known = products.get(tx);
    if (known === undefined) throw new Error("stock is only touched in a batch that has locked it");
    return known;
  }

  function move(tx: Transaction, items: readonly OrderedItem[], step: (quantity: number) => StockMove): void {
    const { available, moves } = productsOf(tx);
    for (const { productId, quantity } of items) {
      const now = moves.get(productId) ?? NO_MOVE;
      const by = step(quantity);
      moves.set(productId, {
        available: now.available + by.available,
        reserved: now.reserved + by.reserved,
        sold: now.sold + by.sold,
      });
      available.set(productId, (available.get(productId) ?? 0) + by.available);
    }
    cache.touch(
      tx,
      items.map((item) => item.productId),
    );
  }

  return {
    reservation: (tx, orderId) => reservations.get(tx, orderId),
    now: (tx) => productsOf(tx).now,
    keep: (tx, reservation) => reservations.put(tx, reservation.orderId, reservation),
    take(tx, items) {
      const { available } = productsOf(tx);
      const wanted = totals(items);
      const shortages = wanted
        .map(({ productId, quantity }) => ({
          productId,
          requested: quantity,
          available: available.get(productId) ?? 0,
        }))
        .filter((item) => item.available < item.requested);
      if (shortages.length === 0)
        move(tx, wanted, (quantity) => ({ available: -quantity, reserved: quantity, sold: 0 }));
      return shortages;
    },
    giveBack: (tx, items) =>
      move(tx, totals(items), (quantity) => ({ available: quantity, reserved: -quantity, sold: 0 })),
    takeBack: (tx, items) =>
      move(tx, totals(items), (quantity) => ({ available: quantity, reserved: 0, sold: -quantity })),
    sell: (tx, items) => move(tx, totals(items), (quantity) => ({ available: 0, reserved: -quantity, sold: quantity })),

    async lock(events, tx) {
      const orderIds = new Set(events.map((event) => requiredUuid(event.payload.orderId, "orderId")));
      const [known, now] = await Promise.all([lockReservations(tx, [...orderIds]), databaseNow(tx)]);
      reservations.load(tx, known);
      const ordered = new Set(
        events
          .filter((event) => event.type === "order.created")
          .flatMap((event) => event.payload.items.map((item) => item.productId)),
      );
      // A sold-out product is not locked: a plain read of its row is enough to refuse an order.
      const hinted = await cache.soldOut([...ordered]);
      const soldOut = new Set(
        hinted.size === 0
          ? []
          : (await readStock(tx, [...hinted])).filter((stock) => stock.available === 0).map((stock) => stock.productId),
      );
      const cancelled = new Set(
        events.filter((event) => event.type === "order.cancelled").map((event) => event.payload.orderId),
      );
      const returning = [...known.values()]
        .filter(({ orderId, status }) => status === "reserved" || (status === "sold" && cancelled.has(orderId)))
        .flatMap(({ items }) => items.map((item) => item.productId));
      const wanted = new Set([...[...ordered].filter((productId) => !soldOut.has(productId)), ...returning]);
      products.set(tx, {
        available: new Map(wanted.size === 0 ? [] : await lockStock(tx, [...wanted])),
        moves: new Map(),
        now,
      });
    },
    async finish(_events, tx) {
      const { added, changed } = reservations.changes(tx);
      const released = changed.filter(({ status }) => status === "released").length;
      const inserted = insertReservations(tx, added);
      const moved = Promise.all([updateReservations(tx, changed), moveStock(tx, productsOf(tx).moves)]).catch(
        (error: unknown) => {
          if (released > 0 && !isDatabaseAtFault(error)) onReleaseFailed(released);
          throw error;
        },
      );
      await Promise.all([inserted, moved]);
    },
  };
}

/** Returns one entry per product, sorted by id. */
function totals(items: readonly OrderedItem[]): readonly OrderedItem[] {
  const sums = new Map<string, number>();
  for (const { productId, quantity } of items) {
    if (quantity <= 0)
      throw new ServiceError("SVC_EVENT_INVALID", `quantity ${quantity} of ${productId} is not above zero`, {
        permanent: true,
      });
    sums.set(productId, (sums.get(productId) ?? 0) + quantity);
  }
  return [...sums]
    .map(([productId, quantity]) => ({ productId, quantity }))
    .sort((a, b) => (a.productId < b.productId ? -1 : 1));
}
