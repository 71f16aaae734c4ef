/** What a log line says of a record that it concerns, so that the lines of one run can be found in all services. */
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
 * Fields of a log line: the record's key under the name that `topics/` gives it (`key: orderId`), and `traceId`.
 * What is not known is absent.
 */
export type RecordFields = Readonly<Record<string, string>>;

export interface RecordLog {
  ofRecord(record: Pick<RawRecord, "topic" | "key" | "headers">): RecordFields;
  ofEvent(event: Pick<ReceivedEvent, "key" | "trace" | "source">): RecordFields;
  /** Of a record that is still to be published; one for a dead-letter or retry topic has the key of the topic it came from. */
  ofOutgoing(record: {
    readonly topic: string;
    readonly key: Buffer | null;
    readonly headers: RecordHeaders;
  }): RecordFields;
}

/** Longest key that is written, in characters: it may come from outside. */
const KEY_LIMIT = 200;
/** Fields that every line has already. */
const TAKEN = new Set(["level", "time", "service", "replica", "msg", "err", "traceId"]);

/** @param contract - Names the key of each topic. */
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
