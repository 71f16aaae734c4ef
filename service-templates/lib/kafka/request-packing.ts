/** Splits records into requests whose record batches stay below the broker's limit. */

import type { OutgoingRecord } from "./kafka.ts";
import { partitionKey } from "./partition-name.ts";

/** Upper bound for a record's bytes in addition to its key, value and headers: lengths, deltas, attributes. */
const RECORD_OVERHEAD = 30;
/** Upper bound for the lengths of a header's name and value. */
const HEADER_OVERHEAD = 10;
/** Upper bound for a record batch's bytes in addition to its records. */
const BATCH_OVERHEAD = 128;

/** Returns an upper bound for the bytes of a record in an uncompressed batch. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers))
    bytes += HEADER_OVERHEAD + Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}

/**
 * Returns requests to send one after the other. In each, the records of a partition stay within the limit, unless a
 * single record is larger. The records of a partition keep their order.
 * @param partitions - Each record's partition within its topic.
 * @param limit - Bytes of a record batch before compression.
 * @returns indexes of records, per request.
 */
export function packRequests(
  records: readonly OutgoingRecord[],
  partitions: readonly number[],
  limit: number,
): readonly (readonly number[])[] {
  const requests: number[][] = [];
  /** Per partition: the last request that contains its records, and their bytes. */
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
