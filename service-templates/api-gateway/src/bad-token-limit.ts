/**
 * Limits how many invalid tokens one address may send. A signature check costs more than all earlier work, and the
 * limit by subject does not know the subject before the check has succeeded.
 */
import { isIPv4, isIPv6 } from "node:net";
import type { Clock } from "@event-platform-kit/service/clock";
import { Problem } from "@event-platform-kit/service/http/problem";
import type { RateCounts } from "./rate-counts.ts";

/** Parallel checks of one address. Other requests wait, so that a burst cannot get all its checks before the first one fails. */
const CHECKS_AT_ONCE = 8;
/** Most refused addresses that are remembered; the oldest are removed first. */
const MOST_REFUSED = 20_000;

export interface BadTokenLimitOptions {
  /** Most invalid tokens of one address within a window. */
  readonly most: number;
  /** Failed checks by address. */
  readonly failures: RateCounts;
  readonly clock: Clock;
}

/** Runs checks of tokens for an address. */
export interface BadTokenLimit {
  /**
   * Runs a check, or throws the problem `too-many-requests` without running it.
   * @throws what the check throws; the problem `unauthenticated` counts against the address.
   */
  check<T>(address: string, check: () => Promise<T>): Promise<T>;
}

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

export function badTokenLimit({ most, failures, clock }: BadTokenLimitOptions): BadTokenLimit {
  const refusedUntil = new Map<string, number>();
  const queues = new Map<string, Queue>();

  function refuse(key: string): void {
    const until = refusedUntil.get(key);
    if (until === undefined) return;
    const leftMs = until - clock();
    if (leftMs > 0)
      throw new Problem("too-many-requests", "Too many tokens from this address were not valid.", {
        retryAfter: Math.ceil(leftMs / 1_000),
      });
    refusedUntil.delete(key);
  }

  async function failed(key: string): Promise<void> {
    const { count, leftMs } = await failures.add(key);
    if (count < most) return;
    if (refusedUntil.size >= MOST_REFUSED) refusedUntil.delete(refusedUntil.keys().next().value ?? "");
    refusedUntil.set(key, clock() + leftMs);
  }

  async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const queue = queues.get(key) ?? { running: 0, waiting: [] };
    queues.set(key, queue);
    // A request that ends passes its turn on, so that a newer request cannot take it.
    if (queue.running >= CHECKS_AT_ONCE)
      await new Promise<void>((resolve) => {
        queue.waiting.push(resolve);
      });
    else queue.running += 1;
    try {
      return await work();
    } finally {
      const next = queue.waiting.shift();
      if (next !== undefined) next();
      else if ((queue.running -= 1) === 0) queues.delete(key);
    }
  }

  return {
    async check(address, check) {
      const key = addressKey(address);
      refuse(key);
      return await inTurn(key, async () => {
        refuse(key);
        try {
          return await check();
        } catch (error) {
          if (error instanceof Problem && error.problem === "unauthenticated") await failed(key);
          throw error;
        }
      });
    },
  };
}

/** Returns the key of an address: an IPv4 address, or the /64 that one IPv6 customer gets. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(?<v4>\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.groups?.v4;
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const first = groups(head);
  const last = groups(tail ?? "");
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length - (last.at(-1)?.includes(".") === true ? 1 : 0);
  const all = [...first, ...Array.from({ length: zeros }, () => "0"), ...last];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
