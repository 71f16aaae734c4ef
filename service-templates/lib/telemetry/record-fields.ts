/** Fields that identify a record in log lines, so that the lines of one saga can be found in all services. */
import { DEAD_LETTER_HEADER } from "../consumer/dead-letter.ts";
import { RETRY_HEADER } from "../consumer/retry-topics.ts";
import type { Contract } from "../contract.ts";
import type { ReceivedEvent } from "../events/envelope.ts";
import { HEADER } from "../events/envelope.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import type { RecordHeaders } from "../outbox/outbox-headers.ts";
import { headerText } from "../outbox/outbox-headers.ts";
import { parseTraceparent } from "../trace.ts";

/**
 * Fields of a log line: the record's key under its name in `topics/` (`key: orderId`), and `traceId`. Unknown fields
 * are absent.
 */
export type RecordFields = Readonly<Record<string, string>>;

export interface RecordLog {
  ofRecord(record: Pick<RawRecord, "topic" | "key" | "headers">): RecordFields;
  ofEvent(event: Pick<ReceivedEvent, "key" | "trace" | "source">): RecordFields;
  /**
   * Returns the fields of a record before it is published. A record for a dead-letter or retry topic has the key of its
   * origin topic.
   */
  ofOutgoing(record: {
    readonly topic: string;
    readonly key: Buffer | null;
    readonly headers: RecordHeaders;
  }): RecordFields;
}

/** Longest key that is logged, in characters: it may come from outside. */
const KEY_LIMIT = 200;
/** Fields that every log line already has. */
const TAKEN = new Set(["level", "time", "service", "replica", "msg", "err", "traceId"]);

/** @param contract - Contains the name of each topic's key. */
export function recordLog(contract: Pick<Contract, "consumes" | "publishes">): RecordLog {
  const names = new Map(
    [...contract.publishes, ...contract.consumes].flatMap(({ topic, key }) =>
      key === undefined ? [] : [[topic, TAKEN.has(key) ? "key" : key] as const],
    ),
  );

  function fields(topic: string, key: string | undefined, traceId: string | undefined): RecordFields {
    const name = names.get(topic);
    return {
      ...(name === undefined || key === undefined ? {} : { [name]: key.slice(0, KEY_LIMIT) }),
      ...(traceId === undefined ? {} : { traceId }),
    };
  }

  return {
    ofRecord: ({ topic, key, headers }) =>
      fields(
        topic,
        key?.toString("utf8"),
        parseTraceparent(headers.get(HEADER.traceparent)?.toString("utf8"))?.traceId,
      ),
    ofEvent: ({ key, trace, source }) => fields(source.topic, key, trace?.traceId),
    ofOutgoing: ({ topic, key, headers }) =>
      fields(
        headerText(headers[DEAD_LETTER_HEADER.topic] ?? headers[RETRY_HEADER.topic]) ?? topic,
        key?.toString("utf8"),
        parseTraceparent(headerText(headers[HEADER.traceparent]))?.traceId,
      ),
  };
}
