/**
 * The consumer's inbox: the ids of the applied events, written in the transaction that applies them. A redelivered
 * event finds its id and is left out, so at-least-once delivery has exactly-once effects. The inbox does not contain
 * dead-lettered events: a replay must be able to apply them.
 */

import type { ReceivedEvent } from "../events/envelope.ts";
import type { Transaction } from "../storage/database.ts";

const ENTER = {
  name: "inbox-enter",
  // Sorted, so that two members with overlapping batches after a rebalance cannot deadlock.
  text: `INSERT INTO inbox (event_id, event_type, topic, partition, "offset")
         SELECT e.event_id, e.event_type, e.topic, e.partition, e.position
           FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::bigint[]) AS e(event_id, event_type, topic, partition, position)
          ORDER BY e.event_id
         ON CONFLICT (event_id) DO NOTHING
         RETURNING event_id`,
};

/**
 * Enters the events and returns, in their order, those that were not there yet. Two events with one id in the same
 * batch count as one.
 */
export async function enterInbox<Event extends ReceivedEvent>(
  tx: Transaction,
  events: readonly Event[],
): Promise<readonly Event[]> {
  if (events.length === 0) return [];
  const first = new Map<string, Event>();
  for (const event of events) if (!first.has(event.id)) first.set(event.id, event);
  const unique = [...first.values()];
  const rows = await tx.query<{ event_id: string }>({
    ...ENTER,
    values: [
      unique.map((event) => event.id),
      unique.map((event) => event.type),
      unique.map((event) => event.source.topic),
      unique.map((event) => event.source.partition),
      unique.map((event) => event.source.offset.toString()),
    ],
  });
  const entered = new Set(rows.map((row) => row.event_id));
  return unique.filter((event) => entered.has(event.id));
}
