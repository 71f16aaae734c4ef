/** Headers of a record as the outbox keeps them: JSON, in which bytes that are no text stand in base64. So they go out as they came. */
import { isUtf8 } from "node:buffer";

/** Headers by name: text, or bytes that are no text. */
export type RecordHeaders = Readonly<Record<string, string | Buffer>>;
/** The same as JSON. */
export type StoredHeaders = Readonly<Record<string, string | { readonly base64: string }>>;

/** A header's value: text where the bytes are UTF-8 that PostgreSQL can store (it takes no NUL), else the bytes. */
export function headerValue(bytes: Buffer): string | Buffer {
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString("utf8") : bytes;
}

/** A header as text for people; undefined where there is none. */
export function headerText(value: string | Buffer | undefined): string | undefined {
  return typeof value === "object" ? value.toString("utf8").replaceAll("\u0000", "\ufffd") : value;
}

/** The JSON of headers. */
export function storedHeaders(headers: RecordHeaders): string {
  const stored: readonly (readonly [string, StoredHeaders[string]])[] = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === "string" ? value : { base64: value.toString("base64") },
  ]);
  return JSON.stringify(Object.fromEntries(stored));
}

/** Headers from their JSON, parsed. */
export function restoredHeaders(stored: StoredHeaders): RecordHeaders {
  // Most records have text alone: then nothing is copied.
  if (Object.values(stored).every((value) => typeof value === "string"))
    return stored as Readonly<Record<string, string>>;
  return Object.fromEntries(
    Object.entries(stored).map(([name, value]) => [
      name,
      typeof value === "string" ? value : Buffer.from(value.base64, "base64"),
    ]),
  );
}
