/**
 * Benchmark of a sale: thousands of orders for a few units of one product. It checks that exactly these units are sold,
 * no unit is sold twice, and all other customers are refused soon. `kit bench hot-sku` runs it.
 */
import type { CommandContext, Measured } from "../../../cli/project/bench.ts";
import {
  KitError,
  loadBefore,
  parseDuration,
  parseQuantity,
  progressReporter,
  runBenchmarkProgram,
  thisMachine,
} from "../../../cli/project/bench.ts";
import { judgeSale } from "./hot-sku/judge.ts";
import type { SalePlan } from "./hot-sku/measure-sale.ts";
import { measureSale } from "./hot-sku/measure-sale.ts";
import { salePicture } from "./hot-sku/picture.ts";
import { saleText } from "./hot-sku/report.ts";
import { arrivalsOf } from "./order-clients.ts";
import { withSagaPlatform } from "./saga-platform.ts";

interface HotSkuOptions {
  readonly plan: SalePlan;
  readonly withinMs: number;
  readonly running: boolean;
}

/** Time between progress lines without a terminal, in milliseconds. */
const PLAIN_INTERVAL_MS = 5_000;
const MOST_ORDERS = 100_000;

function readOptions(options: Readonly<Record<string, unknown>>): HotSkuOptions {
  const text = (name: string): string => String(options[name]);
  const arrivals = arrivalsOf(text("arrivals"));
  const orders = parseQuantity(text("orders"));
  if (orders > MOST_ORDERS) throw new KitError("KIT_USAGE", `--orders ${orders} is above ${MOST_ORDERS}.`);
  const withinMs = parseDuration(text("within"));
  const overMs = options.over === undefined ? Math.round(withinMs / 2) : parseDuration(text("over"));
  if (overMs < 1_000)
    throw new KitError("KIT_USAGE", "Orders arrive over less than 1s; give a longer --over, or --within.");
  if (overMs > withinMs)
    throw new KitError("KIT_USAGE", "--over is longer than --within: the last order would come too late.");
  return {
    plan: {
      product: text("product"),
      orders,
      units: parseQuantity(text("units")),
      overMs,
      arrivals,
      seed: text("seed"),
    },
    withinMs,
    running: options.running === true,
  };
}

async function run(
  context: CommandContext,
  given: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Measured> {
  const { plan, withinMs, running } = readOptions(given);
  const machine = thisMachine();
  const beforeOneMinute = loadBefore();
  const reporter = progressReporter(context);
  const sale = await withSagaPlatform(context, { running, signal }, (platform) =>
    reporter.step(`${plan.orders} orders for ${plan.units} units of ${plan.product}`, async (say) => {
      let last = 0;
      return await measureSale(platform, plan, signal, (detail) => {
        const now = context.now();
        if (!reporter.live && now - last < PLAIN_INTERVAL_MS) return;
        last = now;
        say(detail);
      });
    }),
  );
  const verdicts = judgeSale(sale, withinMs);
  const { overMs, arrivals, seed } = plan;
  const subtitle = `${Math.round(sale.ratePerSecond)} orders/s for ${overMs / 1000} s, ${arrivals} arrivals, seed ${seed} · 9 brokers and every service on ${machine.cpus} × ${machine.cpu}`;
  return {
    document: {
      name: "hot-sku",
      machine,
      load: { beforeOneMinute, orders: plan.orders, units: plan.units, overMs, withinMs, arrivals, seed },
      results: [{ ...sale, aims: verdicts }],
    },
    text: saleText(sale, verdicts),
    files: new Map([[".svg", salePicture(sale, subtitle)]]),
    good: verdicts.every(({ exact, reached }) => !exact || reached),
  };
}

await runBenchmarkProgram({
  name: "hot-sku",
  summary:
    "Thousands of orders for a few units of one product: exactly those are sold, the rest is cancelled with the reason; how fast.",
  configure: (command) =>
    command
      .option("--orders <number>", "orders, each for one unit", "3000")
      .option("--units <number>", "units there are", "1000")
      .option("--within <duration>", "time in which the last order is meant to have its end", "1m")
      .option("--over <duration>", "time over which the orders arrive (default: half of --within)")
      .option(
        "--product <id>",
        "product of the price list; its stock is set to --units and stays sold out",
        "sku-limited",
      )
      .option(
        "--arrivals <kind>",
        "constant (equal gaps) or poisson (bursts, as from independent customers)",
        "constant",
      )
      .option("--seed <text>", "of arrivals and customers", "1")
      .option("--running", "measure the platform that runs, instead of one brought up for this")
      .addHelpText(
        "after",
        "\nExit code 1 when not exactly the units were sold, or an order was not accepted, has no end, or another reason;\naims of speed are shown, not judged.",
      ),
  examples: [
    "npx kit bench hot-sku",
    "npx kit bench hot-sku --orders 300 --units 20 --within 10s --running",
    "npx kit bench hot-sku --orders 3000 --units 1000 --over 10s --arrivals poisson",
  ],
  run,
});
