/** SQL of the tables minute_figures and sent_messages. Times are milliseconds since the epoch. */
import type { Queryable, Transaction } from "@event-platform-kit/service/storage/database";
import type { Figure, Measure } from "./contributions.ts";

/**
 * Adds to the figures, in one statement.
 * @param figures - Sorted, so that two instances cannot deadlock.
 */
export async function addFigures(tx: Transaction, figures: readonly Figure[]): Promise<void> {
  if (figures.length === 0) return;
  await tx.query({
    name: "minute-figures-add",
    text: `INSERT INTO minute_figures AS f (measure, minute, label, currency, count, units, amount)
           SELECT a.measure, to_timestamp(a.minute / 1000), a.label, a.currency, a.count, a.units, a.amount
             FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
                  WITH ORDINALITY AS a(measure, minute, label, currency, count, units, amount, place) ORDER BY a.place
           ON CONFLICT (measure, minute, label, currency) DO UPDATE
              SET count = f.count + EXCLUDED.count, units = f.units + EXCLUDED.units, amount = f.amount + EXCLUDED.amount`,
    values: [
      figures.map((item) => item.measure),
      figures.map((item) => item.minute),
      figures.map((item) => item.label),
      figures.map((item) => item.currency),
      figures.map((item) => item.count),
      figures.map((item) => item.units),
      figures.map((item) => item.amount),
    ],
  });
}

/** A message that was sent to a customer. */
export interface SentMessage {
  readonly messageId: string;
  readonly channel: string;
  readonly sentAt: number;
}

/**
 * Stores messages; returns the new ones.
 * @param messages - Each id once.
 */
export async function insertMessages(
  tx: Transaction,
  messages: readonly SentMessage[],
): Promise<readonly SentMessage[]> {
  if (messages.length === 0) return [];
  const rows = await tx.query<{ message_id: string }>({
    name: "sent-messages-insert",
    text: `INSERT INTO sent_messages (message_id, channel, sent_at)
           SELECT m.message_id, m.channel, to_timestamp(m.sent_at / 1000.0) FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS m(message_id, channel, sent_at)
            ORDER BY m.message_id
           ON CONFLICT DO NOTHING RETURNING message_id`,
    values: [
      messages.map((item) => item.messageId),
      messages.map((item) => item.channel),
      messages.map((item) => item.sentAt),
    ],
  });
  const fresh = new Set(rows.map((row) => row.message_id));
  return messages.filter(({ messageId }) => fresh.has(messageId));
}

/** A period, including its start and excluding its end, both at the start of a minute. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

type FigureRow = {
  readonly measure: Measure;
  readonly minute?: string;
  readonly label: string;
  readonly currency: string;
  readonly count: string;
  readonly units: string;
  readonly amount: string;
};

function toFigure(row: FigureRow): Figure {
  return {
    measure: row.measure,
    minute: Number(row.minute ?? 0),
    label: row.label,
    currency: row.currency,
    count: Number(row.count),
    units: Number(row.units),
    amount: Number(row.amount),
  };
}

/** Returns sums over a period, by measure, label and currency. */
export async function sumsOf(
  db: Queryable,
  measures: readonly Measure[],
  { from, to }: Period,
): Promise<readonly Figure[]> {
  const rows = await db.query<FigureRow>({
    name: "minute-figures-sums",
    text: `SELECT measure, label, currency, sum(count) AS count, sum(units) AS units, sum(amount) AS amount
             FROM minute_figures WHERE measure = ANY($1) AND minute >= to_timestamp($2 / 1000.0) AND minute < to_timestamp($3 / 1000.0)
            GROUP BY measure, label, currency ORDER BY measure, label, currency`,
    values: [measures, from, to],
  });
  return rows.map(toFigure);
}

/** Returns the figures of a period by minute. */
export async function minutesOf(
  db: Queryable,
  measures: readonly Measure[],
  { from, to }: Period,
): Promise<readonly Figure[]> {
  const rows = await db.query<FigureRow>({
    name: "minute-figures-minutes",
    text: `SELECT measure, (extract(epoch FROM minute) * 1000)::bigint AS minute, label, currency, count, units, amount
             FROM minute_figures WHERE measure = ANY($1) AND minute >= to_timestamp($2 / 1000.0) AND minute < to_timestamp($3 / 1000.0)
            ORDER BY minute, measure, label, currency`,
    values: [measures, from, to],
  });
  return rows.map(toFigure);
}

/** The value by which products are ranked. */
export type Ranking = "pieces" | "amount";

/** Returns the products sold in a period in one currency, the best first. */
export async function topProducts(
  db: Queryable,
  period: Period,
  options: { readonly currency?: string; readonly by: Ranking; readonly limit: number },
): Promise<readonly Figure[]> {
  const rows = await db.query<FigureRow>({
    name: `minute-figures-products-${options.by}`,
    text: `SELECT measure, label, currency, sum(count) AS count, sum(units) AS units, sum(amount) AS amount
             FROM minute_figures WHERE measure = 'product' AND minute >= to_timestamp($1 / 1000.0) AND minute < to_timestamp($2 / 1000.0)
              AND ($3::text IS NULL OR currency = $3)
            GROUP BY measure, label, currency HAVING sum(count) > 0
            ORDER BY sum(${options.by === "pieces" ? "units" : "amount"}) DESC, label, currency LIMIT $4`,
    values: [period.from, period.to, options.currency ?? null, options.limit],
  });
  return rows.map(toFigure);
}
