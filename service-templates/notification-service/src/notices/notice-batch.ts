/**
 * Notices of the running batch: its handlers collect them, and a few statements write them at its end.
 *
 * Each notice goes into its customer's open message. There is one per customer, and a new one begins when the window of
 * the last one has ended. If the customer of an order is unknown, the notice waits in the table until an event names
 * the customer. Events may arrive in any order and at any instance: the order's row in order_customers is the lock for
 * both steps.
 */
import type { Clock } from "@event-platform-kit/service/clock";
import type { Received } from "@event-platform-kit/service/events/event-map";
import { requiredUuid, uuidV7 } from "@event-platform-kit/service/ids";
import type { Transaction } from "@event-platform-kit/service/storage/database";
import { formatTraceparent } from "@event-platform-kit/service/trace";
import type { EventMap } from "../events.generated.ts";
import { preferredChannel } from "../messages/decide.ts";
import { openMessages } from "../messages/messages-table.ts";
import type { Notice } from "./notices-table.ts";
import { addressNotices, insertNotices, lockOrders, noticesOfOrders } from "./notices-table.ts";

/** The texts that a handler returns for an event. */
export interface Wording {
  /** Customer of the order; absent if the event does not name it. */
  readonly customerId?: string;
  /** Name of the text, for example `order-confirmed`. */
  readonly template: string;
  /** The message's subject if it has only this notice. */
  readonly headline: string;
  readonly line: string;
}

export interface NoticeBatch {
  /** Adds a notice of an event; always returns an empty list of events. */
  take(tx: Transaction, event: Received<EventMap>, wording: Wording): readonly never[];
  /** Writes the collected notices. */
  finish(events: readonly Received<EventMap>[], tx: Transaction): Promise<void>;
}

export interface NoticeBatchOptions {
  readonly clock: Clock;
  /** How long a message collects notices, in milliseconds. */
  readonly windowMs: number;
}

export function noticeBatch({ clock, windowMs }: NoticeBatchOptions): NoticeBatch {
  const taken = new WeakMap<Transaction, Map<string, Notice>>();

  return {
    take(tx, { id, type, correlationId, trace, payload }, { customerId, ...texts }) {
      const orderId = requiredUuid(payload.orderId, "orderId");
      const notices = taken.get(tx) ?? new Map<string, Notice>();
      taken.set(tx, notices);
      const step = `${orderId} ${type}`;
      if (!notices.has(step)) {
        notices.set(step, {
          orderId,
          eventType: type,
          eventId: id,
          occurredAt: payload.timestamp,
          correlationId,
          ...texts,
          ...(customerId === undefined ? {} : { customerId }),
          ...(trace === undefined ? {} : { traceparent: formatTraceparent(trace) }),
        });
      }
      return [];
    },

    async finish(_events, tx) {
      const notices = [...(taken.get(tx)?.values() ?? [])];
      if (notices.length === 0) return;
      const customers = await lockOrders(tx, notices);
      const known = await noticesOfOrders(tx, [...customers.keys()]);
      const fresh = notices.filter(({ orderId, eventType }) => known.get(orderId)?.has(eventType) !== true);
      const waiting = [...known]
        .filter(([orderId, steps]) => customers.get(orderId) !== undefined && [...steps.values()].includes("waiting"))
        .map(([orderId]) => orderId);

      const told = new Set(
        [...fresh.map(({ orderId }) => orderId), ...waiting].flatMap((orderId) => customers.get(orderId) ?? []),
      );
      const messages = await openMessages(
        tx,
        [...told].sort().map((customerId) => ({
          messageId: uuidV7(clock),
          customerId,
          channel: preferredChannel(customerId),
        })),
        windowMs,
      );
      function messageOf(orderId: string): string | undefined {
        const customerId = customers.get(orderId);
        return customerId === undefined ? undefined : messages.get(customerId);
      }
      await insertNotices(
        tx,
        fresh.map((notice) => ({ ...notice, messageId: messageOf(notice.orderId) })),
      );
      await addressNotices(
        tx,
        waiting.flatMap((orderId) => {
          const messageId = messageOf(orderId);
          return messageId === undefined ? [] : [{ orderId, messageId }];
        }),
      );
    },
  };
}
