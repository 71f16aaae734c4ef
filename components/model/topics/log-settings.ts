import * as z from "zod";
import { durationUnits, parseDuration } from "../values/duration.ts";
import { quantity, retention } from "../values/field-types.ts";
import { parseSize, sizeUnits } from "../values/size.ts";

/*
 * Settings of a topic's log: when segments are closed and deleted, compaction, and tiered storage. Limits are Kafka's
 * own. Where Kafka has none, they are what brokers can handle.
 */

const duration = (description: string) => quantity(durationUnits, parseDuration, description);

/**
 * Minimum age of a segment in ms. Below it, brokers hold more open files without a benefit, because they delete only
 * every 5 minutes.
 */
export const leastSegmentAge = 60_000;
/** Maximum age of a segment in ms. */
export const mostSegmentAge = 365 * 86_400_000;
/** Minimum size of a segment in bytes in Kafka 4. */
export const leastSegmentSize = 2 ** 20;
/** Maximum size of a segment in bytes. Kafka stores it in 31 bits. */
export const mostSegmentSize = 2e9;
/** Minimum share of a log that must await compaction. Below it, the log cleaner would run all the time. */
export const leastDirtyRatio = 0.01;

/** Kafka's three states of tiered storage, which copies closed segments to an object store. */
export const remoteStorageStates = ["enabled", "read-only", "disabled"] as const;

/** Fields of a topic for its log settings. */
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
