/**
 * The envelope of an event, in the record's headers. Events are self-contained and immutable. A service returns
 * `NewEvent`s; the library fills in the other fields.
 */
import type { ClaimReference } from "../claim-check/reference.ts";
import { ServiceError } from "../errors.ts";
import { isUuid } from "../ids.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import type { TraceContext } from "../trace.ts";
import { parseTraceparent } from "../trace.ts";

/** Names of the envelope's headers. Values are UTF-8. */
export const HEADER = {
  eventId: "event-id",
  eventType: "event-type",
  eventVersion: "event-version",
  occurredAt: "occurred-at",
  correlationId: "correlation-id",
  causationId: "causation-id",
  traceparent: "traceparent",
} as const;

/**
 * Version of the envelope and of event meanings, MAJOR or MAJOR.MINOR; the registry keeps the schema versions. A
 * producer raises the major version if consumers that do not know it would misunderstand the event.
 */
export const EVENT_VERSION = "1";

/** An event as a handler receives it. */
export interface ReceivedEvent<P extends object = object, T extends string = string> {
  readonly id: string;
  readonly type: T;
  /** The record's key: the aggregate whose order is kept. */
  readonly key: string;
  /** ISO 8601, by the producer's clock. */
  readonly occurredAt: string;
  /** Id of the saga. */
  readonly correlationId: string;
  readonly trace: TraceContext | undefined;
  readonly payload: P;
  /** Reference to content that is not in the payload; read it with `claimChecks.read`. */
  readonly claim?: ClaimReference;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: bigint };
}

/** An event as a handler returns it. */
export interface NewEvent<P extends object = object, T extends string = string> {
  readonly type: T;
  /** Key of the record; events of one key keep their order. */
  readonly key: string;
  readonly payload: P;
  /** Set by `claimChecks.store`. */
  readonly claim?: ClaimReference;
}

/** The cause of a new event; it determines causation, correlation and trace. */
export interface Cause {
  readonly correlationId: string;
  /** Id of the handled event; absent for an external request. */
  readonly causationId?: string;
  readonly trace?: TraceContext;
}

/** The envelope read from a record's headers, before the body is decoded. */
export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly occurredAt: string;
  readonly correlationId: string;
  readonly trace: TraceContext | undefined;
}

/** Returns only the event's type, so that unhandled events are skipped without further work. */
export function eventTypeOf(record: RawRecord): string | undefined {
  return record.headers.get(HEADER.eventType)?.toString("utf8");
}

const VERSION = /^(\d{1,9})(?:\.\d{1,9})?$/u;

/**
 * Checks the version. Throws SVC_EVENT_VERSION for an unknown major version, and SVC_RECORD_HEADER for a malformed one.
 * Without the header, version 1 is assumed.
 */
function checkVersion(record: RawRecord): void {
  const version = record.headers.get(HEADER.eventVersion)?.toString("utf8") ?? EVENT_VERSION;
  const major = VERSION.exec(version)?.[1];
  if (major === undefined)
    throw new ServiceError("SVC_RECORD_HEADER", `${HEADER.eventVersion} "${version.slice(0, 80)}" is not a version`, {
      permanent: true,
    });
  if (Number(major) !== Number(EVENT_VERSION)) {
    throw new ServiceError(
      "SVC_EVENT_VERSION",
      `${eventTypeOf(record) ?? "the event"} has version ${version}, this service knows ${EVENT_VERSION}`,
      { permanent: true },
    );
  }
}

/** Reads and checks the envelope; throws SVC_RECORD_HEADER, SVC_EVENT_VERSION (permanent). */
export function readEnvelope(record: RawRecord): Envelope {
  // This check comes first: another version may have other headers.
  checkVersion(record);
  const missing: string[] = [HEADER.eventId, HEADER.eventType, HEADER.occurredAt, HEADER.correlationId].filter(
    (name) => !record.headers.has(name),
  );
  if (record.key === undefined) missing.push("the key");
  if (missing.length > 0) {
    throw new ServiceError("SVC_RECORD_HEADER", `missing: ${missing.join(", ")}`, { permanent: true });
  }
  const text = (name: string): string => record.headers.get(name)?.toString("utf8") ?? "";
  const id = text(HEADER.eventId);
  if (!isUuid(id))
    throw new ServiceError("SVC_RECORD_HEADER", `${HEADER.eventId} "${id.slice(0, 80)}" is not a UUID`, {
      permanent: true,
    });
  // Any time is accepted, past or future: producers' clocks are only displayed, never trusted.
  if (Number.isNaN(Date.parse(text(HEADER.occurredAt)))) {
    throw new ServiceError(
      "SVC_RECORD_HEADER",
      `${HEADER.occurredAt} "${text(HEADER.occurredAt).slice(0, 80)}" is not a time`,
      { permanent: true },
    );
  }
  return {
    id,
    type: text(HEADER.eventType),
    key: record.key?.toString("utf8") ?? "",
    occurredAt: text(HEADER.occurredAt),
    correlationId: text(HEADER.correlationId),
    trace: parseTraceparent(record.headers.get(HEADER.traceparent)?.toString("utf8")),
  };
}
