/** Splits records into requests whose record batches stay below what a broker takes. */

import type { OutgoingRecord } from "./kafka.ts";
import { partitionKey } from "./partition-name.ts";

/** Most that a record needs beside its key, value and headers: lengths, deltas, attributes. */
const RECORD_OVERHEAD = 30;
/** Lengths of a header's name and value. */
const HEADER_OVERHEAD = 10;
/** What a record batch needs beside its records. */
const BATCH_OVERHEAD = 128;

/** Bytes of a record in a batch that is not compressed, never too few. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers))
    bytes += HEADER_OVERHEAD + Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}

/**
 * Requests to be sent one after the other. In each, a partition's records stay within its limit unless it is one
 * record that is larger by itself; the records of a partition keep their order.
 * @param partitions - Each record's partition within its topic.
 * @param limit - Bytes of a record batch before compression.
 * @returns places of records, per request.
 */
export function packRequests(
  records: readonly OutgoingRecord[],
  partitions: readonly number[],
  limit: number,
): readonly (readonly number[])[] {
  const requests: number[][] = [];
  /** Per partition the last request that has records of it, and how many bytes they take. */
  const filled = new Map<string, { request: number; bytes: number }>();
  for (const [place, record] of records.entries()) {
    const name = partitionKey({ topic: record.topic, partition: partitions[place] ?? 0 });
    const bytes = recordBytes(record);
    const last = filled.get(name) ?? { request: 0, bytes: BATCH_OVERHEAD };
    const fits = last.bytes === BATCH_OVERHEAD || last.bytes + bytes <= limit;
    const next = fits
      ? { request: last.request, bytes: last.bytes + bytes }
      : { request: last.request + 1, bytes: BATCH_OVERHEAD + bytes };
    filled.set(name, next);
    (requests[next.request] ??= []).push(place);
  }
  return requests;
}
