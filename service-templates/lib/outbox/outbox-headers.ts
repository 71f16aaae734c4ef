/**
 * Headers of a record as the outbox stores them: JSON with base64 for bytes that are not text, so that they are
 * published unchanged.
 */
import { isUtf8 } from "node:buffer";

/** Headers by name: text, or bytes that are not text. */
export type RecordHeaders = Readonly<Record<string, string | Buffer>>;
/** The same headers as JSON. */
export type StoredHeaders = Readonly<Record<string, string | { readonly base64: string }>>;

/** Returns a header's value: text if the bytes are UTF-8 that PostgreSQL can store (without NUL), otherwise the bytes. */
export function headerValue(bytes: Buffer): string | Buffer {
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString("utf8") : bytes;
}

/** Returns a header as readable text; undefined if there is none. */
export function headerText(value: string | Buffer | undefined): string | undefined {
  return typeof value === "object" ? value.toString("utf8").replaceAll("\u0000", "\ufffd") : value;
}

/** Returns the JSON of headers. */
export function storedHeaders(headers: RecordHeaders): string {
  const stored: readonly (readonly [string, StoredHeaders[string]])[] = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === "string" ? value : { base64: value.toString("base64") },
  ]);
  return JSON.stringify(Object.fromEntries(stored));
}

/** Returns the headers from their parsed JSON. */
export function restoredHeaders(stored: StoredHeaders): RecordHeaders {
  // Most records have only text: then nothing is copied.
  if (Object.values(stored).every((value) => typeof value === "string"))
    return stored as Readonly<Record<string, string>>;
  return Object.fromEntries(
    Object.entries(stored).map(([name, value]) => [
      name,
      typeof value === "string" ? value : Buffer.from(value.base64, "base64"),
    ]),
  );
}
