/**
 * An open-loop load generator. Every order has a due time that is fixed before the first is sent. It is sent at that time,
 * however slow earlier answers are, and its latency counts from its due time. A closed loop (the next request after the last
 * answer) would send less while the platform stalls and so hide the stall.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { WitnessedOrder } from "../witness.ts";
import { judge } from "./attempts.ts";
import type { LatencyBucket, LatencySummary } from "./latency.ts";
import { histogram, summarize } from "./latency.ts";
import type { OrderPost } from "./post-order.ts";
import { orderSender } from "./post-order.ts";
import type { Arrivals } from "./schedule.ts";
import { schedule } from "./schedule.ts";
import { seededRandom } from "./seeded-random.ts";
import { wallClock } from "./wall-clock.ts";

/** Target of the orders. */
export interface LoadTarget {
  /** URL at which an order is posted. */
  readonly url: string;
  /** Field of a 2xx answer that names the order. */
  readonly idField: string;
  /** Access token of a customer, valid longer than the run. Requested once for each customer before the run begins. */
  readonly tokenFor: (customerId: string) => Promise<string>;
}

/** One order to place. */
export interface PlannedOrder {
  readonly customerId: string;
  /** Sent as JSON; a text is sent as it is. */
  readonly body: object | string;
}

/** Retries of orders whose answer is `unknown`, with the same Idempotency-Key. */
export interface RepetitionPlan {
  /** From an uncertain answer to the next request, in milliseconds. */
  readonly everyMs: number;
  /** No retry begins later than this after the order was due, in milliseconds. */
  readonly limitMs: number;
}

/** A run. */
export interface LoadPlan {
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** @default "constant" */
  readonly arrivals?: Arrivals;
  /** The orders by number from 0; all are requested before the run begins. */
  readonly order: (index: number) => PlannedOrder;
  /** Of the arrivals. */
  readonly seed: number | string;
  /** Timeout for an answer: afterwards the outcome is `unknown`. Milliseconds. */
  readonly timeoutMs: number;
  /** @default none: an unknown outcome stays unknown. */
  readonly retry?: RepetitionPlan;
  /** Maximum number of requests in progress; an order that is due beyond it is not sent, and counted. @default 2000 */
  readonly maxInFlight?: number;
  /** A new Idempotency-Key for each order. @default random UUIDs: a seed must not repeat the keys of an earlier run. */
  readonly newKey?: () => string;
}

/** Progress of a run. */
export interface LoadProgress {
  readonly elapsedMs: number;
  /** Orders of the whole run. */
  readonly planned: number;
  /** Orders due so far. */
  readonly due: number;
  readonly inFlight: number;
  readonly accepted: number;
  readonly refused: number;
  readonly unknown: number;
  readonly unsent: number;
}

