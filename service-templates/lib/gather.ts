/**
 * Does work for many callers at once. Calls that arrive together, or while earlier work is in progress, form one batch.
 * Under load that turns many transactions into one; without load every call is served at once. The queue is bounded, in
 * size and in time: a caller that cannot be served soon is rejected, instead of getting an answer that comes too late.
 */
import type { Clock } from "./clock.ts";
import { Problem } from "./http/problem.ts";
import { isDatabaseAtFault } from "./storage/database-faults.ts";

export interface GatherOptions<Item, Result> {
  /** Does the work for all items. Returns a result, or the error to throw, at the index of each item. */
  readonly work: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>;
  /** Batches in progress at the same time. @default 2 */
  readonly atOnce?: number;
  /** Items in one batch. @default 64 */
  readonly batch?: number;
  /** Most items that wait. @default 512 */
  readonly waiting?: number;
  /** Longest wait in milliseconds; a caller that has waited longer has most likely gone. @default 3000 */
  readonly longestWaitMs?: number;
  /** Advice in the message to a rejected caller. @default "repeat it in a moment" */
  readonly advice?: string;
  readonly clock: Clock;
}

/** Options for work that its caller bounds, such as a batch of records: no call is rejected. */
export const UNBOUNDED = {
  waiting: Number.POSITIVE_INFINITY,
  longestWaitMs: Number.POSITIVE_INFINITY,
  batch: 256,
} as const;

/** Adds an item to the queue; rejects with the problem `unavailable` if too many items already wait. */
export type Gather<Item, Result> = (item: Item) => Promise<Result>;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly since: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export function gather<Item, Result>(options: GatherOptions<Item, Result>): Gather<Item, Result> {
  const {
    work,
    atOnce = 2,
    batch = 64,
    waiting: limit = 512,
    longestWaitMs = 3_000,
    advice = "repeat it in a moment",
    clock,
  } = options;
  const tooMany = (): Problem =>
    new Problem("unavailable", `More requests wait than can be answered soon; ${advice}.`, { retryAfter: 1 });
  const queue: Waiting<Item, Result>[] = [];
  let underWay = 0;

  async function serve(calls: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await work(calls.map((call) => call.item));
      calls.forEach((call, place) => {
        const result = results[place];
        if (result instanceof Error) call.reject(result);
        else call.resolve(result as Result);
      });
    } catch (error) {
      // During an outage no item is at fault, and each item alone would fail too.
      if (calls.length === 1 || isDatabaseAtFault(error)) for (const call of calls) call.reject(error);
      // One of the items may be at fault; alone, each shows whether it is that one.
      else for (const call of calls) await serve([call]);
    }
  }

  /** Returns the next batch, without the calls that have waited too long. */
  function takeBatch(): readonly Waiting<Item, Result>[] {
    const oldest = clock() - longestWaitMs;
    const taken: Waiting<Item, Result>[] = [];
    while (taken.length < batch) {
      const call = queue.shift();
      if (call === undefined) break;
      if (call.since < oldest) call.reject(tooMany());
      else taken.push(call);
    }
    return taken;
  }

  function next(): void {
    while (underWay < atOnce && queue.length > 0) {
      const calls = takeBatch();
      if (calls.length === 0) return;
      underWay += 1;
      void serve(calls).finally(() => {
        underWay -= 1;
        next();
      });
    }
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      if (queue.length >= limit) {
        reject(tooMany());
        return;
      }
      queue.push({ item, since: clock(), resolve, reject });
      // Deferred, so that several calls of one caller in a row form one batch.
      queueMicrotask(next);
    });
}
