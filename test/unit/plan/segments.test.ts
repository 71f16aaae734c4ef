import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration } from "../../../components/model/values/duration.ts";
import {
  diskBytes,
  type LogBounds,
  largestPartition,
  longestKept,
  retentionCheck,
  segmentBytes,
  segmentMs,
  segmentsByAge,
  segmentsPerRetention,
} from "../../../components/plan/capacity/segments.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const bounds = (more: Partial<LogBounds>): LogBounds => ({
  cleanup: "delete",
  retention: 7 * day,
  maxMessage: 1e6,
  ...more,
});
const configOf = (log: LogBounds): Record<string, string> => ({
  "cleanup.policy": log.cleanup,
  "retention.ms": String(log.retention),
  "segment.ms": String(segmentMs(log)),
  "segment.bytes": String(segmentBytes(log)),
  ...(log.retentionBytes === undefined ? {} : { "retention.bytes": String(log.retentionBytes) }),
});

describe("the age at which a segment is closed", () => {
  it.each<[string, Partial<LogBounds>, string]>([
    ["a sixth of the retention", { retention: 7 * day }, "28h"],
    ["a sixth of an hour", { retention: hour }, "10m"],
    ["whole minutes", { retention: hour + 1 }, "11m"],
    ["no finer than brokers look", { retention: minute }, "5m"],
    ["Kafka's default at most", { retention: 365 * day }, "7d"],
    ["Kafka's default without an end", { retention: -1 }, "7d"],
    ["Kafka's default where nothing is deleted", { cleanup: "compact", retention: hour }, "7d"],
    ["a sixth where both happen", { cleanup: "compact,delete", retention: day }, "4h"],
    ["as declared", { segmentAge: hour }, "1h"],
    ["as declared, but not beyond a shorter retention of the stack", { retention: day, segmentAge: 2 * day }, "1d"],
    ["as declared where nothing is deleted", { cleanup: "compact", retention: hour, segmentAge: 2 * day }, "2d"],
  ])("is %s", (_what, more, age) => {
    expect(formatDuration(segmentMs(bounds(more)))).toBe(age);
  });
});

describe("the size at which a segment is closed", () => {
  it.each<[string, Partial<LogBounds>, number]>([
    ["Kafka's default without a limit", {}, GiB],
    ["a sixth of the limit", { retentionBytes: 600 * MiB }, 100 * MiB],
    ["Kafka's default at most", { retentionBytes: 100 * GiB }, GiB],
    ["the smallest that Kafka takes", { retentionBytes: 1_000 }, MiB],
    ["room for the largest batch", { retentionBytes: 6 * MiB, maxMessage: 10 * MiB }, 10 * MiB],
    ["as declared", { retentionBytes: 100 * GiB, segmentSize: 2 * MiB }, 2 * MiB],
  ])("is %s", (_what, more, size) => {
    expect(segmentBytes(bounds(more))).toBe(size);
  });
});

const logs = fc.record({
  cleanup: fc.constantFrom("delete", "compact,delete"),
  retention: fc.integer({ min: 1, max: 400 * day }),
  retentionBytes: fc.option(fc.integer({ min: 0, max: 2 ** 42 }), { nil: undefined }),
  maxMessage: fc.integer({ min: 1_024, max: 10 * MiB }),
});

