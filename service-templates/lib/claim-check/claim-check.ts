/**
 * Claim checks: content above a declared size is stored outside Kafka, and the event has its reference, size and
 * SHA-256 in headers. A producer calls `store` before its transaction. If the transaction is rolled back, the stored
 * content is unreferenced, and the clean-up removes it (cleanup.ts). A consumer reads a field with `read` when it needs
 * it; a stored body is fetched before the event is decoded. The consumer waits for a store that is unavailable. A wrong
 * reference, object or hash is a fault of the record.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Contract, PublishedEvent } from "../contract.ts";
import { messageOf, ServiceError } from "../errors.ts";
import type { Codec } from "../events/codec.ts";
import { frame, unframe } from "../events/codec.ts";
import type { NewEvent, ReceivedEvent } from "../events/envelope.ts";
import type { ClaimReference } from "./reference.ts";
import { newClaimKey, parseClaimKey } from "./reference.ts";
import type { ClaimCheckStore } from "./store.ts";

export interface ClaimChecks {
  /**
   * Stores the content of an event that is above its threshold. Returns the event to publish; it is the same event if
   * nothing was stored. Call it before the transaction that adds the event to the outbox. Throws SVC_CLAIM_TOO_LARGE
   * (permanent), SVC_CLAIM_STORE_UNAVAILABLE.
   */
  store<Event extends NewEvent>(event: Event): Promise<Event & Pick<NewEvent, "claim">>;
  /**
   * Returns the bytes of a field of a received event, from the event or the store; undefined if the event has none.
   * Throws SVC_CLAIM_REFERENCE, SVC_CLAIM_MISSING, SVC_CLAIM_ALTERED (permanent), SVC_CLAIM_STORE_UNAVAILABLE.
   */
  read(event: Pick<ReceivedEvent, "type" | "payload" | "claim" | "source">, field: string): Promise<Buffer | undefined>;
  /** Returns the value of a record in the wire format; fetches the body if it is stored. Throws the same errors as `read`. */
  value(topic: string, value: Buffer, claim: ClaimReference | undefined): Promise<Buffer>;
}

/** Result of a request to the store: done, missing, altered, unavailable. */
export type ClaimOutcome = "done" | "missing" | "altered" | "unavailable";

export interface ClaimCheckOptions {
  readonly contract: Pick<Contract, "service" | "claimChecks">;
  readonly codec: Pick<Codec, "published" | "body">;
  /** Undefined if the contract declares nothing to store or fetch. */
  readonly store: ClaimCheckStore | undefined;
  readonly clock: Clock;
  /** Called for each request with its result and its seconds. */
  readonly onRequest: (operation: "store" | "fetch", outcome: ClaimOutcome, seconds: number) => void;
}

