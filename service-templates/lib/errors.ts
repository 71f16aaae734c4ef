/**
 * The catalogue of errors of the service library. Each error has a stable code, a message with the wrong value, and a
 * fix. Codes appear in logs, in dead-letter records (`dlt-error-code`) and in metrics, so they are never renamed.
 */

/** Every code with its fix. */
export const ERRORS = {
  SVC_CONFIG_INVALID: "Set or correct the named variables; the platform sets them from the service's template.yaml.",
  SVC_CONTRACT_INVALID: "KAFKA_CONTRACT_FILE must hold the JSON of this service's contract, as the plan writes it.",
  SVC_EVENT_UNDECLARED:
    "Declare the event under the topic's events and this service under its producers in topics/<domain>.yaml.",
  SVC_HANDLER_MISSING:
    "Add a handler under src/handlers/ and list it in src/service.ts, or drop the event from topics/<domain>.yaml.",
  SVC_SCHEMA_UNREADABLE: "The schema file named in the contract must exist below SCHEMAS_DIR and be an Avro record.",
  SVC_EVENT_INVALID: "Make the event's payload match its Avro schema.",
  SVC_RECORD_HEADER:
    "Producers set the envelope headers (event-id, event-type, event-version, occurred-at, correlation-id).",
  SVC_EVENT_VERSION:
    "The producer writes a version of the event that this service does not know: deploy a consumer that does, then replay.",
  SVC_RECORD_FRAMING:
    "The value must be in the Confluent wire format: a zero byte, a four-byte schema id, the Avro body.",
  SVC_RECORD_SCHEMA_UNKNOWN: "Register the writer's schema; an id that the registry does not know cannot be decoded.",
  SVC_RECORD_SCHEMA_INCOMPATIBLE:
    "The writer's schema cannot be read with this service's schema: evolve it compatibly and replay.",
  SVC_RECORD_BODY: "The Avro body does not match the schema its id names: the producer wrote other bytes.",
  SVC_REGISTRY_UNAVAILABLE: "Check the schema registry; work goes on with known schemas and resumes by itself.",
  SVC_REGISTRY_SCHEMA_MISSING: "Register the schema under its subject (the platform does so on `kit up`).",
  SVC_CLAIM_REFERENCE:
    "The record refers to stored content that this service may not read, or not in a producer's form. A forged reference is the producer's; else add the event to fetches of this consumer in topics/<domain>.yaml.",
  SVC_CLAIM_MISSING:
    "The stored content is gone: restore it from a backup of the store and replay, or discard the record.",
  SVC_CLAIM_ALTERED:
    "The stored content is not what the producer stored: restore it from a backup of the store and replay, or discard the record.",
  SVC_CLAIM_TOO_LARGE: "Refuse such content where it comes in, or raise atMost of the event's claimCheck.",
  SVC_CLAIM_SKIPPED: "Call claimChecks.store with the event before the transaction, and add what it gives back.",
  SVC_CLAIM_STORE_UNAVAILABLE:
    "Check the store of claim checks, its credentials and bucket; work that needs it waits and resumes by itself.",
  SVC_PUBLISH_UNAVAILABLE: "Check the brokers; events wait in the outbox and are published when the brokers answer.",
  SVC_PUBLISH_TOO_LARGE:
    "The record is larger than the topic's max.message.bytes: raise maxMessage in topics/<domain>.yaml and retry, or discard it.",
  SVC_PUBLISH_TOPIC_MISSING: "Create the topic (the platform does so on `kit up`), then retry.",
  SVC_PUBLISH_DENIED: "Declare this service under the topic's producers in topics/<domain>.yaml, apply it, then retry.",
  SVC_PUBLISH_REFUSED:
    "The broker does not accept this record; see the message. Mend the cause and retry, or discard it.",
  SVC_BATCH_OVERTAKEN: "Another instance wrote the same rows meanwhile; the batch is repeated and sees them.",
  SVC_HANDLER_FAILED: "See the cause; replay the dead-letter record after the fix.",
  SVC_STATEMENT_TIMEOUT:
    "The record's statement took longer than its limit (15 s), each time: look for a missing index or too much data of one key, then replay.",
  SVC_PROVIDER_UNAVAILABLE: "The external provider did not answer; the call is repeated with the same idempotency key.",
  SVC_START_FAILED: "See the cause; the process ends so that its supervisor starts it again.",
} as const;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS;

/**
 * An error of the service library. It has the shape of the kit's coded errors (code, message, fix), but a class of its
 * own, because services contain no code of the kit. A `permanent` error is not worth a retry with the same input.
 */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  /** How to fix the error. */
  readonly fix: string;
  /** True if the same input always fails, so that the record becomes a dead-letter record at once. */
  readonly permanent: boolean;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; permanent?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ServiceError";
    this.code = code;
    this.fix = ERRORS[code];
    this.permanent = options.permanent ?? false;
  }
}

/**
 * Returns the message of any thrown value. A connection that was refused at every address of a name has no message of
 * its own.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
