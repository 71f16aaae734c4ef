/** Retries with exponential backoff and equal jitter: half of each pause is fixed, half is random. */
import type { Random } from "./clock.ts";
import { pause, systemRandom } from "./clock.ts";

/** How long the pauses between attempts are. */
export interface Backoff {
  /**
   * Upper bound of the first pause, in milliseconds. Each pause lasts between half of its bound and the whole.
   * @minimum more than 0
   */
  readonly firstDelayMs: number;
  /**
   * Upper bound of every pause, in milliseconds: the bounds stop growing here.
   * @minimum `firstDelayMs`
   */
  readonly maxDelayMs: number;
  /**
   * Growth of the bound from one pause to the next; 1 keeps it constant.
   * @minimum 1
   */
  readonly factor: number;
}

/** A backoff that ends. */
export interface RetryPolicy extends Backoff {
  /**
   * Number of attempts, the first one included: 1 never retries.
   * @minimum 1
   */
  readonly attempts: number;
}

/** Policy for calls that usually succeed within a second: five attempts, pauses of at most 50, 100, 200 and 400 ms. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, firstDelayMs: 50, maxDelayMs: 2_000, factor: 2 };

/**
 * Returns the pause after a failed attempt, in milliseconds.
 *
 * Half is random, so callers that failed together do not return together. Half is fixed, so none returns at once.
 * @param attempt - Number of the attempt that failed, from 1.
 */
export function backoff(attempt: number, policy: Backoff = DEFAULT_RETRY, random: Random = systemRandom): number {
  const bound = Math.min(policy.maxDelayMs, policy.firstDelayMs * policy.factor ** (attempt - 1));
  return Math.round(bound / 2 + (random() * bound) / 2);
}

/** Options of {@link retry}. */
export interface RetryOptions {
  /** @default {@link DEFAULT_RETRY} */
  readonly policy?: RetryPolicy;
  /** Source of the jitter. @default `Math.random` */
  readonly random?: Random;
  /** Aborting it ends the pause; the operation then runs once more and is not retried after that. @default never */
  readonly signal?: AbortSignal;
  /** Decides whether an error is worth another attempt. @default always */
  readonly retryable?: (error: unknown) => boolean;
  /** Called before each pause with the number of the attempt that failed, from 1. */
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
}

/**
 * Runs an operation until it succeeds.
 * @param operation - Receives the number of the attempt, from 1. It must be idempotent.
 * @throws the last error, when the attempts are used up, the error is not retryable, or the signal is aborted.
 * @throws RangeError before the first attempt, when a field of the policy is out of its range.
 */
export async function retry<T>(operation: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const policy = options.policy ?? DEFAULT_RETRY;
  assertRetryPolicy(policy);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation(attempt);
    } catch (error) {
      const last = attempt >= policy.attempts || options.signal?.aborted === true;
      if (last || options.retryable?.(error) === false) throw error;
      const delay = backoff(attempt, policy, options.random);
      options.onRetry?.(error, attempt, delay);
      await pause(delay, options.signal);
    }
  }
}

/** Checks every field of a policy. @throws RangeError that names the field, its value and its range. */
function assertRetryPolicy({ attempts, firstDelayMs, maxDelayMs, factor }: RetryPolicy): void {
  assertField("attempts", attempts, Number.isInteger(attempts) && attempts >= 1, "a whole number from 1");
  assertField("firstDelayMs", firstDelayMs, firstDelayMs > 0, "more than 0");
  assertField("maxDelayMs", maxDelayMs, maxDelayMs >= firstDelayMs, `at least firstDelayMs, ${firstDelayMs}`);
  assertField("factor", factor, factor >= 1, "1 or more");
}

function assertField(field: keyof RetryPolicy, value: number, holds: boolean, range: string): void {
  if (!holds) throw new RangeError(`retry policy: ${field} is ${value}; set ${range}`);
}
