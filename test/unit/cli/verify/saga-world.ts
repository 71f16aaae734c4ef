/** A small platform at rest as evidence: one confirmed order, one short of stock, one declined. Tests break it in one place each. */
import type {
  DeadLetterAction,
  DeadLetterRow,
  Evidence,
  GroupState,
  IdempotencyRow,
  InboxRow,
  LedgerRow,
  OrderRow,
  OutboxRow,
  ParkedRow,
  PaymentRow,
  ReservationRow,
  ReservedPieces,
  ServiceContract,
  ShipmentRow,
  StockRow,
  TopicLog,
  TopicRecord,
} from "../../../../cli/verify/evidence.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Tables {
  service: string;
  outbox: Mutable<OutboxRow>[];
  published: Mutable<OutboxRow>[];
  inbox: Mutable<InboxRow>[];
  deadLetters: Mutable<DeadLetterRow>[];
  actions: Mutable<DeadLetterAction>[];
  parked: Mutable<ParkedRow>[];
  discardedEvents: string[];
}

export const NOW = Date.UTC(2026, 0, 2);
const START = NOW - 3_600_000;

export const PAID = "order-paid";
export const SHORT = "order-short";
export const DECLINED = "order-declined";

const consumes = (topic: string, ...events: string[]) => ({ topic, events: events.map((event) => ({ event })) });
const publishes = (topic: string, ...events: string[]) => events.map((event) => ({ topic, event }));

export const CONTRACTS: readonly ServiceContract[] = [
  {
    service: "order-service",
    group: "order-service",
    deadLetterTopic: "order-service.dlt",
    retryTopics: [],
    consumes: [
      consumes("payment-events", "payment.processed", "payment.failed", "payment.refunded"),
      consumes("inventory-events", "inventory.reserved", "inventory.insufficient", "inventory.released"),
      consumes("shipping-events", "shipment.failed"),
    ],
    publishes: publishes("order-events", "order.created", "order.confirmed", "order.cancelled"),
  },
  {
    service: "payment-service",
    group: "payment-service",
    deadLetterTopic: "payment-service.dlt",
    retryTopics: [],
    consumes: [consumes("order-events", "order.created", "order.cancelled")],
    publishes: publishes("payment-events", "payment.processed", "payment.failed", "payment.refunded"),
  },
  {
    service: "inventory-service",
    group: "inventory-service",
    deadLetterTopic: "inventory-service.dlt",
    retryTopics: [],
    consumes: [consumes("order-events", "order.created", "order.cancelled", "order.confirmed")],
    publishes: publishes("inventory-events", "inventory.reserved", "inventory.insufficient", "inventory.released"),
  },
  {
    service: "shipping-service",
    group: "shipping-service",
    deadLetterTopic: "shipping-service.dlt",
    retryTopics: [{ topic: "shipping-service.retry-10s", delayMs: 10_000 }],
    consumes: [consumes("order-events", "order.confirmed")],
    publishes: publishes("shipping-events", "shipment.created", "shipment.failed"),
  },
];

/** The evidence while it is being made, and broken. */
export class SagaWorld {
  readonly records: Mutable<TopicRecord>[] = [];
  readonly messaging: Tables[] = CONTRACTS.map(({ service }) => ({
    service,
    outbox: [],
    published: [],
    inbox: [],
    deadLetters: [],
    actions: [],
    parked: [],
    discardedEvents: [],
  }));
  readonly orders: Mutable<OrderRow>[] = [];
  readonly keys: Mutable<IdempotencyRow>[] = [];
  readonly payments: Mutable<PaymentRow>[] = [];
  readonly ledger: Mutable<LedgerRow>[] = [];
  readonly stock: Mutable<StockRow>[] = [{ productId: "sku", initial: 10, available: 8, reserved: 0, sold: 2 }];
  readonly reservations: Mutable<ReservationRow>[] = [];
  readonly pieces: Mutable<ReservedPieces>[] = [{ productId: "sku", status: "sold", pieces: 2 }];
  readonly shipments: Mutable<ShipmentRow>[] = [];
  readonly groups: {
    group: string;
    members: number;
    positions: { topic: string; partition: number; committed: number | undefined }[];
  }[] = [];
  readonly topics: (Mutable<Omit<TopicLog, "partitions">> & {
    partitions: { partition: number; start: number; settledEnd: number; end: number }[];
  })[] = [];
  takenAt = NOW;
  #moment = START;
  #events = 0;

