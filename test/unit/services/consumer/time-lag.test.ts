import { describe, expect, it } from "vitest";
import { timeLag } from "../../../../service-templates/lib/consumer/time-lag.ts";
import type { RawRecord } from "../../../../service-templates/lib/kafka/raw-record.ts";

const START = 1_000_000;

function record(topic: string, timestamp: number, headers: Readonly<Record<string, string>> = {}): RawRecord {
  return {
    topic,
    partition: 0,
    offset: 0n,
    key: undefined,
    value: undefined,
    leaderEpoch: 0,
    timestamp,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
  };
}

function lagging(): {
  readonly lag: ReturnType<typeof timeLag>;
  readonly seconds: (topic: string) => number | undefined;
  set(now: number): void;
} {
  let now = START;
  const lag = timeLag(["t", "u"], () => now);
  return {
    lag,
    seconds: (topic) => lag.byTopic().get(topic),
    set: (to) => {
      now = to;
    },
  };
}

describe("the time lag of a consumer", () => {
  it("is 0 for every topic before the first record", () => {
    expect([...lagging().lag.byTopic()]).toEqual([
      ["t", 0],
      ["u", 0],
    ]);
  });

  it("is the age of the oldest record at hand, and grows while the consumer waits", () => {
    const { lag, seconds, set } = lagging();
    lag.taken([record("t", START - 2_000), record("t", START - 5_000), record("u", START)]);
    expect([seconds("t"), seconds("u")]).toEqual([5, 0]);
    set(START + 60_000);
    expect([seconds("t"), seconds("u")]).toEqual([65, 60]);
  });

  it("is still seen between two batches, and gone 30 s after the last old record", () => {
    const { lag, seconds, set } = lagging();
    lag.taken([record("t", START - 40_000)])();
    set(START + 14_000);
    expect(seconds("t")).toBe(40);
    set(START + 16_000);
    expect(seconds("t")).toBe(40);
    lag.taken([record("t", START + 16_000)])();
    set(START + 31_000);
    expect(seconds("t")).toBe(0);
  });

  it("forgets what is older than twice the time, though nobody looked meanwhile", () => {
    const { lag, seconds, set } = lagging();
    lag.taken([record("t", START - 40_000)])();
    set(START + 600_000);
    expect(seconds("t")).toBe(0);
  });

  it("counts from the end of the delay where a record waits in a retry topic", () => {
    const { lag, seconds } = lagging();
    lag.taken([record("t", START - 60_000, { "retry-not-before": String(START - 1_000) })]);
    expect(seconds("t")).toBe(1);
  });

  it("is never negative, and does not last forever when the clock is set back", () => {
    const { lag, seconds, set } = lagging();
    lag.taken([record("t", START + 90_000)]);
    expect(seconds("t"), "a producer's clock is ahead").toBe(0);
    lag.taken([record("u", START - 50_000)])();
    set(START - 3_600_000);
    seconds("u");
    set(START - 3_600_000 + 16_000);
    seconds("u");
    set(START - 3_600_000 + 32_000);
    expect(seconds("u")).toBe(0);
  });
});
