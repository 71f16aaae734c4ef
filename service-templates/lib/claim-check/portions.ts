/** Limits how much stored content a batch can load into memory at once. */
import type { BatchProcessor } from "../consumer/batch.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import { CLAIM_HEADER, hasClaim } from "./reference.ts";

/** Stored content of one portion in bytes. A single record may have more, up to the limit of its claimCheck. */
const PORTION_BYTES = 16 * 2 ** 20;

/** Processes a batch in portions, one after the other. The records of a portion refer to at most this many bytes. */
export function inPortions(process: BatchProcessor, most = PORTION_BYTES): BatchProcessor {
  return async (records, signal) => {
    for (const portion of portionsOf(records, most)) await process(portion, signal);
  };
}

/** Splits records, in their order. Most batches need no split. */
export function portionsOf(records: readonly RawRecord[], most: number): readonly (readonly RawRecord[])[] {
  if (!records.some(({ headers }) => hasClaim(headers))) return [records];
  const portions: RawRecord[][] = [];
  let left = 0;
  for (const record of records) {
    const size = claimedBytes(record);
    if (portions.length === 0 || size > left) {
      portions.push([]);
      left = most;
    }
    portions.at(-1)?.push(record);
    left -= size;
  }
  return portions;
}

/** Returns the size in the header, which is checked when the content is read; a value that is not a number is refused then. */
function claimedBytes({ headers }: RawRecord): number {
  const size = Number(headers.get(CLAIM_HEADER.size)?.toString("utf8") ?? 0);
  return Number.isSafeInteger(size) && size > 0 ? size : 0;
}
