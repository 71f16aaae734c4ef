/*
 * A partition's log is a row of segments. Kafka appends to the last one and deletes or compacts the closed ones, each as a
 * whole: a record goes once the newest record of its segment has expired. So the size of segments decides how far
 * retention is overshot. Kafka's own defaults (7 d, 1 GiB) keep the records of a slow topic with `retention: 1h` for a week.
 */

/**
 * Segments that a retention is divided into. With `n` a partition has at most `n + 1` of them by age, each with two memory
 * maps: 4,000 partition replicas, the most that a broker holds by default, then need 56,000 of the 65,530 that Linux
 * gives a process. Seven would need 64,000 and leave nothing for libraries and for segments that await deletion.
 */
export const segmentsPerRetention = 6;
/** How often brokers look for what is to be deleted, in ms: `log.retention.check.interval.ms`. Finer segments would bring nothing. */
export const retentionCheck = 5 * 60_000;
/** How long a deleted segment stays on disk, in ms: `file.delete.delay.ms`. */
export const fileDeleteDelay = 60_000;
/** Largest derived age in ms, and that of topics without an end by time: Kafka's default. */
export const longestSegment = 7 * 86_400_000;
/** Largest derived size in bytes, and that of partitions without a limit: Kafka's default. */
export const largestSegment = 2 ** 30;
/** Smallest size in bytes that Kafka takes. */
const smallestSegment = 2 ** 20;
const minute = 60_000;

/** What decides when a segment is closed. */
export interface LogBounds {
  readonly cleanup: string;
  /** Milliseconds; -1: no end. */
  readonly retention: number;
  /** Bytes and partition; undefined: no limit. */
  readonly retentionBytes?: number | undefined;
  /** Largest record batch in bytes. */
  readonly maxMessage: number;
  /** As declared, in ms. */
  readonly segmentAge?: number | undefined;
  /** As declared, in bytes. */
  readonly segmentSize?: number | undefined;
}

/** `segment.ms`: as declared, but never longer than the retention; else a sixth of the retention in whole minutes, 5 m to 7 d. */
export function segmentMs({ cleanup, retention, segmentAge }: LogBounds): number {
  const ends = cleanup.includes("delete") && retention >= 0;
  if (segmentAge !== undefined) return ends ? Math.min(segmentAge, Math.max(retention, minute)) : segmentAge;
  if (!ends) return longestSegment;
  return Math.min(
    longestSegment,
    Math.max(retentionCheck, Math.ceil(retention / segmentsPerRetention / minute) * minute),
  );
}

/** `segment.bytes`: as declared, else a sixth of the size that a partition is kept to, 1 MiB to 1 GiB. One batch always fits. */
export function segmentBytes({ cleanup, retentionBytes, maxMessage, segmentSize }: LogBounds): number {
  if (segmentSize !== undefined) return segmentSize;
  if (!cleanup.includes("delete") || retentionBytes === undefined || retentionBytes < 0) return largestSegment;
  return Math.min(
    largestSegment,
    Math.max(smallestSegment, maxMessage, Math.ceil(retentionBytes / segmentsPerRetention)),
  );
}

type Config = Readonly<Record<string, string>>;

/**
 * Longest time in ms for which a topic's record can be read: its retention, what its segment stays open for after it, and
 * the time until brokers look. Undefined where time sets no end. It holds for timestamps that are right: with CreateTime a
 * producer whose clock is ahead makes its records live longer by as much, at most 1 h by Kafka's default.
 */
export function longestKept(config: Config): number | undefined {
  const retention = numberIn(config, "retention.ms", -1);
  if (!deletes(config) || retention < 0) return undefined;
  return retention + openFor(config) + retentionCheck;
}

/** Most bytes that a partition holds by its limit of size: the limit and one segment. Undefined without a limit. */
export function largestPartition(config: Config): number | undefined {
  const limit = numberIn(config, "retention.bytes", -1);
  return !deletes(config) || limit < 0 ? undefined : limit + numberIn(config, "segment.bytes", largestSegment);
}

/** Most segments that a partition has by age; undefined without an end by time. */
export function segmentsByAge(config: Config): number | undefined {
  const retention = numberIn(config, "retention.ms", -1);
  return !deletes(config) || retention < 0 ? undefined : Math.ceil(retention / openFor(config)) + 1;
}

/**
 * Bytes that a topic holds on brokers' disks once it is full, before replication: what is written during its retention,
 * one open segment of each partition, and what waits for deletion. With remote storage what is kept locally counts.
 * Undefined where nothing bounds it.
 * @param bytesPerSecond - What is written to all partitions together.
 */
export function diskBytes(config: Config, partitions: number, bytesPerSecond: number): number | undefined {
  if (!deletes(config)) return undefined;
  const tiered = config["remote.storage.enable"] === "true" && config["remote.log.copy.disable"] !== "true";
  const local = (key: string, whole: string): number => {
    const value = tiered ? numberIn(config, key, -2) : -2;
    return value < 0 ? numberIn(config, whole, -1) : value;
  };
  const written = (milliseconds: number): number => (bytesPerSecond * milliseconds) / 1_000;
  const open = Math.min(written(openFor(config)), partitions * numberIn(config, "segment.bytes", largestSegment));
  const waiting = written(retentionCheck + fileDeleteDelay);
  const retention = local("local.retention.ms", "retention.ms");
  const limit = local("local.retention.bytes", "retention.bytes");
  const byTime = retention < 0 ? Number.POSITIVE_INFINITY : written(retention) + open + waiting;
  const bySize =
    limit < 0
      ? Number.POSITIVE_INFINITY
      : partitions * (limit + numberIn(config, "segment.bytes", largestSegment)) + waiting;
  const bytes = Math.min(byTime, bySize);
  return Number.isFinite(bytes) ? bytes : undefined;
}

/** How long a segment takes records, in ms. A compaction lag closes it earlier. */
function openFor(config: Config): number {
  const age = numberIn(config, "segment.ms", longestSegment);
  return (config["cleanup.policy"] ?? "delete").includes("compact")
    ? Math.min(age, numberIn(config, "max.compaction.lag.ms", age))
    : age;
}

function deletes(config: Config): boolean {
  return (config["cleanup.policy"] ?? "delete").includes("delete");
}

function numberIn(config: Config, key: string, absent: number): number {
  const value = Object.hasOwn(config, key) ? config[key] : undefined;
  return value === undefined ? absent : Number(value);
}
