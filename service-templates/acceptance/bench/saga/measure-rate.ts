/** Measures one rate: places orders, waits for every terminal state, reads the databases. */

import { setTimeout as pause } from "node:timers/promises";
import type {
  Arrivals,
  BacklogSample,
  BacklogVerdict,
  Interruptions,
  LatencySummary,
  LoadResult,
  PlatformUsage,
  ProfileSummary,
} from "../../../../cli/project/bench.ts";
import {
  judgeBacklog,
  KitError,
  measureUsage,
  perSecond,
  profileProcess,
  runOpenLoop,
  summarize,
  summarizeProfile,
  untilNone,
  whileSampling,
} from "../../../../cli/project/bench.ts";
import type { OrderEnd } from "../../load/order-records.ts";
import { countUnfinished, readEnds, readOrderTimes } from "../../load/order-records.ts";
import { enoughCustomers, STOCKED_PRODUCTS, sampleOrders } from "../../load/sample-orders.ts";
import type { StageSummary } from "../../load/stages.ts";
import { stagesOf, summarizeStages } from "../../load/stages.ts";
import { ensureAvailable, unitsFor } from "../../load/stock.ts";
import { ANSWER_LIMIT_MS, END_LIMIT_MS, REPETITION } from "../order-clients.ts";
import type { SagaPlatform } from "../saga-platform.ts";

/** Plan of a measurement. */
export interface RatePlan {
  readonly ratePerSecond: number;
  /** Measured time, in milliseconds. */
  readonly durationMs: number;
  /** Duration of the same load before the measurement, to warm up code and caches. */
  readonly warmupMs: number;
  readonly arrivals: Arrivals;
  readonly seed: string;
  /** Process to profile during the measured time. */
  readonly profiled?: { readonly name: string; readonly pid: number };
}

/** Results at one rate; all times in milliseconds. */
export interface RateResult {
  readonly name: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly orders: {
    readonly due: number;
    readonly accepted: number;
    readonly refused: number;
    /** Orders without a certain answer when the retries ended; such an order may exist. */
    readonly unknown: number;
    /**
     * Orders that were retried under their Idempotency-Key because an answer was uncertain, and their results; included
     * in the counts above.
     */
    readonly repeated: {
      readonly orders: number;
      readonly requests: number;
      readonly accepted: number;
      readonly answered: LatencySummary;
    };
    /** Number of requests that were refused or got no certain answer, by error. */
    readonly failures: Readonly<Record<string, number>>;
    /** Orders that were due but not sent, because too many requests were in progress. */
    readonly unsent: number;
    readonly confirmed: number;
    readonly cancelled: Readonly<Record<string, number>>;
    /** Orders that were not in a terminal state when the wait ended. */
    readonly unfinished: number;
  };
  /** Shares of the due orders: confirmed, cancelled, and neither (refused, unknown, unsent, unfinished). */
  readonly shares: { readonly confirmed: number; readonly cancelled: number; readonly failed: number };
  /** From due to the answer 202. */
  readonly answered: LatencySummary;
  /** From due to the step order.confirmed. */
  readonly confirmed: LatencySummary;
  /** Durations along the critical path; `orders` is the number of orders whose times are all known. */
  readonly stages: {
    readonly orders: number;
    readonly waitedForPayment: number;
    readonly waitedForInventory: number;
    readonly durations: readonly StageSummary[];
  };
  /** Counts per second of the measured time. */
  readonly timeline: {
    readonly due: readonly number[];
    readonly confirmed: readonly number[];
    readonly unfinished: readonly { readonly second: number; readonly orders: number }[];
  };
  readonly backlog: BacklogVerdict;
  /** From the last due order to the terminal state of the last order. */
  readonly drainMs: number;
  /** How often, and for how long in total, a database of the saga did not answer the benchmark itself, which then waited. */
  readonly databaseInterruptions: Interruptions;
  readonly usage: PlatformUsage;
  /** From due to sent: the delay that the generator adds to every latency. */
  readonly generatorLateness: LatencySummary;
  readonly profile?: ProfileSummary & { readonly process: string };
}

/** A result, with data that is too large for the document. */
export interface MeasuredRate {
  readonly result: RateResult;
  /** V8's profile, for tools that read this format. */
  readonly profile?: string;
}

