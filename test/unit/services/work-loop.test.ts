import { lateAnswers } from "@event-platform-kit/service/simulation/late-answers";
import { workLoop } from "@event-platform-kit/service/work-loop";
import { describe, expect, it } from "vitest";

/** Resolves when it was called so often. */
function calledTimes(times: number): { readonly call: () => number; readonly reached: Promise<void> } {
  let calls = 0;
  let resolve: () => void = () => undefined;
  const reached = new Promise<void>((done) => {
    resolve = done;
  });
  return {
    call() {
      calls += 1;
      if (calls === times) resolve();
      return calls;
    },
    reached,
  };
}

const HOUR_MS = 3_600_000;

describe("background work in passes", () => {
  it("goes on at once while a pass finds all it may take, and only then waits", async () => {
    const seen = calledTimes(4);
    const loop = workLoop({
      passes: [{ doing: "counting", run: async () => (seen.call() < 4 ? 10 : 0) }],
      atOnce: 10,
      gatherMs: HOUR_MS,
      idleMs: HOUR_MS,
      onError: (error) => {
        throw error;
      },
    });
    loop.start();
    await seen.reached;
    await loop.stop();
    expect(seen.call(), "passes, and this call").toBe(5);
  });

  it("is woken from its rest, also by work that came during a pass", async () => {
    const seen = calledTimes(3);
    const loop = workLoop({
      passes: [
        {
          doing: "waiting",
          run: async () => {
            if (seen.call() === 2) loop.wake();
            return 0;
          },
        },
      ],
      atOnce: 10,
      gatherMs: 1,
      idleMs: HOUR_MS,
      onError: (error) => {
        throw error;
      },
    });
    loop.start();
    loop.wake();
    await seen.reached;
    await loop.stop();
  });

  it("tells of a pass that fails, does the others, and repeats it", async () => {
    const [failing, other] = [calledTimes(2), calledTimes(2)];
    const told: string[] = [];
    const loop = workLoop({
      passes: [
        {
          doing: "failing",
          run: async () => {
            failing.call();
            throw new Error("not today");
          },
        },
        {
          doing: "working",
          run: async () => {
            other.call();
            return 1;
          },
        },
      ],
      atOnce: 10,
      gatherMs: 1,
      idleMs: HOUR_MS,
      onError: (error, doing) => told.push(`${doing}: ${String(error)}`),
    });
    loop.start();
    await Promise.all([failing.reached, other.reached]);
    await loop.stop();
    expect(new Set(told)).toEqual(new Set(["failing: Error: not today"]));
  });

  it("finishes the pass at hand when it is stopped, and begins none after it", async () => {
    let finish: () => void = () => undefined;
    const done: string[] = [];
    const loop = workLoop({
      passes: [
        {
          doing: "first",
          run: () =>
            new Promise<number>((resolve) => {
              finish = () => {
                done.push("first");
                resolve(10);
              };
            }),
        },
        {
          doing: "second",
          run: async () => {
            done.push("second");
            return 0;
          },
        },
      ],
      atOnce: 10,
      onError: (error) => {
        throw error;
      },
    });
    loop.start();
    const stopped = loop.stop();
    finish();
    await stopped;
    expect(done).toEqual(["first"]);
  });
});

describe("answers that come too late", () => {
  it("are given up by who asked, and what was asked is done all the same", async () => {
    const answers = lateAnswers(1);
    let did: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      did = resolve;
    });
    expect(
      await answers.inTime(60, async () => {
        did();
        return "done";
      }),
    ).toBeUndefined();
    await done;
    await answers.close();
  });
  it("are given when they come in time", async () => {
    const answers = lateAnswers(HOUR_MS);
    expect(await answers.inTime(0, async () => "done")).toBe("done");
    await answers.close();
  });
  it("end with the system: nothing is done after it is closed", async () => {
    const answers = lateAnswers(HOUR_MS);
    const asked = answers.inTime(HOUR_MS, async () => "done");
    const never = answers.never();
    await answers.close();
    expect(await asked).toBeUndefined();
    await never;
  });
});
