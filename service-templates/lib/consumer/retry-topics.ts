/**
 * Retry topics, for consumers that declare them. A record that failed its attempts in place waits in a retry topic and
 * is applied again after that topic's delay, while the consumer continues with the records behind it. This gives up the
 * order of the record's key; a consumer that needs the order declares no retry topics. The record is copied byte for
 * byte, with its first origin in headers. It is an outbox row, so it is not lost and does not wait for a broker. If a
 * crash causes a copy, the inbox recognizes it.
 */
import type { Contract } from "../contract.ts";
import { ServiceError } from "../errors.ts";
import { HEADER } from "../events/envelope.ts";
import { derivedUuid } from "../ids.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import type { OutboxEntry } from "../outbox/outbox.ts";
import { headerText, headerValue } from "../outbox/outbox-headers.ts";
import { printable } from "./dead-letter.ts";

/** Names of the headers of a record in a retry topic. Values are UTF-8. */
export const RETRY_HEADER = {
  /** Origin of the first failure. */
  topic: "retry-origin-topic",
  partition: "retry-origin-partition",
  offset: "retry-origin-offset",
  /** Attempts made so far. */
  attempt: "retry-attempt",
  /** Milliseconds since the epoch; the record is not applied again before that. */
  notBefore: "retry-not-before",
} as const;

const PREFIX = "retry-";

/** One retry topic of the contract. */
export type RetryTopic = Contract["retryTopics"][number];

/** A record as it was at its first origin, with the attempts so far. */
export interface Delivery {
  readonly record: RawRecord;
  /** Attempts made before this delivery. */
  readonly attempts: number;
  /** The retry topic for the next failure; undefined: the record becomes a dead-letter record. */
  readonly next: RetryTopic | undefined;
}

export interface RetryTopics {
  /** Topics to consume in addition to those of the contract, shortest delay first. */
  readonly topics: readonly RetryTopic[];
  /**
   * Returns the delivery that a record is. Throws SVC_RECORD_HEADER (permanent) for a record in a retry topic that does
   * not name its origin.
   */
  deliver(record: RawRecord): Delivery;
  /** Returns the outbox row that moves a delivery to its next retry topic. */
  entry(delivery: Delivery, next: RetryTopic, attempts: number, now: number): OutboxEntry;
}

export function retryTopics(contract: Pick<Contract, "service" | "group" | "retryTopics" | "consumes">): RetryTopics {
  const origins = new Set(contract.consumes.map(({ topic }) => topic));
  const topics = contract.retryTopics.toSorted((a, b) => a.delayMs - b.delayMs);
  const group = contract.group ?? contract.service;

  return {
    topics,
    deliver(record) {
      const stage = topics.findIndex(({ topic }) => topic === record.topic);
      if (stage < 0) return { record, attempts: 0, next: topics[0] };
      return { ...restored(record, origins), next: topics[stage + 1] };
    },
    entry({ record }, next, attempts, now) {
      const headers = Object.fromEntries(
        [...record.headers].map(([name, value]) => [printable(name), headerValue(value)]),
      );
      return {
        id: derivedUuid("retry", group, next.topic, record.topic, String(record.partition), record.offset.toString()),
        topic: next.topic,
        key: record.key ?? null,
        eventType: headerText(headers[HEADER.eventType]) ?? "unknown",
        body: record.value ?? null,
        schemaId: null,
        raw: true,
        headers: {
          ...headers,
          [RETRY_HEADER.topic]: record.topic,
          [RETRY_HEADER.partition]: String(record.partition),
          [RETRY_HEADER.offset]: record.offset.toString(),
          [RETRY_HEADER.attempt]: String(attempts),
          [RETRY_HEADER.notBefore]: String(now + next.delayMs),
        },
      };
    },
  };
}

/** Largest partition and offset that Kafka allows. */
const LARGEST_PARTITION = 2n ** 31n - 1n;
const LARGEST_OFFSET = 2n ** 63n - 1n;
/** More attempts than any policy allows. */
const MOST_ATTEMPTS = 1_000_000n;

/**
 * Returns the record at its first origin, without the retry headers. Headers are not trusted: if a value cannot be
 * stored with a dead-letter record, or names a topic that this group does not consume, the record becomes a dead-letter
 * record of the retry topic itself.
 */
function restored(record: RawRecord, origins: ReadonlySet<string>): Pick<Delivery, "record" | "attempts"> {
  const topic = record.headers.get(RETRY_HEADER.topic)?.toString("utf8") ?? "";
  if (!origins.has(topic)) throw malformed(record, RETRY_HEADER.topic, "a topic that this group reads");
  const number = (name: string, most: bigint): bigint => {
    const value = wholeNumber(record.headers.get(name)?.toString("utf8") ?? "");
    if (value === undefined || value > most) throw malformed(record, name, `a whole number up to ${most}`);
    return value;
  };
  const partition = Number(number(RETRY_HEADER.partition, LARGEST_PARTITION));
  const offset = number(RETRY_HEADER.offset, LARGEST_OFFSET);
  const attempts = record.headers.has(RETRY_HEADER.attempt) ? Number(number(RETRY_HEADER.attempt, MOST_ATTEMPTS)) : 0;
  const headers = new Map([...record.headers].filter(([name]) => !name.startsWith(PREFIX)));
  return { record: { ...record, topic, partition, offset, headers }, attempts };
}

function malformed(record: RawRecord, header: string, wanted: string): ServiceError {
  const value = record.headers.get(header)?.toString("utf8").slice(0, 80);
  return new ServiceError(
    "SVC_RECORD_HEADER",
    `a record in ${record.topic} has ${header} ${value === undefined ? "not at all" : JSON.stringify(value)}, it must be ${wanted}`,
    { permanent: true },
  );
}

/** Returns when the record may be applied again, in milliseconds since the epoch; 0 if its headers do not say. */
export function notBefore(record: RawRecord): number {
  return Number(wholeNumber(record.headers.get(RETRY_HEADER.notBefore)?.toString("utf8") ?? "") ?? 0n);
}

function wholeNumber(text: string): bigint | undefined {
  return /^\d{1,19}$/u.test(text) ? BigInt(text) : undefined;
}