  constructor() {
    const kinds = [
      ...["order-events", "payment-events", "inventory-events", "shipping-events"].map((name) => ({
        name,
        kind: "event" as const,
      })),
      ...CONTRACTS.map(({ service }) => ({ name: `${service}.dlt`, kind: "dead-letter" as const, group: service })),
      { name: "shipping-service.retry-10s", kind: "retry" as const, group: "shipping-service" },
    ];
    for (const topic of kinds)
      this.topics.push({ ...topic, partitions: [{ partition: 0, start: 0, settledEnd: 0, end: 0 }] });

    this.order(PAID, "confirmed", "processed", "reserved");
    this.event("order-service", PAID, "order.created");
    this.event("payment-service", PAID, "payment.processed");
    this.event("inventory-service", PAID, "inventory.reserved");
    this.event("order-service", PAID, "order.confirmed");
    this.event("shipping-service", PAID, "shipment.created");
    this.capture(PAID);
    this.payments.push({ orderId: PAID, status: "processed" });
    this.reservations.push({ orderId: PAID, status: "sold" });
    this.shipments.push({ orderId: PAID, status: "delivered", bookings: 1 });

    this.order(SHORT, "cancelled", "refunded", "insufficient");
    this.event("order-service", SHORT, "order.created");
    this.event("payment-service", SHORT, "payment.processed");
    this.event("inventory-service", SHORT, "inventory.insufficient");
    this.event("order-service", SHORT, "order.cancelled");
    this.event("payment-service", SHORT, "payment.refunded");
    this.capture(SHORT);
    this.ledger.push({ orderId: SHORT, transactionId: `t-${SHORT}`, kind: "refund", amount: 500, currency: "EUR" });
    this.payments.push({ orderId: SHORT, status: "refunded" });
    this.reservations.push({ orderId: SHORT, status: "insufficient" });

    this.order(DECLINED, "cancelled", "failed", "released");
    this.event("order-service", DECLINED, "order.created");
    this.event("inventory-service", DECLINED, "inventory.reserved");
    this.event("payment-service", DECLINED, "payment.failed");
    this.event("order-service", DECLINED, "order.cancelled");
    this.event("inventory-service", DECLINED, "inventory.released");
    this.ledger.push({
      orderId: DECLINED,
      transactionId: `t-${DECLINED}`,
      kind: "decline",
      amount: 500,
      currency: "EUR",
    });
    this.payments.push({ orderId: DECLINED, status: "failed" });
    this.reservations.push({ orderId: DECLINED, status: "released" });

    for (const { service, consumes: wanted, retryTopics } of CONTRACTS) {
      const topics = [...wanted.map(({ topic }) => topic), ...retryTopics.map(({ topic }) => topic)];
      this.groups.push({
        group: service,
        members: 1,
        positions: topics.map((topic) => ({ topic, partition: 0, committed: this.end(topic) })),
      });
    }
  }

  /** PAID as it is when no carrier took it: refunded, its pieces back in stock. */
  refuseShipment(): void {
    Object.assign(this.orders[0] ?? {}, {
      status: "cancelled",
      reason: "undeliverable",
      payment: "refunded",
      inventory: "released",
    });
    Object.assign(this.shipments[0] ?? {}, { status: "undeliverable", bookings: 0 });
    this.event("shipping-service", PAID, "shipment.failed");
    this.event("order-service", PAID, "order.cancelled");
    this.event("payment-service", PAID, "payment.refunded");
    this.event("inventory-service", PAID, "inventory.released");
    this.ledger.push({ orderId: PAID, transactionId: `t-${PAID}`, kind: "refund", amount: 500, currency: "EUR" });
    Object.assign(this.payments[0] ?? {}, { status: "refunded" });
    Object.assign(this.reservations[0] ?? {}, { status: "released" });
    Object.assign(this.stock[0] ?? {}, { available: 10, sold: 0 });
    this.pieces.splice(0);
    this.caughtUp();
  }

  tables(service: string): Tables {
    const found = this.messaging.find((tables) => tables.service === service);
    if (found === undefined) throw new Error(`no tables of ${service}`);
    return found;
  }

  group(name: string): SagaWorld["groups"][number] {
    const found = this.groups.find(({ group }) => group === name);
    if (found === undefined) throw new Error(`no group ${name}`);
    return found;
  }

  /** The only record of an order's event. */
  record(orderId: string, eventType: string): Mutable<TopicRecord> {
    const found = this.records.find((record) => record.key === orderId && record.eventType === eventType);
    if (found === undefined) throw new Error(`no ${eventType} of ${orderId}`);
    return found;
  }

  end(topic: string): number {
    return this.range(topic).end;
  }

  range(topic: string): SagaWorld["topics"][number]["partitions"][number] {
    const [range] = this.topics.find(({ name }) => name === topic)?.partitions ?? [];
    if (range === undefined) throw new Error(`no topic ${topic}`);
    return range;
  }

