/**
 * References of claim checks: where stored content lies, in the headers of the record that has none of it. A reference
 * names a key inside the store that the service is configured with, never a server or a path, so a forged one leads
 * nowhere else: its parts are checked one by one, and the topic and producer against the contract.
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
  /** Of the content, 64 hexadecimal digits in lower case. */
  sha256: "claim-check-sha256",
  /** Path of the field that is null in the record; absent: the record has no body. */
  field: "claim-check-field",
} as const;

/** Where stored content lies, and how it is told that it is the same. */
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
  /** Day on which it was stored, UTC, as `2027-01-31`. */
  readonly day: string;
}

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,248}$/u;
const DAY = /^\d{4}-\d{2}-\d{2}$/u;
const FIELD = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/u;

/** A new key. The day stands in front of the id, so that a listing begins with what is oldest. */
export function newClaimKey(topic: string, producer: string, clock: Clock): string {
  return `${topic}/${producer}/${new Date(clock()).toISOString().slice(0, 10)}/${uuidV7(clock)}`;
}

/** The parts of a key; undefined when it is none. Nothing that it accepts can leave its folder. */
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

/** The headers that carry a reference. */
export function claimHeaders({ key, size, sha256, field }: ClaimReference): Record<string, string> {
  return {
    [CLAIM_HEADER.key]: key,
    [CLAIM_HEADER.size]: String(size),
    [CLAIM_HEADER.sha256]: sha256,
    ...(field === undefined ? {} : { [CLAIM_HEADER.field]: field }),
  };
}

/** Whether the record says that content of it is stored. */
export function hasClaim(headers: RawRecord["headers"]): boolean {
  return headers.has(CLAIM_HEADER.key);
}

/** The reference in a record's headers; undefined where there is none. Throws SVC_CLAIM_REFERENCE (permanent) for one that is malformed. */
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
