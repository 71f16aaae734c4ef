import { describe, expect, it } from "vitest";
import type { Look } from "../../../../service-templates/lib/kafka/stalled-partitions.ts";
import { standingStill, watchReading } from "../../../../service-templates/lib/kafka/stalled-partitions.ts";

function look(
  waits: number,
  ...partitions: readonly (readonly [partition: number, next: number, end: number])[]
): Look {
  return {
    waits,
    waiting: false,
    partitions: partitions.map(([partition, next, end]) => ({
      topic: "t",
      partition,
      next: BigInt(next),
      end: BigInt(end),
    })),
  };
}

describe("a partition stands still", () => {
  it.each([
    ["had records, none was read, more was waited for", look(1, [0, 5, 9]), look(2, [0, 5, 9]), [0]],
    ["the others go on", look(1, [0, 5, 9], [1, 3, 4], [2, 7, 7]), look(8, [0, 5, 12], [1, 4, 4], [2, 7, 7]), [0]],
    [
      "had records, and the reader waited all the time",
      look(1, [0, 5, 9]),
      { ...look(1, [0, 5, 9]), waiting: true },
      [0],
    ],
    ["not: it was read a little", look(1, [0, 5, 9]), look(2, [0, 6, 12]), []],
    ["not: its records only came in between", look(1, [0, 5, 5]), look(2, [0, 5, 9]), []],
    ["not: the reader was busy with what it had", look(1, [0, 5, 9]), look(1, [0, 5, 9]), []],
    ["not: it belongs to another member now", look(1, [0, 5, 9]), look(2), []],
    ["not: it came from another member just now", look(1), look(2, [0, 5, 9]), []],
    ["not: it is read again from further back", look(1, [0, 5, 9]), look(2, [0, 2, 9]), []],
  ])("%s", (_what, before, after, still) => {
    expect(standingStill(before, after).map(({ partition }) => partition)).toEqual(still);
  });
});

describe("watching what is read", () => {
  /** Gives these looks in turn, and stops behind them. */
  async function watch(looks: readonly (Look | undefined)[]): Promise<void> {
    const stop = new AbortController();
    const left = [...looks];
    await watchReading({
      everyMs: 1,
      signal: stop.signal,
      look: async () => {
        if (left.length === 0) stop.abort();
        return left.shift();
      },
    });
  }

  it("gives up a partition that stands still from look to look twice, with its place", async () => {
    await expect(watch([look(1, [3, 5, 9]), look(2, [3, 5, 9]), look(3, [3, 5, 10])])).rejects.toThrow(
      "t/3 is not read any more: its next record is 5, its end 10, and nothing came for 0.002 s",
    );
  });

  it("does not add up what was interrupted", async () => {
    await watch([look(1, [0, 5, 9]), look(2, [0, 5, 9]), look(3, [0, 6, 9]), look(4, [0, 6, 9]), look(5, [0, 9, 9])]);
    await watch([look(1, [0, 5, 9]), look(2, [0, 5, 9]), undefined, look(4, [0, 5, 9]), look(5, [0, 5, 9])]);
    await watch([look(1, [0, 5, 9]), look(2, [0, 5, 9], [1, 1, 2]), look(3, [0, 8, 9], [1, 1, 2])]);
  });

  it("ends when it is to stop, also in the middle of a look that gets no answer", async () => {
    const stop = new AbortController();
    await watchReading({
      everyMs: 1,
      signal: stop.signal,
      look: () => {
        setImmediate(() => stop.abort());
        return new Promise(() => undefined);
      },
    });
  });
});
