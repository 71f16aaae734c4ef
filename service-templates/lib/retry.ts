/** Retries with exponential backoff and equal jitter: half of each pause is fixed, half is random. */
import type { Random } from "./clock.ts";
import { pause, systemRandom } from "./clock.ts";

/** How often and how patiently something is repeated. */
export interface RetryPolicy {
  /** Attempts altogether, at least 1. @default 5 */
  readonly attempts: number;
  /** Upper bound of the first pause in milliseconds. @default 50 */
  readonly firstDelayMs: number;
  /** Upper bound of any pause in milliseconds. @default 2000 */
  readonly maxDelayMs: number;
  /** Growth from one pause to the next. @default 2 */
  readonly factor: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, firstDelayMs: 50, maxDelayMs: 2_000, factor: 2 };

/**
 * The pause before attempt `attempt + 1` in milliseconds (the first failure has `attempt` 1).
 * Half fixed, half random: callers that failed together do not come back together, and none comes back at once.
 */
export function backoff(attempt: number, policy: RetryPolicy = DEFAULT_RETRY, random: Random = systemRandom): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * policy.factor ** (attempt - 1));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}

export interface RetryOptions {
  readonly policy?: RetryPolicy;
  readonly random?: Random;
  readonly signal?: AbortSignal;
  /** Decides whether an error is worth another attempt. @default always */
  readonly retryable?: (error: unknown) => boolean;
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
}

/** Runs until it succeeds, the attempts are used up, the error is not retryable or the signal is aborted; then throws the last error. */
export async function retry<T>(operation: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const policy = options.policy ?? DEFAULT_RETRY;
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