export function claimChecks({ contract, codec, store, clock, onRequest }: ClaimCheckOptions): ClaimChecks {
  const fetches = new Map(contract.claimChecks?.fetches.map((topic) => [topic.topic, topic]));

  async function put(event: NewEvent, { topic, claimCheck }: PublishedEvent, content: Buffer): Promise<ClaimReference> {
    const atMost = claimCheck?.atMost ?? 0;
    if (content.length > atMost) {
      throw new ServiceError(
        "SVC_CLAIM_TOO_LARGE",
        `${event.type} of ${event.key} has content of ${content.length} bytes, its claimCheck allows ${atMost}`,
        { permanent: true },
      );
    }
    const key = newClaimKey(topic, contract.service, clock);
    await asked("store", `${key} of ${event.type}`, async () => ({
      outcome: "done",
      result: await opened().put(key, content),
    }));
    return {
      key,
      size: content.length,
      sha256: sha256Of(content),
      ...(claimCheck?.field === undefined ? {} : { field: claimCheck.field }),
    };
  }

  async function fetchContent(topic: string, { key, size, sha256 }: ClaimReference): Promise<Buffer> {
    const allowed = fetches.get(topic);
    const parts = parseClaimKey(key);
    if (allowed === undefined) throw refused(`${contract.service} is not declared to fetch what of ${topic} is stored`);
    if (parts?.topic !== topic || !allowed.producers.includes(parts.producer))
      throw refused(`${key} was not stored by a producer of ${topic}`);
    if (size > allowed.atMost)
      throw refused(`${key} is said to have ${size} bytes, the claimCheck of ${topic} allows ${allowed.atMost}`);
    const content = await asked("fetch", key, async () => {
      const found = await opened().get(key, size);
      return {
        outcome:
          found === undefined ? "missing" : found.length === size && sha256Of(found) === sha256 ? "done" : "altered",
        result: found,
      };
    });
    if (content === undefined)
      throw new ServiceError("SVC_CLAIM_MISSING", `the store has no object ${key}`, { permanent: true });
    if (content.length !== size)
      throw altered(
        key,
        `${content.length > size ? "more than " : ""}${Math.min(content.length, size)} bytes instead of ${size}`,
      );
    const actual = sha256Of(content);
    if (actual !== sha256) throw altered(key, `SHA-256 ${actual} instead of ${sha256}`);
    return content;
  }

  /** Runs one request to the store and counts it. Any error counts as an outage: the record is not at fault. */
  async function asked<T>(
    operation: "store" | "fetch",
    what: string,
    work: () => Promise<{ outcome: ClaimOutcome; result: T }>,
  ): Promise<T> {
    const begun = performance.now();
    const count = (outcome: ClaimOutcome): void => onRequest(operation, outcome, (performance.now() - begun) / 1_000);
    try {
      const { outcome, result } = await work();
      count(outcome);
      return result;
    } catch (error) {
      count("unavailable");
      throw new ServiceError(
        "SVC_CLAIM_STORE_UNAVAILABLE",
        `${operation} ${what}: ${messageOf(error) || String(error)}`,
        { cause: error },
      );
    }
  }

  function opened(): ClaimCheckStore {
    if (store === undefined) throw new Error("no store is configured");
    return store;
  }

  return {
    async store(event) {
      const declared = codec.published(event.type);
      const { claimCheck } = declared;
      if (claimCheck === undefined || event.claim !== undefined) return event;
      if (claimCheck.field === undefined) {
        const body = codec.body(event.type, event.payload);
        return body.length <= claimCheck.above ? event : { ...event, claim: await put(event, declared, body) };
      }
      const content = bytesAt(event.payload, claimCheck.field);
      if (content === undefined || content.length <= claimCheck.above) return event;
      const payload = without(event.payload, claimCheck.field);
      // Errors in the rest of the payload are found before anything is stored.
      codec.body(event.type, payload);
      return { ...event, payload, claim: await put(event, declared, content) };
    },

    async read(event, field) {
      const inline = bytesAt(event.payload, field);
      if (inline !== undefined || event.claim?.field !== field) return inline;
      return fetchContent(event.source.topic, event.claim);
    },

    async value(topic, value, claim) {
      if (claim === undefined || claim.field !== undefined) return value;
      return frame(unframe(value).schemaId, await fetchContent(topic, claim));
    },
  };
}

/** Throws SVC_CLAIM_SKIPPED (permanent) if an event above its threshold was not stored before its transaction. */
export function requireStored(event: NewEvent, { claimCheck }: PublishedEvent, bodyBytes: number): void {
  if (claimCheck === undefined || event.claim !== undefined) return;
  const size = claimCheck.field === undefined ? bodyBytes : (bytesAt(event.payload, claimCheck.field)?.length ?? 0);
  if (size <= claimCheck.above) return;
  throw new ServiceError(
    "SVC_CLAIM_SKIPPED",
    `${event.type} of ${event.key} has content of ${size} bytes, above the ${claimCheck.above} of its claimCheck`,
    { permanent: true },
  );
}

/** Returns the bytes of a field; undefined if the field, or a record on its path, is null. */
export function bytesAt(payload: object, field: string): Buffer | undefined {
  let value: unknown = payload;
  for (const name of field.split("."))
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return Buffer.isBuffer(value) ? value : undefined;
}

/** Returns a copy of the payload with null instead of the field. */
function without(payload: object, field: string): object {
  const [first = "", ...rest] = field.split(".");
  const fields: Readonly<Record<string, unknown>> = { ...payload };
  const inner = fields[first];
  const left = rest.length > 0 && typeof inner === "object" && inner !== null ? without(inner, rest.join(".")) : null;
  return { ...fields, [first]: left };
}

function sha256Of(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function refused(message: string): ServiceError {
  return new ServiceError("SVC_CLAIM_REFERENCE", message, { permanent: true });
}

function altered(key: string, message: string): ServiceError {
  return new ServiceError("SVC_CLAIM_ALTERED", `the object ${key} has ${message}`, { permanent: true });
}
