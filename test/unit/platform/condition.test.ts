import { describe, expect, it } from "vitest";
import { eventually, stretched } from "../../platform/condition.ts";

describe("limits of waits in tests", () => {
  it.each([
    [0, 1_000],
    [1, 1_000],
    [4, 4_000],
    [10, 10_000],
    [80, 10_000],
  ])("are stretched with the load: at %d on two processors, one second is %d ms", (load, limit) => {
    expect(stretched(1_000, { load, processors: 2 })).toBe(limit);
  });

  it("say what was waited for, and the last reason", async () => {
    const failure = await eventually(
      "rain",
      () => {
        throw new Error("the sky is blue");
      },
      1,
    ).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({
      message: expect.stringMatching(/^Waited \d+ ms for rain\.$/u),
      cause: { message: "the sky is blue" },
    });
  });
});
