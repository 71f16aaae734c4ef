/**
 * The transactional outbox. Events are rows of the service's own database, written in the transaction that changes the
 * state, so one never exists without the other. The relay (relay.ts) publishes them to their topics. Lock the
 * aggregate's row before you add its events: then the order of `position` is the order of commits per key.
 */
import { crc32 } from "node:zlib";
import { requireStored } from "../claim-check/claim-check.ts";
import { claimHeaders } from "../claim-check/reference.ts";
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import type { Codec } from "../events/codec.ts";
import type { Cause, NewEvent } from "../events/envelope.ts";
import { EVENT_VERSION, HEADER } from "../events/envelope.ts";
import type { AnyEvents, EventMap, Published } from "../events/event-map.ts";
import { uuidV7 } from "../ids.ts";
import type { Transaction } from "../storage/database.ts";
import { formatTraceparent } from "../trace.ts";
import type { Span, Tracer } from "../tracing/tracer.ts";
import { UNTRACED } from "../tracing/tracer.ts";
import type { RecordHeaders } from "./outbox-headers.ts";
import { storedHeaders } from "./outbox-headers.ts";

/** Number of shards over which keys are spread. One relay at a time works on a shard, which keeps the order per key. */
export const SHARDS = 16;

export function shardOf(key: Buffer | null): number {
  return key === null ? 0 : crc32(key) % SHARDS;
}

/** A row to publish. */
export interface OutboxEntry {
  readonly id: string;
  readonly topic: string;
  /** Bytes of the record's key; null: no key. */
  readonly key: Buffer | null;
  readonly eventType: string;
  /** Avro body without the wire format's header; for a dead-letter record, the original bytes. */
  readonly body: Buffer | null;
  /** Null: the relay asks the registry. */
  readonly schemaId: number | null;
  /** If true, `body` is published unchanged. */
  readonly raw: boolean;
  readonly headers: RecordHeaders;
}

export interface Outbox<E extends EventMap = AnyEvents> {
  /** Adds the events of each cause, in order, within the transaction. The relay publishes them right after its commit. */
  add(
    tx: Transaction,
    groups: readonly { readonly cause: Cause; readonly events: readonly Published<E>[] }[],
  ): Promise<void>;
  /** Adds ready-made entries. */
  put(tx: Transaction, entries: readonly OutboxEntry[]): Promise<void>;
}

export interface OutboxOptions {
  readonly codec: Pick<Codec, "published" | "body" | "knownSchemaId">;
  /** Called after the commit with the shards that received rows; `hurried` is false if none of the rows is time-critical. */
  readonly wake: (shards: ReadonlySet<number>, hurried: boolean) => void;
  /** Returns whether events of this type are time-critical. @default true for all */
  readonly hurried?: (eventType: string) => boolean;
  readonly clock?: Clock;
  readonly newId?: () => string;
  /** @default no spans, only identifiers */
  readonly tracer?: Tracer;
}

/** The published body of an event whose content is stored outside Kafka. */
const EMPTY = Buffer.alloc(0);

const INSERT = {
  name: "outbox-insert",
  text: `INSERT INTO outbox (event_id, shard, topic, key, event_type, body, schema_id, raw, headers)
         SELECT e.event_id, e.shard, e.topic, e.key, e.event_type, e.body, e.schema_id, e.raw, e.headers
           FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::int[], $8::boolean[], $9::jsonb[])
                WITH ORDINALITY AS e(event_id, shard, topic, key, event_type, body, schema_id, raw, headers, place)
          ORDER BY e.place`,
};

export function transactionalOutbox<E extends EventMap = AnyEvents>(options: OutboxOptions): Outbox<E> {
  const clock = options.clock ?? systemClock;
  const { tracer = UNTRACED } = options;
  const newId = options.newId ?? (() => uuidV7(clock));
  const hurried = options.hurried ?? (() => true);

  /**
   * Returns an event as a row, and the span of its creation. That span is the parent of its publishing and of
   * everything that its consumers do.
   */
  function entry(event: NewEvent, cause: Cause): { readonly row: OutboxEntry; readonly span: Span } {
    const declared = options.codec.published(event.type);
    const stored = event.claim !== undefined && event.claim.field === undefined;
    const body = stored ? EMPTY : options.codec.body(event.type, event.payload);
    requireStored(event, declared, body.length);
    const id = newId();
    const span = tracer.start(`create ${event.type}`, {
      kind: "producer",
      parent: cause.trace,
      attributes: {
        "messaging.system": "kafka",
        "messaging.operation.type": "create",
        "messaging.destination.name": declared.topic,
        "messaging.message.id": id,
        "messaging.message.conversation_id": cause.correlationId,
        "messaging.kafka.message.key": event.key,
      },
    });
    const row = {
      id,
      topic: declared.topic,
      key: Buffer.from(event.key, "utf8"),
      eventType: event.type,
      body,
      schemaId: options.codec.knownSchemaId(event.type) ?? null,
      raw: false,
      headers: {
        [HEADER.eventId]: id,
        [HEADER.eventType]: event.type,
        [HEADER.eventVersion]: EVENT_VERSION,
        [HEADER.occurredAt]: new Date(clock()).toISOString(),
        [HEADER.correlationId]: cause.correlationId,
        ...(cause.causationId === undefined ? {} : { [HEADER.causationId]: cause.causationId }),
        [HEADER.traceparent]: formatTraceparent(span.context),
        ...(event.claim === undefined ? {} : claimHeaders(event.claim)),
      },
    };
    return { row, span };
  }

  async function put(tx: Transaction, entries: readonly OutboxEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const shards = entries.map((item) => shardOf(item.key));
    await tx.query({
      ...INSERT,
      values: [
        entries.map((item) => item.id),
        shards,
        entries.map((item) => item.topic),
        entries.map((item) => item.key),
        entries.map((item) => item.eventType),
        entries.map((item) => item.body),
        entries.map((item) => item.schemaId),
        entries.map((item) => item.raw),
        entries.map((item) => storedHeaders(item.headers)),
      ],
    });
    const urgent = entries.map((item) => hurried(item.eventType));
    const shardsOf = (urgency: boolean): ReadonlySet<number> =>
      new Set(shards.filter((_, place) => urgent[place] === urgency));
    tx.afterCommit(() => {
      for (const urgency of [true, false]) if (urgent.includes(urgency)) options.wake(shardsOf(urgency), urgency);
    });
  }

  return {
    put,
    add(tx, groups) {
      const entries = groups.flatMap(({ cause, events }) => events.map((event) => entry(event, cause)));
      // A rollback also removes the events: a span that does not end is not exported.
      if (tracer.active) for (const { span } of entries) tx.afterCommit(() => span.end());
      return put(
        tx,
        entries.map(({ row }) => row),
      );
    },
  };
}
