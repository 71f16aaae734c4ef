/*
 * The log of a partition is a sequence of segments. Kafka appends to the last segment. It deletes or compacts closed
 * segments as a whole: a record is deleted when the newest record of its segment has expired. The size of segments
 * therefore determines by how much records outlive their retention. With Kafka's defaults (7 d, 1 GiB), a slow topic
 * with `retention: 1h` keeps its records for a week.
 */

/**
 * Number of segments that a retention is divided into. With `n`, a partition has at most `n + 1` segments by age, with
 * two memory maps each. A broker holds at most 4,000 partition replicas by default. They need 56,000 of the 65,530
 * memory maps that Linux allows a process. Seven would need 64,000 and leave too few for libraries and for segments
 * that await deletion.
 */
export const segmentsPerRetention = 6;
/**
 * Interval in ms at which brokers look for segments to delete: `log.retention.check.interval.ms`. Shorter segments
 * would have no effect.
 */
export const retentionCheck = 5 * 60_000;
/** Time in ms for which a deleted segment stays on disk: `file.delete.delay.ms`. */
export const fileDeleteDelay = 60_000;
/** Largest derived segment age in ms, also used for topics without a time limit. It is Kafka's default. */
export const longestSegment = 7 * 86_400_000;
/** Largest derived segment size in bytes, also used for partitions without a size limit. It is Kafka's default. */
export const largestSegment = 2 ** 30;
/** Smallest segment size in bytes that Kafka accepts. */
const smallestSegment = 2 ** 20;
const minute = 60_000;

/** Settings that determine when a segment is closed. */
export interface LogBounds {
  readonly cleanup: string;
  /** Milliseconds; -1: no time limit. */
  readonly retention: number;
  /** Bytes per partition; undefined: no limit. */
  readonly retentionBytes?: number | undefined;
  /** Largest record batch in bytes. */
  readonly maxMessage: number;
  /** Declared segment age in ms. */
  readonly segmentAge?: number | undefined;
  /** Declared segment size in bytes. */
  readonly segmentSize?: number | undefined;
}

/**
 * Returns `segment.ms`: the declared value, but at most the retention. Default: a sixth of the retention in whole
 * minutes, 5 m to 7 d.
 */
export function segmentMs({ cleanup, retention, segmentAge }: LogBounds): number {
  const ends = cleanup.includes("delete") && retention >= 0;
  if (segmentAge !== undefined) return ends ? Math.min(segmentAge, Math.max(retention, minute)) : segmentAge;
  if (!ends) return longestSegment;
  return Math.min(
    longestSegment,
    Math.max(retentionCheck, Math.ceil(retention / segmentsPerRetention / minute) * minute),
  );
}

/**
 * Returns `segment.bytes`: the declared value. Default: a sixth of the size limit of a partition, 1 MiB to 1 GiB. One
 * batch always fits.
 */
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
 * Returns the longest time in ms for which consumers can read a topic's record; undefined if there is no time limit. It
 * is the sum of the retention, the time for which the segment stays open after the record, and the check interval of
 * the brokers. The result assumes correct timestamps. With CreateTime, the records of a producer whose clock is ahead
 * live longer by the difference, at most 1 h by Kafka's default.
 */
export function longestKept(config: Config): number | undefined {
  const retention = numberIn(config, "retention.ms", -1);
  if (!deletes(config) || retention < 0) return undefined;
  return retention + openFor(config) + retentionCheck;
}

/** Returns the maximum bytes of a partition by its size limit: the limit and one segment. Undefined without a limit. */
export function largestPartition(config: Config): number | undefined {
  const limit = numberIn(config, "retention.bytes", -1);
  return !deletes(config) || limit < 0 ? undefined : limit + numberIn(config, "segment.bytes", largestSegment);
}

/** Returns the maximum number of segments of a partition by age; undefined without a time limit. */
export function segmentsByAge(config: Config): number | undefined {
  const retention = numberIn(config, "retention.ms", -1);
  return !deletes(config) || retention < 0 ? undefined : Math.ceil(retention / openFor(config)) + 1;
}

/**
 * Returns the bytes that a full topic holds on brokers' disks, before replication; undefined if nothing limits them. It
 * is the sum of the records written during the retention, one open segment of each partition, and the segments that
 * await deletion. With remote storage, the local retention counts.
 * @param bytesPerSecond - Rate of writes to all partitions together.
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

/** Returns how long a segment stays open, in ms. A compaction lag closes it earlier. */
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
