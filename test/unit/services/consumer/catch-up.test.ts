import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Standing } from "../../../../service-templates/lib/kafka/catch-up.ts";
import { caughtUp, notReached } from "../../../../service-templates/lib/kafka/catch-up.ts";

const at = (partition: number, committed: number, end: number): Standing => ({
  topic: "answers",
  partition,
  committed: BigInt(committed),
  end: BigInt(end),
});

/** Gives one look after the other, the last one forever; counts them. */
function looks(...all: readonly (readonly Standing[] | undefined)[]): {
  readonly standing: () => Promise<readonly Standing[] | undefined>;
  taken: number;
} {
  const state = {
    taken: 0,
    standing: async () => {
      state.taken += 1;
      return all[Math.min(state.taken, all.length) - 1];
    },
  };
  return state;
}
const run = (source: ReturnType<typeof looks>, signal = new AbortController().signal): ReturnType<typeof caughtUp> =>
  caughtUp({ standing: source.standing, signal, everyMs: 1, stalledMs: 20 });

describe("catching up", () => {
  it("is over at once where nothing waits", async () => {
    const source = looks([at(0, 5, 5), at(1, 0, 0)]);
    expect([await run(source), source.taken]).toEqual(["caught up", 1]);
  });

  it("waits for what was there at the beginning, in every partition, and not for what came since", async () => {
    const source = looks([at(0, 1, 5), at(1, 7, 9)], [at(0, 5, 8), at(1, 8, 9)], [at(0, 5, 20), at(1, 9, 9)]);
    expect([await run(source), source.taken]).toEqual(["caught up", 3]);
  });

  it("waits until the group can be seen, and through times in which it cannot", async () => {
    const source = looks(undefined, undefined, [at(0, 1, 2)], undefined, [at(0, 2, 2)]);
    expect([await run(source), source.taken]).toEqual(["caught up", 5]);
  });

  it("gives up a group that reads nothing, and no group that reads slowly", async () => {
    expect(await run(looks([at(0, 1, 5)]))).toBe("stalled");
    const slow = looks(...Array.from({ length: 100 }, (_, read) => [at(0, read, 100)]), [at(0, 100, 100)]);
    expect(await run(slow)).toBe("caught up");
  });

  it("ends with its signal", async () => {
    const stopping = new AbortController();
    stopping.abort();
    expect(await run(looks([at(0, 0, 1)]), stopping.signal)).toBe("stopped");
  });

  it("never misses a partition that is behind", () => {
    const partition = fc.record({
      partition: fc.nat({ max: 20 }),
      committed: fc.bigInt({ min: 0n, max: 50n }),
      end: fc.bigInt({ min: 0n, max: 50n }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(partition, { selector: (item) => item.partition }), (partitions) => {
        const standing = partitions.map((item) => ({ topic: "answers", ...item }));
        const ends = new Map(standing.map((item) => [`answers/${item.partition}`, item.end]));
        expect(notReached(ends, standing).length).toBe(standing.filter(({ committed, end }) => committed < end).length);
      }),
    );
  });
});
