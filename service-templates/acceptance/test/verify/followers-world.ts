/**
 * The tables of analytics-service and notification-service for a saga's events, as evidence. The service's own
 * functions create the tables of analytics-service, so that the figures recomputed from the topics are compared with
 * the real ones.
 */
import type { TopicRecord, Witness } from "../../../../cli/project/verification.ts";
import { judgeContext } from "../../../../cli/verify/invariants/context.ts";
import { messageFigure } from "../../../analytics-service/src/facts/facts-batch.ts";
import type { OrderFacts, StepName } from "../../../analytics-service/src/facts/order-facts.ts";
import { STEPS, withStep } from "../../../analytics-service/src/facts/order-facts.ts";
import { balance, contributions } from "../../../analytics-service/src/figures/contributions.ts";
import type { EventContent } from "../../verify/event-content.ts";
import type { SampleContext, SampleEvidence } from "../../verify/evidence.ts";
import type {
  CountedMessageRow,
  DeliveryRow,
  FigureRow,
  MessageRow,
  NoticeRow,
  OrderFactsRow,
} from "../../verify/follower-evidence.ts";

type Record = TopicRecord<EventContent>;

export const NOW = Date.UTC(2026, 0, 2, 12);
export const PLACED = NOW - 3_600_000;
export const CUSTOMER = "cust-1";

const UNTOLD = new Set(["inventory.reserved", "inventory.released", "notification.sent"]);
const topicOf = (eventType: string): string =>
  ({
    order: "order-events",
    payment: "payment-events",
    inventory: "inventory-events",
    shipment: "shipping-events",
    notification: "notification-events",
  })[eventType.split(".")[0] ?? ""] ?? "";
const TOPICS = ["order-events", "payment-events", "inventory-events", "shipping-events", "notification-events"];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Returns the content of an event as in the dump of a topic. */
export function content(
  eventType: string,
  orderId: string,
  at: number,
  change: Partial<EventContent> = {},
): EventContent {
  const base = { orderId, at };
  switch (eventType) {
    case "order.created":
      return {
        ...base,
        currency: "EUR",
        amount: 4_980,
        pieces: 2,
        products: [{ productId: "sku-mouse", pieces: 2, amount: 4_980 }],
        ...change,
      };
    case "order.confirmed":
      return { ...base, currency: "EUR", amount: 4_980, pieces: 2, ...change };
    case "order.cancelled":
      return { ...base, reason: "insufficient_stock", ...change };
    case "payment.refunded":
      return { ...base, currency: "EUR", amount: 4_980, ...change };
    default:
      return { ...base, ...change };
  }
}

export class FollowersWorld {
  readonly records: Mutable<Record>[] = [];
  readonly applied: {
    eventId: string;
    eventType: string;
    topic: string;
    partition: number;
    offset: number;
    processedAt: number;
    transaction: string;
  }[] = [];
  readonly starts = new Map<string, number>();
  readonly notices: Mutable<NoticeRow>[] = [];
  readonly messages: Mutable<MessageRow>[] = [];
  readonly deliveries: Mutable<DeliveryRow>[] = [];
  readonly waitingKeys: string[] = [];
  owners = new Map<string, string>();
  orders: Mutable<OrderFactsRow>[] = [];
  figures: Mutable<FigureRow>[] = [];
  counted: Mutable<CountedMessageRow>[] = [];

  /** Adds a record that both services applied. */
  event(eventType: string, orderId: string, at: number, change: Partial<EventContent> = {}): Mutable<Record> {
    const topic = topicOf(eventType);
    const offset = this.end(topic);
    const record = {
      topic,
      partition: 0,
      offset,
      timestamp: at + 5,
      key: orderId,
      size: 10,
      digest: 1,
      eventId: `event-${this.records.length}`,
      eventType,
      rowId: undefined,
      replay: undefined,
      origin: undefined,
      lacks: [],
      notBefore: undefined,
      content: content(eventType, orderId, at, change),
    };
    this.records.push(record);
    this.applied.push({
      eventId: record.eventId,
      eventType,
      topic,
      partition: 0,
      offset,
      processedAt: at + 10,
      transaction: "tx",
    });
    return record;
  }

  /** Adds a confirmed and delivered order, reported in one message. */
  delivered(orderId: string, placedAt = PLACED): void {
    this.owners.set(orderId, CUSTOMER);
    const types = [
      "order.created",
      "payment.processed",
      "inventory.reserved",
      "order.confirmed",
      "shipment.created",
      "shipment.dispatched",
      "shipment.delivered",
    ];
    for (const [place, type] of types.entries()) this.event(type, orderId, placedAt + 10 * place);
    this.tell(
      `message-${orderId}`,
      orderId,
      types.filter((type) => !UNTOLD.has(type)),
      placedAt + 5_000,
    );
  }

