/**
 * Delayed-retry topics, for consumers that ask for them: a record that failed its attempts in place
 * waits in a topic of its own and is applied again after that topic's delay, while the records behind
 * it go on. That gives up the order of the record's key; a consumer that needs the order asks for no
 * retry topics. The record travels byte for byte with its first origin in headers, and is an outbox
 * row, so it is neither lost nor does it wait for a broker. A copy after a crash meets the inbox.
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
  /** Where the record failed first. */
  topic: "retry-origin-topic",
  partition: "retry-origin-partition",
  offset: "retry-origin-offset",
  /** Attempts made so far. */
  attempt: "retry-attempt",
  /** Milliseconds since the epoch before which it is not applied again. */
  notBefore: "retry-not-before",
} as const;

const PREFIX = "retry-";

/** One retry topic of the contract. */
export type RetryTopic = Contract["retryTopics"][number];

/** A record as it stood at its first origin, with what was tried since. */
export interface Delivery {
  readonly record: RawRecord;
  /** Attempts made before this delivery. */
  readonly attempts: number;
  /** Where it goes when it fails again; undefined: to the dead-letter records. */
  readonly next: RetryTopic | undefined;
}

export interface RetryTopics {
  /** Topics to be read beside those of the contract, shortest delay first. */
  readonly topics: readonly RetryTopic[];
  /** What a record is a delivery of; throws SVC_RECORD_HEADER (permanent) for one in a retry topic that does not say where it comes from. */
  deliver(record: RawRecord): Delivery;
  /** The outbox row that brings a delivery to its next retry topic. */
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

/** Largest numbers that Kafka knows as a partition and as an offset. */
const LARGEST_PARTITION = 2n ** 31n - 1n;
const LARGEST_OFFSET = 2n ** 63n - 1n;
/** More attempts than any policy makes. */
const MOST_ATTEMPTS = 1_000_000n;

/**
 * The record at its first origin, without the marks of the journey. Headers are not trusted: what could not be stored with
 * a dead-letter record, or names a topic that this group does not read, makes the record a dead-letter record of the retry topic itself.
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

/** When the record may be applied again, in milliseconds since the epoch; at once where it does not say. */
export function notBefore(record: RawRecord): number {
  return Number(wholeNumber(record.headers.get(RETRY_HEADER.notBefore)?.toString("utf8") ?? "") ?? 0n);
}

function wholeNumber(text: string): bigint | undefined {
  return /^\d{1,19}$/u.test(text) ? BigInt(text) : undefined;
}
