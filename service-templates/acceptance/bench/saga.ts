/**
 * Benchmark of the order saga under open-loop load. It measures the time until an order is accepted and until it is
 * confirmed, where the time is spent, whether the platform keeps up, and the resources of each part. `kit bench saga`
 * runs it.
 */
import type { Arrivals, CommandContext, Measured } from "../../../cli/project/bench.ts";
import {
  KitError,
  loadBefore,
  parseDuration,
  progressReporter,
  runBenchmarkProgram,
  thisMachine,
} from "../../../cli/project/bench.ts";
import { arrivalsOf } from "./order-clients.ts";
import { judgeAims } from "./saga/aims.ts";
import type { MeasuredRate } from "./saga/measure-rate.ts";
import { measureRate } from "./saga/measure-rate.ts";
import { sagaPicture } from "./saga/picture.ts";
import { reportText } from "./saga/report.ts";
import type { SagaPlatform } from "./saga-platform.ts";
import { withSagaPlatform } from "./saga-platform.ts";

interface SagaOptions {
  readonly rates: readonly number[];
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly arrivals: Arrivals;
  readonly seed: string;
  readonly running: boolean;
  readonly profile: string | undefined;
}

/** Time between progress lines without a terminal, in milliseconds. */
const PLAIN_INTERVAL_MS = 10_000;

function readOptions(options: Readonly<Record<string, unknown>>): SagaOptions {
  const text = (name: string): string => String(options[name]);
  const arrivals = arrivalsOf(text("arrivals"));
  const rates = text("rate")
    .split(",")
    .map((word) => {
      const rate = /^\d+(\.\d+)?$/.test(word.trim()) ? Number(word) : 0;
      if (rate <= 0 || rate > 10_000)
        throw new KitError("KIT_USAGE", `${JSON.stringify(word)} is not a rate: orders per second, above 0.`);
      return rate;
    });
  const durationMs = parseDuration(text("duration"));
  if (durationMs < 1_000) throw new KitError("KIT_USAGE", "--duration is below 1s.");
  const profile = options.profile;
  return {
    rates,
    durationMs,
    warmupMs: parseDuration(text("warmup")),
    arrivals,
    seed: text("seed"),
    running: options.running === true,
    profile: typeof profile === "string" ? profile : undefined,
  };
}

async function run(
  context: CommandContext,
  given: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Measured> {
  const options = readOptions(given);
  const machine = thisMachine();
  const beforeOneMinute = loadBefore();
  const measured = await withSagaPlatform(context, { running: options.running, signal }, (platform) =>
    measureAll(context, platform, options, signal),
  );
  const results = measured.map(({ result }) => ({ ...result, aims: judgeAims(result) }));
  const { durationMs, warmupMs, arrivals, seed } = options;
  const subtitle = `${durationMs / 1000} s each after ${warmupMs / 1000} s of warm-up, ${arrivals} arrivals, seed ${seed} · 9 brokers and every service on ${machine.cpus} × ${machine.cpu}`;
  const profiles = measured.flatMap(({ result, profile }) =>
    profile === undefined ? [] : [[`-${options.profile}-${result.ratePerSecond}.cpuprofile`, profile] as const],
  );
  return {
    document: {
      name: "saga",
      machine,
      load: {
        beforeOneMinute,
        durationMs,
        warmupMs,
        arrivals,
        seed,
        ...(options.profile === undefined ? {} : { profiled: options.profile }),
      },
      results,
    },
    text: reportText(results),
    files: new Map([[".svg", sagaPicture(results, subtitle)], ...profiles]),
    good: results.every((result) => result.orders.confirmed === result.orders.due),
  };
}

async function measureAll(
  context: CommandContext,
  platform: SagaPlatform,
  options: SagaOptions,
  signal: AbortSignal,
): Promise<readonly MeasuredRate[]> {
  const profiled = options.profile === undefined ? undefined : findService(platform, options.profile);
  const reporter = progressReporter(context);
  const measured: MeasuredRate[] = [];
  for (const ratePerSecond of options.rates) {
    measured.push(
      await reporter.step(`${ratePerSecond} orders/s`, async (say) => {
        let last = 0;
        return await measureRate(
          platform,
          {
            ratePerSecond,
            durationMs: options.durationMs,
            warmupMs: options.warmupMs,
            arrivals: options.arrivals,
            seed: options.seed,
            ...(profiled === undefined ? {} : { profiled }),
          },
          signal,
          (detail) => {
            const now = context.now();
            if (!reporter.live && now - last < PLAIN_INTERVAL_MS) return;
            last = now;
            say(detail);
          },
        );
      }),
    );
  }
  return measured;
}

/** Returns the process of a service; with several instances, the first. */
function findService(platform: SagaPlatform, service: string): { readonly name: string; readonly pid: number } {
  const services = platform.processes.filter((process) => process.role === "service");
  const found =
    services.find((process) => process.name === service) ?? services.find((process) => process.name === `${service}-0`);
  if (found === undefined || found.pid === null)
    throw new KitError(
      "KIT_USAGE",
      `There is no service ${JSON.stringify(service)}; there are: ${services.map((process) => process.name).join(", ")}.`,
    );
  return { name: found.name, pid: found.pid };
}

await runBenchmarkProgram({
  name: "saga",
  summary:
    "Orders on a fixed schedule at several rates: time to 202 and to confirmed, by stage; backlog; processors and memory by part.",
  configure: (command) =>
    command
      .option("--rate <list>", "orders per second, one run each", "35,60,120")
      .option("--duration <duration>", "measured time of each run", "5m")
      .option("--warmup <duration>", "the same load before it, not measured", "20s")
      .option(
        "--arrivals <kind>",
        "constant (equal gaps) or poisson (bursts, as from independent customers)",
        "constant",
      )
      .option("--seed <text>", "of arrivals and orders", "1")
      .option("--running", "measure the platform that runs, instead of one brought up for this")
      .option(
        "--profile <service>",
        "take a V8 profile of one service under load: tables, and a .cpuprofile beside the JSON",
      )
      .addHelpText(
        "after",
        "\nLatency counts from when an order was due, so that a stall is seen in full (no coordinated omission).\nAn order without a certain answer is sent again under its Idempotency-Key, and counted apart. PostgreSQL may restart: the run waits for it.\nExit code 1 when an order was not confirmed; aims of speed are shown, not judged.",
      ),
  examples: [
    "npx kit bench saga",
    "npx kit bench saga --rate 10 --duration 30s --warmup 5s --running",
    "npx kit bench saga --rate 120 --duration 1m --profile order-service --out /tmp/saga.json",
  ],
  run,
});