const SAMPLE_MS = 1_000;
const PROFILE_LIMIT_MS = 30_000;
const TOP = 25;

/** Measures one rate. Calls `say` with a line about once a second. */
export async function measureRate(
  platform: SagaPlatform,
  plan: RatePlan,
  signal: AbortSignal,
  say: (detail: string) => void,
): Promise<MeasuredRate> {
  const { databases } = platform;
  const { ratePerSecond, durationMs, warmupMs } = plan;
  const totalMs = warmupMs + durationMs;
  const interruptedBefore = databases.orders.interruptions();
  await ensureAvailable(
    databases.inventory,
    STOCKED_PRODUCTS,
    unitsFor(ratePerSecond, totalMs, STOCKED_PRODUCTS.length),
  );
  await untilNone(() => countUnfinished(databases.orders), END_LIMIT_MS, signal);

  let unfinished = 0;
  const look = async (): Promise<BacklogSample> => ({
    at: Date.now(),
    unfinished: (unfinished = await countUnfinished(databases.orders)),
  });
  const windows: { usage?: Promise<PlatformUsage>; profile?: ReturnType<typeof profileProcess> } = {};
  const place = (): Promise<LoadResult> =>
    runOpenLoop(
      platform.target,
      {
        ratePerSecond,
        durationMs: totalMs,
        arrivals: plan.arrivals,
        seed: plan.seed,
        timeoutMs: ANSWER_LIMIT_MS,
        retry: REPETITION,
        order: sampleOrders({ seed: plan.seed, products: STOCKED_PRODUCTS, customers: enoughCustomers(ratePerSecond) }),
      },
      {
        signal,
        onStart(startedAt) {
          windows.usage = usageBetween(platform, startedAt + warmupMs, startedAt + totalMs, signal);
          windows.usage.catch(() => undefined);
          if (plan.profiled === undefined) return;
          windows.profile = profileLater(
            plan.profiled.pid,
            startedAt + warmupMs + durationMs * 0.1,
            Math.min(PROFILE_LIMIT_MS, durationMs * 0.8),
            signal,
          );
          windows.profile.catch(() => undefined);
        },
        onProgress: (progress) =>
          say(
            `${Math.round(progress.elapsedMs / 1000)} of ${Math.round(totalMs / 1000)} s, ${progress.due} orders due, ${progress.accepted} accepted, ${unfinished} under way${failures(progress)}`,
          ),
      },
    );
  const {
    result: { load, left },
    samples,
  } = await whileSampling(SAMPLE_MS, look, async () => {
    const placed = await place();
    if (signal.aborted) throw new KitError("KIT_CANCELLED", "benchmark");
    say("waiting for the last orders");
    return { load: placed, left: await untilNone(() => countUnfinished(databases.orders), END_LIMIT_MS, signal) };
  });
  const [usage, profile] = [await windows.usage, await windows.profile];
  if (usage === undefined) throw new KitError("KIT_BENCH_FAILED", "the load never began");

  const [from, to] = [load.startedAt + warmupMs, load.startedAt + totalMs];
  const orders = load.orders.filter((order) => order.dueAt >= from);
  const accepted = orders.flatMap((order) =>
    order.orderId === undefined || order.outcome !== "accepted" ? [] : [{ ...order, orderId: order.orderId }],
  );
  const ends = await readEnds(
    databases,
    accepted.map((order) => order.orderId),
  );
  const confirmed = new Map(
    accepted.flatMap(({ orderId, dueAt }) => {
      const end = ends.get(orderId);
      return end?.status === "confirmed" && end.endedAt !== undefined
        ? [[orderId, { due: dueAt, confirmed: end.endedAt }] as const]
        : [];
    }),
  );
  const stages = (await readOrderTimes(databases, confirmed, load.startedAt)).map(stagesOf);
  const cancelled = countReasons(accepted.flatMap(({ orderId }) => ends.get(orderId) ?? []));
  const cancelledCount = Object.values(cancelled).reduce((sum, count) => sum + count, 0);
  const due = orders.length + load.unsent;
  const repeated = orders.filter((order) => order.repetitions !== undefined);
  const seconds = Math.ceil(durationMs / 1000);
  const measured = samples.filter((sample) => sample.at >= from && sample.at < to);
  const lastEnd = Math.max(...[...ends.values()].map((end) => end.endedAt ?? 0), to);
  const profileSummary =
    profile === undefined || plan.profiled === undefined
      ? undefined
      : { process: plan.profiled.name, ...summarizeProfile(profile, TOP) };
  const result: RateResult = {
    name: `${ratePerSecond} orders/s`,
    ratePerSecond,
    seconds: durationMs / 1000,
    orders: {
      due,
      accepted: accepted.length,
      refused: orders.filter((order) => order.outcome === "refused").length,
      unknown: orders.filter((order) => order.outcome === "unknown").length,
      repeated: {
        orders: repeated.length,
        requests: repeated.reduce((sum, order) => sum + (order.repetitions ?? 0), 0),
        accepted: repeated.filter((order) => order.outcome === "accepted").length,
        answered: summarize(
          repeated.filter((order) => order.outcome === "accepted").map((order) => order.answeredAt - order.dueAt),
        ),
      },
      failures: load.failures,
      unsent: load.unsent,
      confirmed: confirmed.size,
      cancelled,
      unfinished: accepted.length - confirmed.size - cancelledCount,
    },
    shares: {
      confirmed: share(confirmed.size, due),
      cancelled: share(cancelledCount, due),
      failed: share(due - confirmed.size - cancelledCount, due),
    },
    answered: summarize(accepted.map((order) => order.answeredAt - order.dueAt)),
    confirmed: summarize([...confirmed.values()].map((times) => times.confirmed - times.due)),
    stages: {
      orders: stages.length,
      waitedForPayment: stages.filter((order) => order.critical === "payment").length,
      waitedForInventory: stages.filter((order) => order.critical === "inventory").length,
      durations: summarizeStages(stages),
    },
    timeline: {
      due: perSecond(
        orders.map((order) => order.dueAt),
        from,
        seconds,
      ),
      confirmed: perSecond(
        [...confirmed.values()].map((times) => times.confirmed),
        from,
        seconds,
      ),
      unfinished: measured.map((sample) => ({
        second: Math.round((sample.at - from) / 100) / 10,
        orders: sample.unfinished,
      })),
    },
    backlog: judgeBacklog(measured, ratePerSecond),
    drainMs: left === 0 ? Math.round(lastEnd - to) : END_LIMIT_MS,
    databaseInterruptions: interruptionsSince(databases, interruptedBefore),
    usage,
    generatorLateness: load.lateness,
    ...(profileSummary === undefined ? {} : { profile: profileSummary }),
  };
  return { result, ...(profile === undefined ? {} : { profile: JSON.stringify(profile) }) };
}

