/**
 * SQL of the table messages. The database's clock decides when something is due: the clocks of instances may differ by
 * minutes, and an instance whose clock is ahead would take what another has claimed.
 */
import type { Queryable, Transaction } from "@event-platform-kit/service/storage/database";
import type { ChannelName } from "../channels/channel.ts";
import type { Progress } from "./decide.ts";

export interface NewMessage {
  readonly messageId: string;
  readonly customerId: string;
  readonly channel: ChannelName;
}

/**
 * Returns the open messages of customers by customer, and opens new ones if needed. Locks them until the transaction
 * ends, so that none is closed before its notices are stored.
 * @param messages - Sorted by customer, so that two instances cannot deadlock.
 */
export async function openMessages(
  tx: Transaction,
  messages: readonly NewMessage[],
  windowMs: number,
): Promise<ReadonlyMap<string, string>> {
  if (messages.length === 0) return new Map();
  const rows = await tx.query<{ customer_id: string; message_id: string }>({
    name: "messages-open",
    text: `INSERT INTO messages (message_id, customer_id, channel, opened_at, next_at)
           SELECT m.message_id, m.customer_id, m.channel, statement_timestamp(), statement_timestamp() + $4 * interval '1 millisecond'
             FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS m(message_id, customer_id, channel, place) ORDER BY m.place
           ON CONFLICT (customer_id) WHERE status = 'open' DO UPDATE SET status = 'open'
           RETURNING customer_id, message_id`,
    values: [
      messages.map((item) => item.messageId),
      messages.map((item) => item.customerId),
      messages.map((item) => item.channel),
      windowMs,
    ],
  });
  return new Map(rows.map((row) => [row.customer_id, row.message_id]));
}

/** A message that only this instance may send until its claim expires. It collects no more notices. */
export interface Claimed {
  readonly messageId: string;
  readonly customerId: string;
  readonly claim: number;
  readonly progress: Progress;
}

/** Which messages to claim. */
export interface ClaimPlan {
  readonly channel: ChannelName;
  readonly limit: number;
  /** How long other instances skip them, in milliseconds. */
  readonly leaseMs: number;
}

/**
 * Claims messages whose window has ended or whose pause has passed, in a transaction of its own. A message that is
 * being extended now is claimed the next time.
 */
export async function claimDue(db: Queryable, plan: ClaimPlan): Promise<readonly Claimed[]> {
  const rows = await db.query<{
    message_id: string;
    customer_id: string;
    claims: number;
    attempts: number;
    rejected_by: ChannelName[];
  }>({
    name: "messages-claim",
    text: `WITH due AS (
             SELECT message_id FROM messages WHERE status IN ('open', 'sending') AND channel = $1 AND next_at <= statement_timestamp()
              ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           UPDATE messages AS m SET status = 'sending', claims = m.claims + 1, next_at = clock_timestamp() + $3 * interval '1 millisecond'
             FROM due WHERE m.message_id = due.message_id
           RETURNING m.message_id, m.customer_id, m.claims, m.attempts, m.rejected_by`,
    values: [plan.channel, plan.limit, plan.leaseMs],
  });
  return rows.map((row) => ({
    messageId: row.message_id,
    customerId: row.customer_id,
    claim: row.claims,
    progress: { channel: plan.channel, attempts: row.attempts, rejectedBy: row.rejected_by },
  }));
}

/** Result of a claimed message. */
export interface DeliveryResult {
  readonly messageId: string;
  readonly claim: number;
  readonly status: "sending" | "sent" | "undeliverable";
  readonly progress: Progress;
  /** Milliseconds until the next attempt. */
  readonly delayMs: number;
}

/** Stores the results of claimed messages and ends their claims; returns the ids of those whose claim was still valid. */
export async function storeDeliveries(
  tx: Transaction,
  results: readonly DeliveryResult[],
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ message_id: string }>({
    name: "messages-delivered",
    text: `UPDATE messages AS m
              SET status = r.status, channel = r.channel, attempts = r.attempts, rejected_by = r.rejected_by, next_at = clock_timestamp() + r.delay_ms * interval '1 millisecond',
                  sent_at = CASE r.status WHEN 'sent' THEN clock_timestamp() END
             FROM jsonb_to_recordset($1::jsonb) AS r(message_id uuid, claim integer, status text, channel text, attempts integer, rejected_by text[], delay_ms double precision)
            WHERE m.message_id = r.message_id AND m.claims = r.claim AND m.status = 'sending'
           RETURNING m.message_id`,
    values: [
      JSON.stringify(
        results.map(({ messageId, claim, status, progress, delayMs }) => ({
          message_id: messageId,
          claim,
          status,
          channel: progress.channel,
          attempts: progress.attempts,
          rejected_by: progress.rejectedBy,
          delay_ms: delayMs,
        })),
      ),
    ],
  });
  return new Set(rows.map((row) => row.message_id));
}

/**
 * Waiting work: messages whose window has ended, and notices of orders whose customer is unknown. Ages in seconds; 0 if
 * there is none.
 */
export interface Waiting {
  readonly messages: number;
  readonly oldestMessageSeconds: number;
  readonly notices: number;
  readonly oldestNoticeSeconds: number;
}

export async function waiting(db: Queryable, windowMs: number): Promise<Waiting> {
  const [row] = await db.query<{
    messages: string;
    oldest: string | null;
    notices: string;
    oldest_notice: string | null;
  }>({
    text: `SELECT m.messages, m.oldest, n.notices, n.oldest_notice
             FROM (SELECT count(*) AS messages, extract(epoch FROM statement_timestamp() - min(opened_at)) - $1::float8 / 1000 AS oldest
                     FROM messages WHERE status IN ('open', 'sending') AND opened_at <= statement_timestamp() - $1::float8 * interval '1 millisecond') m,
                  (SELECT count(*) AS notices, extract(epoch FROM clock_timestamp() - min(created_at)) AS oldest_notice FROM notices WHERE message_id IS NULL) n`,
    values: [windowMs],
  });
  return {
    messages: Number(row?.messages ?? 0),
    oldestMessageSeconds: Math.max(0, Number(row?.oldest ?? 0)),
    notices: Number(row?.notices ?? 0),
    oldestNoticeSeconds: Math.max(0, Number(row?.oldest_notice ?? 0)),
  };
}