/** Besides the plan. */
export interface LoadOptions {
  /** Ends the run early: nothing more is sent, and requests in progress finish. */
  readonly signal?: AbortSignal;
  /** Called right before the first order, with the moment from which due times count, milliseconds since the epoch. */
  readonly onStart?: (startedAt: number) => void;
  /** Called about once a second and at the end. */
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** An order that was sent. */
export interface SentOrder extends WitnessedOrder {
  /** Requests beyond the first, with the same Idempotency-Key; absent if there were none. */
  readonly repetitions?: number;
}

/** Result of a run. */
export interface LoadResult {
  /** Every sent order, sorted by its due time. */
  readonly orders: readonly SentOrder[];
  /** Due orders, sent or not. */
  readonly due: number;
  /**
   * Due orders that were not sent because `maxInFlight` requests were in progress. If there are any, the run did not keep its
   * rate.
   */
  readonly unsent: number;
  /** Requests beyond the first of each order. */
  readonly repetitions: number;
  /** Number of failed requests by their answer, most frequent first; retries count too. */
  readonly failures: Readonly<Record<string, number>>;
  /** Due time of the first order, milliseconds since the epoch. */
  readonly startedAt: number;
  /** Time of the last answer. */
  readonly endedAt: number;
  /** From due to the answer, of accepted orders, in milliseconds. */
  readonly latency: LatencySummary;
  readonly histogram: readonly LatencyBucket[];
  /** From due to sent: the delay of the generator itself, in milliseconds. */
  readonly lateness: LatencySummary;
  /** Processor time of this process during the run, in seconds. */
  readonly cpuSeconds: number;
}

const MAX_IN_FLIGHT = 2_000;
const PROGRESS_MS = 1_000;
/** Between the last preparation and the first order, so that the process is idle at the start. */
const LEAD_MS = 50;

/**
 * Runs a load.
 * @throws {RangeError} when rate or duration is no positive number; whatever `order` and `tokenFor` throw.
 */
export async function runOpenLoop(target: LoadTarget, plan: LoadPlan, options: LoadOptions = {}): Promise<LoadResult> {
  const { timeoutMs, retry, maxInFlight = MAX_IN_FLIGHT, newKey = randomUUID } = plan;
  const offsets = schedule(
    { ratePerSecond: plan.ratePerSecond, durationMs: plan.durationMs, arrivals: plan.arrivals ?? "constant" },
    seededRandom(plan.seed),
  );
  const prepared = await prepare(target, plan, offsets.length, newKey);
  const sender = orderSender(target, maxInFlight);
  const now = wallClock();
  const cpuBefore = process.cpuUsage();
  const startedAt = now() + LEAD_MS;
  options.onStart?.(startedAt);

  const orders: SentOrder[] = [];
  const lateness: number[] = [];
  const counts = { accepted: 0, refused: 0, unknown: 0 };
  const underWay = new Set<Promise<void>>();
  const failures = new Map<string, number>();
  let due = 0;
  let unsent = 0;
  let repetitions = 0;
  let inFlight = 0;

  async function post(order: PreparedOrder): Promise<Awaited<ReturnType<typeof sender.post>>> {
    inFlight += 1;
    try {
      return await sender.post(order, timeoutMs);
    } finally {
      inFlight -= 1;
    }
  }

  async function place(order: PreparedOrder, dueAt: number): Promise<void> {
    let doubtful = false;
    let repeated = 0;
    for (;;) {
      const answer = await post(order);
      if (answer.failure !== undefined) failures.set(answer.failure, (failures.get(answer.failure) ?? 0) + 1);
      const { outcome, repeatable } = judge(answer, doubtful);
      const answeredAt = now();
      if (retry === undefined || !repeatable || answeredAt + retry.everyMs - dueAt > retry.limitMs) {
        counts[outcome] += 1;
        orders.push({
          idempotencyKey: order.idempotencyKey,
          customerId: order.customerId,
          outcome,
          ...(answer.status === undefined ? {} : { status: answer.status }),
          ...(answer.orderId === undefined ? {} : { orderId: answer.orderId }),
          dueAt,
          answeredAt,
          ...(repeated === 0 ? {} : { repetitions: repeated }),
        });
        return;
      }
      doubtful = true;
      await pause(retry.everyMs);
      repeated += 1;
      repetitions += 1;
    }
  }

  function start(order: PreparedOrder, dueAt: number): void {
    lateness.push(now() - dueAt);
    const work = place(order, dueAt).finally(() => underWay.delete(work));
    underWay.add(work);
  }

  const report = (): void =>
    options.onProgress?.({
      elapsedMs: Math.max(0, now() - startedAt),
      planned: offsets.length,
      due,
      inFlight,
      ...counts,
      unsent,
    });
  const reporting = setInterval(report, PROGRESS_MS);
  try {
    while (due < offsets.length && options.signal?.aborted !== true) {
      const dueAt = startedAt + (offsets[due] ?? 0);
      const waitMs = dueAt - now();
      if (waitMs > 0) {
        await rest(waitMs, options.signal);
        continue;
      }
      const order = prepared[due];
      due += 1;
      if (inFlight >= maxInFlight) unsent += 1;
      else if (order !== undefined) start(order, dueAt);
    }
    while (underWay.size > 0) await Promise.all(underWay);
  } finally {
    clearInterval(reporting);
    sender.close();
  }
  report();
  const { user, system } = process.cpuUsage(cpuBefore);
  orders.sort((a, b) => a.dueAt - b.dueAt);
  const latencies = orders
    .filter((order) => order.outcome === "accepted")
    .map((order) => order.answeredAt - order.dueAt);
  return {
    orders,
    due,
    unsent,
    repetitions,
    failures: Object.fromEntries([...failures].sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))),
    startedAt,
    endedAt: now(),
    latency: summarize(latencies),
    histogram: histogram(latencies),
    lateness: summarize(lateness),
    cpuSeconds: (user + system) / 1e6,
  };
}

interface PreparedOrder extends OrderPost {
  readonly customerId: string;
}

/** All expensive work is done before the clock runs: bodies, keys, and one token for each customer. */
async function prepare(
  target: LoadTarget,
  plan: LoadPlan,
  count: number,
  newKey: () => string,
): Promise<readonly PreparedOrder[]> {
  const planned = Array.from({ length: count }, (_, index) => plan.order(index));
  const customers = [...new Set(planned.map((order) => order.customerId))];
  const tokens = new Map(
    await Promise.all(
      customers.map(async (customer) => [customer, `Bearer ${await target.tokenFor(customer)}`] as const),
    ),
  );
  return planned.map(({ customerId, body }) => ({
    customerId,
    authorization: tokens.get(customerId) ?? "",
    idempotencyKey: newKey(),
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  }));
}

/** Waits at least this long, in whole milliseconds, or until the signal is aborted. */
async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(Math.ceil(ms), undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
}
