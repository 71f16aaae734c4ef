/**
 * Identifiers: time-ordered ones for events and orders, and derived ones for operations whose repetition must get the
 * same id.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import { ServiceError } from "./errors.ts";

/** 16 random bytes. */
export type RandomBytes = () => Buffer;
const systemBytes: RandomBytes = () => randomBytes(16);

/**
 * Returns a UUID version 7 (RFC 9562): 48 bits of milliseconds, then random bits. It suits indexes because it grows
 * with time.
 */
export function uuidV7(clock: Clock = systemClock, bytes: RandomBytes = systemBytes): string {
  const raw = bytes();
  raw.writeUIntBE(clock(), 0, 6);
  return format(raw, 0x70);
}

/** Returns a UUID version 8 derived from text: the same parts always give the same id. */
export function derivedUuid(...parts: readonly string[]): string {
  const raw = createHash("sha256").update(parts.join("\u0000")).digest().subarray(0, 16);
  return format(Buffer.from(raw), 0x80);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u;

/** Returns whether the text is a UUID in its canonical lower-case form, of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Returns a field of an event that must be a UUID in its canonical form; throws SVC_EVENT_INVALID (permanent) with its name. */
export function requiredUuid(value: unknown, field: string): string {
  if (typeof value === "string" && isUuid(value)) return value;
  throw new ServiceError(
    "SVC_EVENT_INVALID",
    `${field} ${JSON.stringify(value)?.slice(0, 80) ?? "is missing and"} is not a UUID in lower case`,
    { permanent: true },
  );
}

function format(raw: Buffer, version: number): string {
  raw[6] = ((raw[6] ?? 0) & 0x0f) | version;
  raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
  const hex = raw.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
