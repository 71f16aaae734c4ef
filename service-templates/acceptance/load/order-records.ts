/** Reads the orders of a run directly from the databases, not through the services. */
import type { LastingDatabase, RunDatabase, ServerAccess } from "../../../cli/project/load.ts";
import { lastingDatabase } from "../../../cli/project/load.ts";
import type { OrderTimes, Participant, ParticipantTimes } from "./stages.ts";

/** The terminal state of an order. */
export interface OrderEnd {
  readonly orderId: string;
  /** `pending`, `confirmed`, `cancelled`. */
  readonly status: string;
  readonly reason?: string;
  /** Time of the step that led to the terminal state, milliseconds since the epoch; absent while the order is pending. */
  readonly endedAt?: number;
}

/** The databases of a run. */
export interface RunDatabases {
  readonly orders: LastingDatabase;
  readonly payments: LastingDatabase;
  readonly inventory: LastingDatabase;
}

/**
 * Opens connections to the three databases of the saga, which are reopened when the server restarts. `access.close`
 * closes them, `signal` ends their waits.
 */
export async function openRunDatabases(
  access: Pick<ServerAccess, "database">,
  signal: AbortSignal,
): Promise<RunDatabases> {
  const open = (service: string): Promise<LastingDatabase> =>
    lastingDatabase(() => access.database(service), { signal });
  const [orders, payments, inventory] = await Promise.all([
    open("order-service"),
    open("payment-service"),
    open("inventory-service"),
  ]);
  return { orders, payments, inventory };
}

/** Returns the number of orders that are not in a terminal state: pending, or cancelled with pending compensation. */
export async function countUnfinished(orders: RunDatabase): Promise<number> {
  const { rows } = await orders.query<{ unfinished: string }>({
    name: "bench-unfinished",
    text: `SELECT (SELECT count(*) FROM orders WHERE status = 'pending')
                + (SELECT count(*) FROM orders WHERE status = 'cancelled' AND (payment = 'processed' OR inventory = 'reserved')) AS unfinished`,
  });
  return Number(rows[0]?.unfinished ?? 0);
}

const EPOCH_MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** Returns terminal states by order id; a missing order is left out. */
export async function readEnds(
  { orders }: Pick<RunDatabases, "orders">,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, OrderEnd>> {
  const { rows } = await orders.query<{
    order_id: string;
    status: string;
    reason: string | null;
    ended_at: number | null;
  }>(
    `SELECT o.order_id, o.status, o.reason, ${EPOCH_MS("s.at")} AS ended_at
       FROM orders o LEFT JOIN order_steps s ON s.order_id = o.order_id AND s.name = 'order.' || o.status
      WHERE o.order_id = ANY($1::uuid[])`,
    [orderIds],
  );
  return new Map(
    rows.map((row) => [
      row.order_id,
      {
        orderId: row.order_id,
        status: row.status,
        ...(row.reason === null ? {} : { reason: row.reason }),
        ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
      },
    ]),
  );
}

/** Returns how many captures of these orders were not refunded by the provider. */
export async function countKeptPayments(
  { payments }: Pick<RunDatabases, "payments">,
  orderIds: readonly string[],
): Promise<number> {
  const { rows } = await payments.query<{ kept: string }>(
    `SELECT count(*) AS kept FROM provider_ledger capture
      WHERE capture.order_id = ANY($1::uuid[]) AND capture.kind = 'capture'
        AND NOT EXISTS (SELECT 1 FROM provider_ledger back WHERE back.transaction_id = capture.transaction_id AND back.kind = 'refund')`,
    [orderIds],
  );
  return Number(rows[0]?.kept ?? 0);
}

interface Published {
  readonly eventId: string;
  readonly createdAt: number;
  readonly publishedAt: number;
}

/** Returns the published events of one type by order. */
async function readPublished(db: RunDatabase, type: string, since: number): Promise<ReadonlyMap<string, Published>> {
  const { rows } = await db.query<{ event_id: string; order_id: string; created_at: number; published_at: number }>(
    `SELECT event_id, convert_from(key, 'UTF8') AS order_id, ${EPOCH_MS("created_at")} AS created_at, ${EPOCH_MS("published_at")} AS published_at
       FROM outbox_published WHERE published_at >= to_timestamp($1::float8 / 1000) AND event_type = $2 AND key IS NOT NULL`,
    [since, type],
  );
  return new Map(
    rows.map((row) => [
      row.order_id,
      { eventId: row.event_id, createdAt: row.created_at, publishedAt: row.published_at },
    ]),
  );
}

/** Returns the times at which events entered an inbox, by event id. */
async function readReceived(
  db: RunDatabase,
  types: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ event_id: string; processed_at: number }>(
    `SELECT event_id, ${EPOCH_MS("processed_at")} AS processed_at FROM inbox
      WHERE processed_at >= to_timestamp($1::float8 / 1000) AND event_type = ANY($2::text[])`,
    [since, types],
  );
  return new Map(rows.map((row) => [row.event_id, row.processed_at]));
}

/**
 * Returns the times of confirmed orders.
 * @param confirmed - Due time and confirmation by order id.
 * @param since - Milliseconds since the epoch; no data of these orders is older.
 * @returns one entry for each order whose times are all known.
 */
export async function readOrderTimes(
  databases: RunDatabases,
  confirmed: ReadonlyMap<string, { readonly due: number; readonly confirmed: number }>,
  since: number,
): Promise<readonly OrderTimes[]> {
  const { orders, payments, inventory } = databases;
  const created = await readPublished(orders, "order.created", since);
  const returned = await readReceived(orders, ["payment.processed", "inventory.reserved"], since);
  const sides: Record<
    Participant,
    { received: ReadonlyMap<string, number>; answered: ReadonlyMap<string, Published> }
  > = {
    payment: {
      received: await readReceived(payments, ["order.created"], since),
      answered: await readPublished(payments, "payment.processed", since),
    },
    inventory: {
      received: await readReceived(inventory, ["order.created"], since),
      answered: await readPublished(inventory, "inventory.reserved", since),
    },
  };
  const timesOf = (side: Participant, orderId: string, causeId: string): ParticipantTimes | undefined => {
    const received = sides[side].received.get(causeId);
    const answer = sides[side].answered.get(orderId);
    const back = answer === undefined ? undefined : returned.get(answer.eventId);
    return received === undefined || answer === undefined || back === undefined
      ? undefined
      : { received, answered: answer.createdAt, relayed: answer.publishedAt, returned: back };
  };
  return [...confirmed].flatMap(([orderId, times]) => {
    const first = created.get(orderId);
    if (first === undefined) return [];
    const [payment, stock] = [timesOf("payment", orderId, first.eventId), timesOf("inventory", orderId, first.eventId)];
    return payment === undefined || stock === undefined
      ? []
      : [
          {
            ...times,
            created: first.createdAt,
            relayed: first.publishedAt,
            participants: { payment, inventory: stock },
          },
        ];
  });
}