describe("what retention comes to", () => {
  it("is never more than a sixth and the brokers' pause above what is declared, and takes few segments", () => {
    fc.assert(
      fc.property(logs, (log) => {
        const config = configOf(log);
        expect(longestKept(config)).toBeLessThanOrEqual(
          log.retention + Math.max(retentionCheck, log.retention / segmentsPerRetention + minute) + retentionCheck,
        );
        if (log.retention >= 30 * minute && log.retention <= 42 * day)
          expect(segmentsByAge(config)).toBeLessThanOrEqual(segmentsPerRetention + 1);
        expect(segmentBytes(log)).toBeGreaterThanOrEqual(log.maxMessage);
      }),
    );
  });

  it("has no end by time where nothing is deleted by time", () => {
    for (const log of [bounds({ retention: -1 }), bounds({ cleanup: "compact" })])
      expect(longestKept(configOf(log))).toBeUndefined();
    expect(longestKept({})).toBeUndefined();
  });

  it("ends sooner where a compaction lag closes segments sooner", () => {
    const config = configOf(bounds({ cleanup: "compact,delete", retention: 6 * day }));
    expect(longestKept(config)).toBe(7 * day + retentionCheck);
    expect(longestKept({ ...config, "max.compaction.lag.ms": String(hour) })).toBe(6 * day + hour + retentionCheck);
  });

  it("holds for a log that is kept as Kafka keeps it: records of any pace are gone by then", () => {
    const paces = fc.array(fc.integer({ min: 0, max: 3 * hour }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 * hour }),
        paces,
        fc.nat({ max: retentionCheck }),
        (retention, pauses, phase) => {
          const config = configOf(bounds({ retention }));
          const bound = longestKept(config);
          if (bound === undefined) throw new Error("a retention has an end");
          let now = 0;
          const arrivals = pauses.map((pause) => (now += pause));
          expect(longestLife(arrivals, phase, retention, Number(config["segment.ms"]))).toBeLessThanOrEqual(bound);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/**
 * The longest life of a record in a log as Kafka keeps it (`UnifiedLog`). An append rolls a segment that began more than
 * `segment.ms` earlier. Every five minutes the oldest segments whose newest record has expired are deleted, including the open
 * one.
 */
function longestLife(arrivals: readonly number[], phase: number, retention: number, segmentAge: number): number {
  const segments: number[][] = [];
  const waiting = [...arrivals];
  let longest = 0;
  for (let now = phase; waiting.length > 0 || segments.length > 0; now += retentionCheck) {
    for (let next = waiting[0]; next !== undefined && next <= now; next = waiting[0]) {
      const open = segments.at(-1);
      if (open?.[0] === undefined || next - open[0] > segmentAge) segments.push([next]);
      else open.push(next);
      waiting.shift();
    }
    for (
      let oldest = segments[0];
      oldest !== undefined && now - (oldest.at(-1) ?? now) > retention;
      oldest = segments[0]
    ) {
      longest = Math.max(longest, now - (oldest[0] ?? now));
      segments.shift();
    }
  }
  return longest;
}

describe("bytes on brokers' disks", () => {
  const config = configOf(bounds({ retention: 6 * hour }));
  it("count what is written while a segment is open, and while deletion is awaited", () => {
    expect(diskBytes(config, 6, 1_000)).toBe(1_000 * (6 + 1) * 3_600 + 1_000 * 360);
  });

  it("count one full segment of each partition at most where records come fast", () => {
    expect(diskBytes(config, 6, 1e9)).toBe(1e9 * 6 * 3_600 + 6 * GiB + 1e9 * 360);
  });

  it("end at the limit by size and one segment of each partition", () => {
    const limited = configOf(bounds({ retention: -1, retentionBytes: 600 * MiB }));
    expect(largestPartition(limited)).toBe(700 * MiB);
    expect(diskBytes(limited, 6, 0)).toBe(6 * 700 * MiB);
  });

  it("are unknown where nothing bounds them", () => {
    expect(diskBytes(configOf(bounds({ retention: -1 })), 6, 1)).toBeUndefined();
    expect(diskBytes(configOf(bounds({ cleanup: "compact", retentionBytes: 1 })), 6, 1)).toBeUndefined();
  });

  it("are those that stay local where the rest is in remote storage", () => {
    const remote = { ...config, "remote.storage.enable": "true" };
    expect(diskBytes({ ...remote, "local.retention.ms": String(hour) }, 6, 1_000)).toBe(
      1_000 * (1 + 1) * 3_600 + 1_000 * 360,
    );
    expect(diskBytes(remote, 6, 1_000)).toBe(diskBytes(config, 6, 1_000));
    expect(
      diskBytes({ ...remote, "local.retention.ms": String(hour), "remote.log.copy.disable": "true" }, 6, 1_000),
    ).toBe(diskBytes(config, 6, 1_000));
  });

  it("never shrink with the rate, the retention or the limit", () => {
    fc.assert(
      fc.property(
        logs,
        fc.nat({ max: 1e9 }),
        fc.nat({ max: 1e9 }),
        fc.integer({ min: 1, max: 300 }),
        (log, rate, more, partitions) => {
          const held = (changed: Partial<LogBounds>, bytes = rate): number =>
            diskBytes(configOf({ ...log, ...changed }), partitions, bytes) ?? Number.POSITIVE_INFINITY;
          expect(held({}, rate + more)).toBeGreaterThanOrEqual(held({}));
          expect(held({ retention: log.retention + more })).toBeGreaterThanOrEqual(held({}));
          if (log.retentionBytes !== undefined)
            expect(held({ retentionBytes: log.retentionBytes + more })).toBeGreaterThanOrEqual(held({}));
        },
      ),
    );
  });
});
