/**
 * References of claim checks: the location of stored content, in the headers of the record without that content. A
 * reference names a key in the configured store, never a server or a path, so a forged reference cannot lead elsewhere:
 * each part is checked, and the topic and producer are checked against the contract.
 */
import type { Clock } from "../clock.ts";
import { ServiceError } from "../errors.ts";
import { isUuid, uuidV7 } from "../ids.ts";
import type { RawRecord } from "../kafka/raw-record.ts";

/** Names of the headers. Values are UTF-8. */
export const CLAIM_HEADER = {
  /** Key in the store: `<topic>/<producer>/<day>/<uuid>`. */
  key: "claim-check-key",
  /** Bytes, decimal. */
  size: "claim-check-size",
  /** SHA-256 of the content, 64 hexadecimal digits in lower case. */
  sha256: "claim-check-sha256",
  /** Path of the field that is null in the record; absent: the record has no body. */
  field: "claim-check-field",
} as const;

/** Location of stored content, and the values that verify it. */
export interface ClaimReference {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Absent: the whole body is stored. */
  readonly field?: string;
}

/** The parts of a key. */
export interface ClaimKey {
  readonly topic: string;
  readonly producer: string;
  /** Day of storage, UTC, as `2027-01-31`. */
  readonly day: string;
}

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,248}$/u;
const DAY = /^\d{4}-\d{2}-\d{2}$/u;
const FIELD = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/u;

/** Returns a new key. The day precedes the id, so that a listing begins with the oldest content. */
export function newClaimKey(topic: string, producer: string, clock: Clock): string {
  return `${topic}/${producer}/${new Date(clock()).toISOString().slice(0, 10)}/${uuidV7(clock)}`;
}

/** Returns the parts of a key; undefined if it is not a key. An accepted key cannot lead out of its folder. */
export function parseClaimKey(key: string): ClaimKey | undefined {
  const [topic = "", producer = "", day = "", id = "", ...more] = key.split("/");
  const good =
    more.length === 0 &&
    SEGMENT.test(topic) &&
    SEGMENT.test(producer) &&
    DAY.test(day) &&
    !Number.isNaN(Date.parse(day)) &&
    isUuid(id);
  return good ? { topic, producer, day } : undefined;
}

/** Returns the headers of a reference. */
export function claimHeaders({ key, size, sha256, field }: ClaimReference): Record<string, string> {
  return {
    [CLAIM_HEADER.key]: key,
    [CLAIM_HEADER.size]: String(size),
    [CLAIM_HEADER.sha256]: sha256,
    ...(field === undefined ? {} : { [CLAIM_HEADER.field]: field }),
  };
}

/** Returns whether the headers contain a reference. */
export function hasClaim(headers: RawRecord["headers"]): boolean {
  return headers.has(CLAIM_HEADER.key);
}

/**
 * Returns the reference in a record's headers; undefined if there is none. Throws SVC_CLAIM_REFERENCE (permanent) for a
 * malformed reference.
 */
export function readClaim(headers: RawRecord["headers"]): ClaimReference | undefined {
  if (!hasClaim(headers)) return undefined;
  const text = (name: string): string => headers.get(name)?.toString("utf8") ?? "";
  const key = text(CLAIM_HEADER.key);
  const size = text(CLAIM_HEADER.size);
  const sha256 = text(CLAIM_HEADER.sha256);
  const field = headers.has(CLAIM_HEADER.field) ? text(CLAIM_HEADER.field) : undefined;
  if (parseClaimKey(key) === undefined) throw malformed(CLAIM_HEADER.key, key);
  if (!/^\d{1,10}$/u.test(size)) throw malformed(CLAIM_HEADER.size, size);
  if (!/^[0-9a-f]{64}$/u.test(sha256)) throw malformed(CLAIM_HEADER.sha256, sha256);
  if (field !== undefined && !FIELD.test(field)) throw malformed(CLAIM_HEADER.field, field);
  return { key, size: Number(size), sha256, ...(field === undefined ? {} : { field }) };
}

function malformed(header: string, value: string): ServiceError {
  return new ServiceError(
    "SVC_CLAIM_REFERENCE",
    `${header} ${JSON.stringify(value.slice(0, 80))} is not what a producer writes`,
    { permanent: true },
  );
}
