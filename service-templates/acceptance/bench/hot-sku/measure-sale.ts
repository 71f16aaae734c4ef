/** Measures one sale: provides stock, places orders on a schedule, waits for every terminal state, reads the databases. */
import type { Arrivals, LatencySummary, PlatformUsage } from "../../../../cli/project/bench.ts";
import {
  KitError,
  measureUsage,
  perSecond,
  runOpenLoop,
  summarize,
  untilNone,
  whileSampling,
} from "../../../../cli/project/bench.ts";
import type { OrderEnd } from "../../load/order-records.ts";
import { countKeptPayments, countUnfinished, readEnds } from "../../load/order-records.ts";
import { enoughCustomers, sampleOrders } from "../../load/sample-orders.ts";
import { setAvailable, stockLevel } from "../../load/stock.ts";
import { ANSWER_LIMIT_MS, END_LIMIT_MS, REPETITION } from "../order-clients.ts";
import type { SagaPlatform } from "../saga-platform.ts";
import type { SaleFigures } from "./judge.ts";

/** Plan of a sale. */
export interface SalePlan {
  readonly product: string;
  readonly orders: number;
  readonly units: number;
  /** Time over which orders arrive. */
  readonly overMs: number;
  readonly arrivals: Arrivals;
  readonly seed: string;
}

/** Measured figures; all times in milliseconds. */
export interface SaleResult extends SaleFigures {
  readonly name: string;
  readonly product: string;
  readonly ratePerSecond: number;
  readonly refused: number;
  readonly unknown: number;
  readonly unsent: number;
  /** Requests that were retried because an answer was uncertain, or because of too many simultaneous requests. */
  readonly repetitions: number;
  /** From due to the answer 202, to the confirmation, to the cancellation. */
  readonly latency: {
    readonly answered: LatencySummary;
    readonly confirmed: LatencySummary;
    readonly cancelled: LatencySummary;
  };
  /** Counts per second from the first due order. */
  readonly timeline: {
    readonly due: readonly number[];
    readonly confirmed: readonly number[];
    readonly cancelled: readonly number[];
    readonly available: readonly { readonly second: number; readonly units: number }[];
  };
  readonly usage: PlatformUsage;
  /** From due to sent: the delay that the generator adds to every latency. */
  readonly generatorLateness: LatencySummary;
}

const SAMPLE_MS = 100;

/** Measures a sale. Calls `say` with a line about once a second. */
export async function measureSale(
  platform: SagaPlatform,
  plan: SalePlan,
  signal: AbortSignal,
  say: (detail: string) => void,
): Promise<SaleResult> {
  const { databases } = platform;
  await untilNone(() => countUnfinished(databases.orders), END_LIMIT_MS, signal);
  await setAvailable(databases.inventory, plan.product, plan.units);
  const before = await stockLevel(databases.inventory, plan.product);
  const ratePerSecond = (plan.orders * 1_000) / plan.overMs;
  const sampleOne = sampleOrders({
    seed: plan.seed,
    products: [plan.product],
    customers: enoughCustomers(ratePerSecond),
    mostUnits: 1,
  });

  let available = plan.units;
  const look = async (): Promise<{ readonly at: number; readonly units: number }> => ({
    at: Date.now(),
    units: (available = (await stockLevel(databases.inventory, plan.product)).available),
  });
  const endUsage = await measureUsage(platform.processes);
  const {
    result: { load, unfinished, settledAt, usage },
    samples,
  } = await whileSampling(SAMPLE_MS, look, async () => {
    const placed = await runOpenLoop(
      platform.target,
      {
        ratePerSecond,
        durationMs: plan.overMs,
        arrivals: plan.arrivals,
        seed: plan.seed,
        timeoutMs: ANSWER_LIMIT_MS,
        retry: REPETITION,
        order: sampleOne,
      },
      {
        signal,
        onProgress: (progress) =>
          say(
            `${progress.due} of ${progress.planned} orders due, ${progress.accepted} accepted, ${available} units left`,
          ),
      },
    );
    if (signal.aborted) throw new KitError("KIT_CANCELLED", "benchmark");
    say("waiting for the last orders");
    const left = await untilNone(() => countUnfinished(databases.orders), END_LIMIT_MS, signal);
    return { load: placed, unfinished: left, settledAt: Date.now(), usage: await endUsage() };
  });
  const after = await stockLevel(databases.inventory, plan.product);

  const accepted = load.orders.flatMap((order) =>
    order.orderId === undefined || order.outcome !== "accepted" ? [] : [{ ...order, orderId: order.orderId }],
  );
  const ends = await readEnds(
    databases,
    accepted.map((order) => order.orderId),
  );
  const timesTo = (status: string): readonly { readonly due: number; readonly at: number }[] =>
    accepted.flatMap(({ orderId, dueAt }) => {
      const end = ends.get(orderId);
      return end?.status === status && end.endedAt !== undefined ? [{ due: dueAt, at: end.endedAt }] : [];
    });
  const [confirmed, cancelled] = [timesTo("confirmed"), timesTo("cancelled")];
  const lastEnd =
    unfinished === 0 ? Math.max(load.startedAt, ...[...confirmed, ...cancelled].map(({ at }) => at)) : settledAt;
  const seconds = Math.ceil((lastEnd - load.startedAt + 1) / 1000);
  const idsOf = (status: string): readonly string[] =>
    [...ends.values()].filter((end) => end.status === status).map((end) => end.orderId);
  const durations = (times: readonly { readonly due: number; readonly at: number }[]): LatencySummary =>
    summarize(times.map(({ due, at }) => at - due));
  return {
    name: "sale",
    product: plan.product,
    ratePerSecond,
    orders: load.due,
    units: plan.units,
    accepted: accepted.length,
    refused: load.orders.filter((order) => order.outcome === "refused").length,
    unknown: load.orders.filter((order) => order.outcome === "unknown").length,
    unsent: load.unsent,
    repetitions: load.repetitions,
    confirmed: confirmed.length,
    cancelled: countReasons([...ends.values()]),
    unfinished,
    before,
    after,
    leastAvailable: Math.min(after.available, ...samples.map(({ units }) => units)),
    keptPayments: {
      confirmed: await countKeptPayments(databases, idsOf("confirmed")),
      cancelled: await countKeptPayments(databases, idsOf("cancelled")),
    },
    elapsedMs: Math.round(lastEnd - load.startedAt),
    latency: {
      answered: summarize(accepted.map((order) => order.answeredAt - order.dueAt)),
      confirmed: durations(confirmed),
      cancelled: durations(cancelled),
    },
    timeline: {
      due: perSecond(
        load.orders.map((order) => order.dueAt),
        load.startedAt,
        seconds,
      ),
      confirmed: perSecond(
        confirmed.map(({ at }) => at),
        load.startedAt,
        seconds,
      ),
      cancelled: perSecond(
        cancelled.map(({ at }) => at),
        load.startedAt,
        seconds,
      ),
      available: samples
        .filter(({ at }) => at >= load.startedAt && at <= lastEnd)
        .map(({ at, units }) => ({ second: Math.round((at - load.startedAt) / 100) / 10, units })),
    },
    usage,
    generatorLateness: load.lateness,
  };
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
