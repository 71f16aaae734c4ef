/** Reads the tables of analytics-service and notification-service. */
import type { Snapshot } from "../../../cli/project/verification.ts";
import { ms, number, optional, text } from "../../../cli/project/verification.ts";
import type {
  AnalyticsTables,
  CountedMessageRow,
  DeliveryRow,
  FigureRow,
  MessageRow,
  NoticeRow,
  NotificationTables,
  OrderFactsRow,
  StoredStep,
} from "./follower-evidence.ts";

/** Returns the figures of analytics-service and their raw rows; undefined if they are not in this database. */
export async function readAnalytics(snapshot: Snapshot): Promise<AnalyticsTables | undefined> {
  if (!snapshot.has("order_facts") || !snapshot.has("minute_figures") || !snapshot.has("sent_messages"))
    return undefined;
  return {
    orders: await snapshot.rows(
      "SELECT order_id, steps::text FROM order_facts",
      ([orderId, steps]): OrderFactsRow => ({
        orderId: text(orderId),
        steps: JSON.parse(text(steps)) as Record<string, StoredStep>,
      }),
    ),
    figures: await snapshot.rows(
      `SELECT measure, ${ms("minute")}, label, currency, count::float8, units::float8, amount::float8 FROM minute_figures WHERE count <> 0 OR units <> 0 OR amount <> 0`,
      ([measure, minute, label, currency, count, units, amount]): FigureRow => ({
        measure: text(measure),
        minute: number(minute),
        label: text(label),
        currency: text(currency),
        count: number(count),
        units: number(units),
        amount: number(amount),
      }),
    ),
    messages: await snapshot.rows(
      `SELECT message_id, channel, ${ms("sent_at")} FROM sent_messages`,
      ([messageId, channel, sentAt]): CountedMessageRow => ({
        messageId: text(messageId),
        channel: text(channel),
        sentAt: Math.round(number(sentAt)),
      }),
    ),
  };
}

/** Returns the messages to customers and the channels' deliveries; undefined if they are not in this database. */
export async function readNotification(snapshot: Snapshot): Promise<NotificationTables | undefined> {
  if (!snapshot.has("notices") || !snapshot.has("messages", "customer_id") || !snapshot.has("channel_deliveries"))
    return undefined;
  return {
    notices: await snapshot.rows(
      `SELECT order_id, event_type, message_id, ${ms("created_at")} FROM notices`,
      ([orderId, eventType, messageId, createdAt]): NoticeRow => ({
        orderId: text(orderId),
        eventType: text(eventType),
        messageId: optional(messageId),
        createdAt: number(createdAt),
      }),
    ),
    messages: await snapshot.rows(
      `SELECT message_id, customer_id, status, ${ms("opened_at")}, ${ms("sent_at")} FROM messages`,
      ([messageId, customerId, status, openedAt, sentAt]): MessageRow => ({
        messageId: text(messageId),
        customerId: text(customerId),
        status: text(status),
        openedAt: number(openedAt),
        sentAt: sentAt === null ? undefined : number(sentAt),
      }),
    ),
    deliveries: await snapshot.rows(
      "SELECT channel, message_id, status, recipient FROM channel_deliveries",
      ([channel, messageId, status, recipient]): DeliveryRow => ({
        channel: text(channel),
        messageId: text(messageId),
        status: text(status),
        recipient: text(recipient),
      }),
    ),
  };
}
