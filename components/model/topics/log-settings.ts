import * as z from "zod";
import { durationUnits, parseDuration } from "../values/duration.ts";
import { quantity, retention } from "../values/field-types.ts";
import { parseSize, sizeUnits } from "../values/size.ts";

/*
 * How a topic's log is kept: what closes a segment, what deletes it, what compaction does to it, where it lies. Limits are
 * Kafka's own, and where Kafka has none, what brokers can bear.
 */

const duration = (description: string) => quantity(durationUnits, parseDuration, description);

/** Shortest age of a segment in ms: below it the files that brokers hold open multiply for nothing, as they delete every 5 minutes. */
export const leastSegmentAge = 60_000;
/** Longest age of a segment in ms. */
export const mostSegmentAge = 365 * 86_400_000;
/** Smallest segment in bytes that Kafka 4 takes. */
export const leastSegmentSize = 2 ** 20;
/** Largest segment in bytes; Kafka counts them in 31 bits. */
export const mostSegmentSize = 2e9;
/** Least share of a log that has to wait for compaction: below it the cleaner would never rest. */
export const leastDirtyRatio = 0.01;

/** Where a topic's closed segments are copied to; Kafka's three states of tiered storage. */
export const remoteStorageStates = ["enabled", "read-only", "disabled"] as const;

/** Fields of a topic that say how its log is kept. */
export const logSettings = {
  retention: retention.optional(),
  retentionBytes: quantity(
    sizeUnits,
    parseSize,
    "Size above which a partition's oldest records are dropped. Default: no limit.",
  ).optional(),
  cleanup: z
    .enum(["delete", "compact", "compact,delete"])
    .meta({ description: "What happens to old records. Default: delete.", examples: ["compact"] })
    .optional(),
  segmentAge: duration(
    "Age at which a segment is closed. Kafka deletes and compacts closed segments only, so a record is kept for up to this much longer than its retention. Default: a sixth of the retention, 5m to 7d.",
  )
    .refine((age) => age >= leastSegmentAge && age <= mostSegmentAge, {
      error: "segmentAge must lie between 1m and 365d",
    })
    .optional(),
  segmentSize: quantity(
    sizeUnits,
    parseSize,
    "Size at which a segment is closed. Default: a sixth of retentionBytes, 1MiB to 1GiB; 1GiB without retentionBytes.",
  )
    .refine((size) => size >= leastSegmentSize && size <= mostSegmentSize, {
      error: "segmentSize must lie between 1MiB and 2GB",
    })
    .optional(),
  tombstoneRetention: duration(
    "How long a compacted topic keeps the record that deletes a key. Default: the brokers', 1d.",
  ).optional(),
  minCompactionLag: duration(
    "Age below which compaction leaves a record alone, so that consumers that lag less see every record. Default: 0ms.",
  ).optional(),
  maxCompactionLag: duration(
    "Age at which a record is compacted at the latest, whatever dirtyRatio says. Default: no limit.",
  )
    .refine((lag) => lag > 0, { error: "maxCompactionLag must be above zero" })
    .optional(),
  dirtyRatio: z
    .number()
    .min(leastDirtyRatio)
    .max(1)
    .meta({
      description:
        "Share of a partition's log that must wait for compaction before it starts, 0.01 to 1. Lower: less disk, more work for brokers. Default: the brokers', 0.5.",
      examples: [0.5],
    })
    .optional(),
  timestampType: z
    .enum(["CreateTime", "LogAppendTime"])
    .meta({
      description:
        "What a record's timestamp is: when its producer made it, or when the broker stored it. Retention counts from it. Default: CreateTime.",
      examples: ["LogAppendTime"],
    })
    .optional(),
  remoteStorage: z
    .enum(remoteStorageStates)
    .meta({
      description:
        "Tiered storage, in environments whose stack declares it: enabled copies closed segments to it; read-only copies no more; disabled deletes the copied segments. Default: none.",
      examples: ["enabled"],
    })
    .optional(),
  localRetention: duration(
    "How long brokers keep a record on their own disks with remoteStorage: enabled. Default: the retention.",
  )
    .refine((age) => age > 0, { error: "localRetention must be above zero" })
    .optional(),
  localRetentionBytes: quantity(
    sizeUnits,
    parseSize,
    "Size of a partition on the broker's own disk with remoteStorage: enabled. Default: retentionBytes.",
  )
    .refine((size) => size > 0, { error: "localRetentionBytes must be above zero" })
    .optional(),
};