  /** Writes a record into a topic, and nothing else. */
  append(record: Partial<TopicRecord> & { readonly topic: string }): Mutable<TopicRecord> {
    const range = this.range(record.topic);
    this.#moment += 10;
    const written = {
      partition: 0,
      offset: range.end,
      timestamp: this.#moment,
      key: null,
      size: 10,
      digest: 1,
      eventId: undefined,
      eventType: undefined,
      rowId: undefined,
      replay: undefined,
      origin: undefined,
      lacks: [],
      notBefore: undefined,
      ...record,
    };
    range.end += 1;
    range.settledEnd += 1;
    this.records.push(written);
    return written;
  }

  /** An event as it should be: a row, a record, and an inbox entry in each group that wants it. */
  event(service: string, orderId: string, eventType: string): Mutable<TopicRecord> {
    this.#events += 1;
    const topic =
      CONTRACTS.find((contract) => contract.service === service)?.publishes.find(({ event }) => event === eventType)
        ?.topic ?? "";
    const eventId = `event-${this.#events}`;
    const record = this.append({ topic, key: orderId, eventId, eventType, rowId: eventId });
    this.tables(service).published.push({
      position: this.#events,
      eventId,
      topic,
      key: orderId,
      eventType,
      at: record.timestamp,
    });
    for (const contract of CONTRACTS) {
      if (
        !contract.consumes.some(
          (wanted) => wanted.topic === topic && wanted.events.some(({ event }) => event === eventType),
        )
      )
        continue;
      this.tables(contract.service).inbox.push({
        eventId,
        eventType,
        topic,
        partition: 0,
        offset: record.offset,
        processedAt: record.timestamp + 5,
        transaction: `tx-${this.#events}`,
      });
    }
    return record;
  }

  /** Poison: a record of no service that became a dead letter of a group, with its letter in the topic. */
  poison(
    group: string,
    topic = "order-events",
    eventType = "order.created",
  ): {
    readonly place: string;
    readonly letterId: string;
    readonly record: Mutable<TopicRecord>;
    readonly letter: Mutable<TopicRecord>;
    readonly row: Mutable<DeadLetterRow>;
  } {
    this.#events += 1;
    const record = this.append({
      topic,
      key: "poison",
      eventId: `poison-${this.#events}`,
      eventType,
      rowId: `poison-${this.#events}`,
      size: 3,
      digest: 77,
    });
    const origin = { topic, partition: 0, offset: record.offset };
    const letterId = `letter-${this.#events}`;
    const letter = this.append({
      topic: `${group}.dlt`,
      key: "poison",
      eventId: record.eventId,
      eventType,
      rowId: letterId,
      size: 3,
      digest: 77,
      origin,
    });
    const row = {
      letterId,
      ...origin,
      eventId: record.eventId,
      eventType,
      errorCode: "SVC_RECORD_FRAMING",
      failedAt: record.timestamp,
      replayOf: undefined,
    };
    this.tables(group).deadLetters.push(row);
    this.tables(group).published.push({
      position: this.#events,
      eventId: letterId,
      topic: `${group}.dlt`,
      key: "poison",
      eventType,
      at: record.timestamp,
    });
    // The other groups of the topic have it as theirs; here it is theirs too, applied or not is not the point.
    this.caughtUp();
    return { place: `${topic}/0/${record.offset}`, letterId, record, letter, row };
  }

  /** Every group commits up to the end of what it reads. */
  caughtUp(): void {
    for (const { positions } of this.groups)
      for (const position of positions) position.committed = this.end(position.topic);
  }

  evidence(): Evidence {
    return {
      takenAt: this.takenAt,
      contracts: CONTRACTS,
      topics: this.topics,
      records: this.records,
      messaging: this.messaging,
      groups: this.groups satisfies readonly GroupState[],
      orders: { rows: this.orders, keys: this.keys },
      payments: { rows: this.payments, ledger: this.ledger },
      inventory: { stock: this.stock, reservations: this.reservations, pieces: this.pieces },
      shipping: { shipments: this.shipments },
    };
  }

  private order(orderId: string, status: "confirmed" | "cancelled", payment: string, inventory: string): void {
    this.orders.push({
      orderId,
      customerId: "customer",
      status,
      payment,
      inventory,
      total: 500,
      currency: "EUR",
      createdAt: this.#moment,
      endedAt: this.#moment + 100,
    });
    this.keys.push({ customerId: "customer", key: `key-${orderId}`, orderId });
  }

  private capture(orderId: string): void {
    this.ledger.push({ orderId, transactionId: `t-${orderId}`, kind: "capture", amount: 500, currency: "EUR" });
  }
}