async function usageBetween(
  platform: SagaPlatform,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<PlatformUsage> {
  await pause(Math.max(0, from - Date.now()), undefined, { signal });
  const end = await measureUsage(platform.processes);
  await pause(Math.max(0, to - Date.now()), undefined, { signal });
  return await end();
}

async function profileLater(
  pid: number,
  from: number,
  durationMs: number,
  signal: AbortSignal,
): ReturnType<typeof profileProcess> {
  await pause(Math.max(0, from - Date.now()), undefined, { signal });
  return await profileProcess(pid, durationMs);
}

/**
 * Returns the interruptions of order-service's database, which is queried every second. The other databases are on the
 * same server.
 */
function interruptionsSince({ orders }: SagaPlatform["databases"], before: Interruptions): Interruptions {
  const now = orders.interruptions();
  return { times: now.times - before.times, ms: now.ms - before.ms };
}

function countReasons(ends: readonly OrderEnd[]): Readonly<Record<string, number>> {
  const groups = Map.groupBy(
    ends.filter((end) => end.status === "cancelled"),
    (end) => end.reason ?? "",
  );
  return Object.fromEntries(
    [...groups].map(([reason, members]) => [reason, members.length] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function failures(progress: { readonly refused: number; readonly unknown: number; readonly unsent: number }): string {
  const parts = (["refused", "unknown", "unsent"] as const)
    .filter((name) => progress[name] > 0)
    .map((name) => `${progress[name]} ${name}`);
  return parts.length === 0 ? "" : `, ${parts.join(", ")}`;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1e5) / 1e5;
}