  /** Adds a sent message, with all its data. */
  tell(messageId: string, orderId: string, tells: readonly string[], at: number): void {
    for (const eventType of tells) this.notices.push({ orderId, eventType, messageId, createdAt: at - 1_000 });
    this.messages.push({ messageId, customerId: CUSTOMER, status: "sent", openedAt: at - 1_000, sentAt: at });
    this.deliveries.push({ channel: "email", messageId, status: "accepted", recipient: CUSTOMER });
    this.event("notification.sent", orderId, at, {
      message: { messageId, customerId: CUSTOMER, channel: "email", tells },
    });
  }

  /** Fills the tables of analytics-service as that service would. */
  count(): this {
    const facts = new Map<string, OrderFacts>();
    const messages = new Map<string, CountedMessageRow>();
    const known = new Set(this.applied.map(({ topic, offset }) => `${topic}/${offset}`));
    for (const { topic, offset, content: read, eventType } of this.records) {
      if (!known.has(`${topic}/${offset}`) || read === undefined || !isStep(eventType)) continue;
      const { orderId, message, ...step } = read;
      facts.set(orderId, withStep(facts.get(orderId) ?? {}, eventType, step));
      if (message !== undefined && !messages.has(message.messageId))
        messages.set(message.messageId, { messageId: message.messageId, channel: message.channel, sentAt: read.at });
    }
    this.orders = [...facts].map(([orderId, steps]) => ({ orderId, steps: steps as OrderFactsRow["steps"] }));
    this.counted = [...messages.values()];
    this.figures = balance([...[...facts.values()].flatMap(contributions), ...this.counted.map(messageFigure)]).map(
      (figure) => ({ ...figure }),
    );
    return this;
  }

  context(witness?: Witness): SampleContext {
    const messaging = ["analytics-service", "notification-service"].map((service) => ({
      service,
      published: [],
      deadLetters: [],
      actions: [],
      parked: [],
      discardedEvents: [],
      inbox:
        service === "notification-service"
          ? this.applied.filter(({ eventType }) => eventType !== "notification.sent")
          : this.applied,
      outbox: this.waitingKeys.map((key) => ({
        position: 1,
        eventId: "waits",
        topic: "notification-events",
        key,
        eventType: "notification.sent",
        at: NOW,
      })),
    }));
    const evidence: SampleEvidence = {
      takenAt: NOW,
      records: this.records,
      messaging,
      groups: [],
      contracts: messaging.map(({ service }) => ({
        service,
        group: service,
        retryTopics: [],
        publishes: [],
        consumes: TOPICS.map((topic) => ({
          topic,
          events: STEPS.filter((type) => topicOf(type) === topic).map((event) => ({ event })),
        })),
      })),
      topics: TOPICS.map((name) => ({
        name,
        kind: "event",
        partitions: [
          { partition: 0, start: this.starts.get(name) ?? 0, settledEnd: this.end(name), end: this.end(name) },
        ],
      })),
      tables: {
        orders: {
          keys: [],
          rows: [...this.owners].map(([orderId, customerId]) => ({
            orderId,
            customerId,
            status: "confirmed",
            payment: "processed",
            inventory: "reserved",
            total: 1,
            currency: "EUR",
            createdAt: PLACED,
            endedAt: PLACED,
          })),
        },
        analytics: { orders: this.orders, figures: this.figures, messages: this.counted },
        notification: { notices: this.notices, messages: this.messages, deliveries: this.deliveries },
      },
    };
    return judgeContext(evidence, witness, {});
  }

  /** Deletes the oldest records of a topic, as retention does. */
  forget(topic: string, before: number): void {
    const kept = this.records.filter((record) => record.topic !== topic || record.timestamp >= before);
    this.records.splice(0, this.records.length, ...kept);
    this.starts.set(topic, kept.find((record) => record.topic === topic)?.offset ?? 0);
  }

  private end(topic: string): number {
    return this.records.reduce(
      (end, record) => (record.topic === topic ? Math.max(end, record.offset + 1) : end),
      this.starts.get(topic) ?? 0,
    );
  }
}

function isStep(eventType: string | undefined): eventType is StepName {
  return STEPS.some((step) => step === eventType);
}
