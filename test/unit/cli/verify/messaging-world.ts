/**
 * Evidence of a small platform at rest, without services' own tables: events of one confirmed order, one short of stock, one
 * declined. Tests break it in one place each.
 */
import type {
  DeadLetterAction,
  DeadLetterRow,
  Evidence,
  GroupState,
  InboxRow,
  OutboxRow,
  ParkedRow,
  ServiceContract,
  TopicLog,
  TopicRecord,
} from "../../../../cli/verify/evidence.ts";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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
export const ORDERS = [PAID, SHORT, DECLINED] as const;

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
export class MessagingWorld {
  /** None has content. */
  readonly records: Mutable<TopicRecord<never>>[] = [];
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
  readonly groups: {
    group: string;
    members: number;
    positions: { topic: string; partition: number; committed: number | undefined }[];
  }[] = [];
  readonly topics: (Mutable<Omit<TopicLog, "partitions">> & {
    partitions: { partition: number; start: number; settledEnd: number; end: number }[];
  })[] = [];
  takenAt = NOW;
  /** Of the latest record, milliseconds since the epoch. */
  protected moment = START;
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
  }

  /** A world in which the three orders have reached their terminal states. */
  static atRest(): MessagingWorld {
    const world = new MessagingWorld();
    for (const orderId of ORDERS) world.play(orderId);
    world.join();
    return world;
  }

  /** The events of one of the orders. */
  play(orderId: string): void {
    const steps: readonly (readonly [string, string])[] =
      {
        [PAID]: [
          ["order-service", "order.created"],
          ["payment-service", "payment.processed"],
          ["inventory-service", "inventory.reserved"],
          ["order-service", "order.confirmed"],
          ["shipping-service", "shipment.created"],
        ] as const,
        [SHORT]: [
          ["order-service", "order.created"],
          ["payment-service", "payment.processed"],
          ["inventory-service", "inventory.insufficient"],
          ["order-service", "order.cancelled"],
          ["payment-service", "payment.refunded"],
        ] as const,
        [DECLINED]: [
          ["order-service", "order.created"],
          ["inventory-service", "inventory.reserved"],
          ["payment-service", "payment.failed"],
          ["order-service", "order.cancelled"],
          ["inventory-service", "inventory.released"],
        ] as const,
      }[orderId] ?? [];
    for (const [service, eventType] of steps) this.event(service, orderId, eventType);
  }

  /** Every group has read what is there. */
  join(): void {
    for (const { service, consumes: wanted, retryTopics } of CONTRACTS) {
      const topics = [...wanted.map(({ topic }) => topic), ...retryTopics.map(({ topic }) => topic)];
      this.groups.push({
        group: service,
        members: 1,
        positions: topics.map((topic) => ({ topic, partition: 0, committed: this.end(topic) })),
      });
    }
  }

  tables(service: string): Tables {
    const found = this.messaging.find((tables) => tables.service === service);
    if (found === undefined) throw new Error(`no tables of ${service}`);
    return found;
  }

  group(name: string): MessagingWorld["groups"][number] {
    const found = this.groups.find(({ group }) => group === name);
    if (found === undefined) throw new Error(`no group ${name}`);
    return found;
  }

  /** The only record of an order's event. */
  record(orderId: string, eventType: string): Mutable<TopicRecord<never>> {
    const found = this.records.find((record) => record.key === orderId && record.eventType === eventType);
    if (found === undefined) throw new Error(`no ${eventType} of ${orderId}`);
    return found;
  }

  end(topic: string): number {
    return this.range(topic).end;
  }

  range(topic: string): MessagingWorld["topics"][number]["partitions"][number] {
    const [range] = this.topics.find(({ name }) => name === topic)?.partitions ?? [];
    if (range === undefined) throw new Error(`no topic ${topic}`);
    return range;
  }

  /** Writes a record into a topic, and nothing else. */
  append(record: Partial<TopicRecord<never>> & { readonly topic: string }): Mutable<TopicRecord<never>> {
    const range = this.range(record.topic);
    this.moment += 10;
    const written = {
      partition: 0,
      offset: range.end,
      timestamp: this.moment,
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

  /** A correct event: a row, a record, and an inbox entry in each group that consumes it. */
  event(service: string, orderId: string, eventType: string): Mutable<TopicRecord<never>> {
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

  /** Poison: a record from outside that became a dead-letter record of a group, with its record in the dead-letter topic. */
  poison(
    group: string,
    topic = "order-events",
    eventType = "order.created",
  ): {
    readonly place: string;
    readonly letterId: string;
    readonly record: Mutable<TopicRecord<never>>;
    readonly letter: Mutable<TopicRecord<never>>;
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
    const deadLetter = this.append({
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
    // The topic's other groups count it as theirs too; whether they applied it does not matter here.
    this.caughtUp();
    return { place: `${topic}/0/${record.offset}`, letterId, record, letter: deadLetter, row };
  }

  /** Every group commits up to the end of the topics that it consumes. */
  caughtUp(): void {
    for (const { positions } of this.groups)
      for (const position of positions) position.committed = this.end(position.topic);
  }

  evidence(): Evidence<object, never> {
    return {
      takenAt: this.takenAt,
      contracts: CONTRACTS,
      topics: this.topics,
      records: this.records,
      messaging: this.messaging,
      groups: this.groups satisfies readonly GroupState[],
      tables: {},
    };
  }
}
