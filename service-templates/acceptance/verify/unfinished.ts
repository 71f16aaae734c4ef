/** Work of the services that produces events without further input, seconds later. */
import type { VerificationDefinition } from "../../../cli/project/verification.ts";

/** Returns pending orders, messages with an open window, and parcels in transit, in one service's database. */
export const unfinished: VerificationDefinition["unfinished"] = async (client) => {
  const words: string[] = [];
  const {
    rows: [tables],
  } = await client.query<{ orders: boolean; messages: boolean; shipments: boolean }>(
    `SELECT to_regclass('public.idempotency_keys') IS NOT NULL AS orders,
              to_regclass('public.channel_deliveries') IS NOT NULL AS messages, to_regclass('public.shipments') IS NOT NULL AS shipments`,
  );
  const count = async (what: string, text: string): Promise<void> => {
    const {
      rows: [found],
    } = await client.query<{ count: string }>(text);
    if (Number(found?.count ?? 0) > 0) words.push(`${found?.count} ${what}`);
  };
  if (tables?.messages === true)
    await count("messages not sent yet", "SELECT count(*) FROM messages WHERE status IN ('open', 'sending')");
  if (tables?.shipments === true)
    await count(
      "parcels under way",
      "SELECT count(*) FROM shipments WHERE status IN ('waiting', 'booked', 'dispatched')",
    );
  if (tables?.orders !== true) return words;
  const {
    rows: [saga],
  } = await client.query<{ pending: string; compensating: string }>(
    `SELECT (SELECT count(*) FROM orders WHERE status = 'pending') AS pending,
              (SELECT count(*) FROM orders WHERE status = 'cancelled' AND (payment = 'processed' OR inventory = 'reserved')) AS compensating`,
  );
  if (Number(saga?.pending ?? 0) > 0) words.push(`${saga?.pending} orders pending`);
  if (Number(saga?.compensating ?? 0) > 0) words.push(`${saga?.compensating} orders not undone yet`);
  return words;
};
