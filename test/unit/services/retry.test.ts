import { backoff, DEFAULT_RETRY, type RetryPolicy, retry } from "@event-platform-kit/service/retry";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** A policy whose pauses take no time worth speaking of. */
const quick: RetryPolicy = { attempts: 3, firstDelayMs: 1, maxDelayMs: 1, factor: 1 };

/** An operation that fails a number of times, then answers with the number of its attempt. */
function failing(times: number): {
  readonly operation: (attempt: number) => Promise<number>;
  readonly tried: number[];
} {
  const tried: number[] = [];
  const operation = async (attempt: number): Promise<number> => {
    tried.push(attempt);
    if (tried.length <= times) throw new Error(`no ${attempt}`);
    return attempt;
  };
  return { operation, tried };
}

describe("backoff", () => {
  it("stays between half of its bound and the bound, which grows up to maxDelayMs", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, chance) => {
          const bound = Math.min(1_000, 100 * 2 ** (attempt - 1));
          const delay = backoff(attempt, { firstDelayMs: 100, maxDelayMs: 1_000, factor: 2 }, () => chance);
          expect(delay).toBeGreaterThanOrEqual(Math.floor(bound / 2));
          expect(delay).toBeLessThanOrEqual(bound);
        },
      ),
    );
  });

  it("doubles from 50 ms to 2 s by default", () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => backoff(attempt, undefined, () => 1));
    expect(bounds).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
  });
});

describe("retry", () => {
  it("returns what the first successful attempt returns", async () => {
    const { operation, tried } = failing(2);
    const pauses: unknown[] = [];
    const answer = await retry(operation, { policy: quick, random: () => 1, onRetry: (...told) => pauses.push(told) });
    expect(answer).toBe(3);
    expect(tried).toEqual([1, 2, 3]);
    expect(pauses).toEqual([
      [new Error("no 1"), 1, 1],
      [new Error("no 2"), 2, 1],
    ]);
  });

  it("throws the last error once the attempts are used up", async () => {
    const { operation, tried } = failing(9);
    await expect(retry(operation, { policy: quick })).rejects.toThrow("no 3");
    expect(tried).toEqual([1, 2, 3]);
  });

  it("does not repeat what is not retryable", async () => {
    const { operation, tried } = failing(9);
    await expect(retry(operation, { policy: quick, retryable: () => false })).rejects.toThrow("no 1");
    expect(tried).toEqual([1]);
  });

  it("ends a pause when the signal is aborted, and runs the operation once more", async () => {
    const { operation, tried } = failing(9);
    const stopping = new AbortController();
    const hour = { attempts: 9, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000, factor: 1 };
    const running = retry(operation, { policy: hour, signal: stopping.signal, onRetry: () => stopping.abort() });
    await expect(running).rejects.toThrow("no 2");
    expect(tried).toEqual([1, 2]);
  });

  it.each<[changes: Partial<RetryPolicy>, message: string]>([
    [{ attempts: 0 }, "retry policy: attempts is 0; set a whole number from 1"],
    [{ attempts: 2.5 }, "retry policy: attempts is 2.5; set a whole number from 1"],
    [{ firstDelayMs: 0 }, "retry policy: firstDelayMs is 0; set more than 0"],
    [{ maxDelayMs: 49 }, "retry policy: maxDelayMs is 49; set at least firstDelayMs, 50"],
    [{ factor: 0.5 }, "retry policy: factor is 0.5; set 1 or more"],
    [{ firstDelayMs: Number.NaN }, "retry policy: firstDelayMs is NaN; set more than 0"],
  ])("refuses %o before the first attempt", async (changes, message) => {
    const { operation, tried } = failing(0);
    await expect(retry(operation, { policy: { ...DEFAULT_RETRY, ...changes } })).rejects.toThrow(
      new RangeError(message),
    );
    expect(tried).toEqual([]);
  });
});
