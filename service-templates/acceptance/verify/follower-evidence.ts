/**
 * Evidence of the services that only follow the saga: analytics-service and notification-service. Times are
 * milliseconds since the epoch.
 */
import type { OrderedProduct } from "./event-content.ts";

/** A step of an order as analytics-service stores it. Amounts are minor units. */
export interface StoredStep {
  readonly at: number;
  readonly currency?: string;
  readonly amount?: number;
  readonly pieces?: number;
  readonly products?: readonly OrderedProduct[];
  readonly reason?: string;
}

/** A row of order_facts: steps by event type. */
export interface OrderFactsRow {
  readonly orderId: string;
  readonly steps: Readonly<Record<string, StoredStep>>;
}

/** A row of minute_figures, or its expected value. */
export interface FigureRow {
  readonly measure: string;
  /** Start of the minute. */
  readonly minute: number;
  readonly label: string;
  readonly currency: string;
  readonly count: number;
  /** Pieces; milliseconds for latency. */
  readonly units: number;
  /** Minor units. */
  readonly amount: number;
}

/** A row of sent_messages. */
export interface CountedMessageRow {
  readonly messageId: string;
  readonly channel: string;
  readonly sentAt: number;
}

/** The tables of analytics-service. */
export interface AnalyticsTables {
  readonly orders: readonly OrderFactsRow[];
  readonly figures: readonly FigureRow[];
  readonly messages: readonly CountedMessageRow[];
}

/** A row of notices: one notice about an order. */
export interface NoticeRow {
  readonly orderId: string;
  readonly eventType: string;
  /** Message of the notice; absent while the customer of the order is unknown. */
  readonly messageId: string | undefined;
  readonly createdAt: number;
}

/** A row of messages. */
export interface MessageRow {
  readonly messageId: string;
  readonly customerId: string;
  readonly status: string;
  readonly openedAt: number;
  readonly sentAt: number | undefined;
}

/** An entry in the table of a channel's deliveries. */
export interface DeliveryRow {
  readonly channel: string;
  readonly messageId: string;
  readonly status: string;
  readonly recipient: string;
}

/** The tables of notification-service. */
export interface NotificationTables {
  readonly notices: readonly NoticeRow[];
  readonly messages: readonly MessageRow[];
  readonly deliveries: readonly DeliveryRow[];
}
