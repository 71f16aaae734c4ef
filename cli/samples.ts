/** Three sample orders: one that is confirmed, one whose payment is declined, one for more than there is. */
import type { CommandContext } from "./context.ts";
import { KitError } from "./errors.ts";
import { orderClient, outcomeLine, stepWriter } from "./ordering.ts";
import type { OrderOutcome, Product } from "./orders.ts";
import { listProducts, placeAndFollow } from "./orders.ts";
import type { PlatformStatus } from "./platform/platform-status.ts";
import { colorsFor } from "./terminal/output.ts";

interface Sample {
  readonly title: string;
  readonly productId: string;
  readonly quantity: number;
  readonly expected: { readonly status: string; readonly reason?: string };
}

/** A first order meets cold code everywhere. */
const SAMPLE_LIMIT_MS = 30_000;
const SWITCH_LIMIT_MS = 5_000;

/**
 * Places the samples one after the other, showing each step.
 * @returns the outcomes in order.
 * @throws KitError `KIT_SAMPLE_FAILED` when one does not end as it should.
 */
export async function placeSamples(
  context: CommandContext,
  status: PlatformStatus,
  stream: NodeJS.WriteStream,
): Promise<readonly OrderOutcome[]> {
  const colors = colorsFor(stream, context.env);
  const client = await orderClient(context, "customer-1");
  const products = await listProducts(client);
  const [plenty] = products;
  if (plenty === undefined) throw new KitError("KIT_SAMPLE_FAILED", "the price list is empty");
  const outcomes: OrderOutcome[] = [];
  const place = async (sample: Sample): Promise<void> => {
    stream.write(`\n${colors.bold(sample.title)}  ${colors.dim(`${sample.quantity} × ${sample.productId}`)}\n`);
    const outcome = await placeAndFollow(
      client,
      {
        items: [{ productId: sample.productId, quantity: sample.quantity }],
        currency: "USD",
        shippingAddress: "1 Market Street, San Francisco",
      },
      { timeoutMs: SAMPLE_LIMIT_MS, onStep: stepWriter(context, stream) },
    );
    stream.write(`  ${outcomeLine(outcome)}\n`);
    outcomes.push(outcome);
    const { expected } = sample;
    if (outcome.status !== expected.status || outcome.reason !== expected.reason) {
      throw new KitError(
        "KIT_SAMPLE_FAILED",
        `"${sample.title}" (${outcome.orderId}) is ${outcomeLine(outcome)}; expected ${expected.status}${expected.reason === undefined ? "" : ` (${expected.reason})`}`,
      );
    }
  };
  await place({ title: "An order", productId: plenty.productId, quantity: 1, expected: { status: "confirmed" } });
  await withDecliningPayments(status, () =>
    place({
      title: "An order whose payment is declined",
      productId: plenty.productId,
      quantity: 1,
      expected: { status: "cancelled", reason: "payment_declined" },
    }),
  );
  await place({
    title: "An order for more than there is",
    ...scarce(products),
    expected: { status: "cancelled", reason: "insufficient_stock" },
  });
  return outcomes;
}

/** More than is in stock of the product that is scarce; of any product when none is. */
function scarce(products: readonly Product[]): { productId: string; quantity: number } {
  const product =
    products.find(({ productId, name }) => /scarce|limited|rare/i.test(`${productId} ${name ?? ""}`)) ??
    products.at(-1);
  return { productId: product?.productId ?? "", quantity: SCARCE_QUANTITY };
}

/** The price list's scarce product has fewer; an order may ask for so many. */
const SCARCE_QUANTITY = 100;

/** Switches the payment simulator to decline while `work` runs, and back to what it was. */
async function withDecliningPayments(status: PlatformStatus, work: () => Promise<void>): Promise<void> {
  const management = status.endpoints?.services?.["payment-service"]?.management[0];
  if (management === undefined) throw new KitError("KIT_SAMPLE_FAILED", "payment-service has no management address");
  const url = new URL("/simulator", management).href;
  const before = await simulator(url, "GET");
  await simulator(url, "PUT", { behaviour: "decline" });
  try {
    await work();
  } finally {
    await simulator(url, "PUT", before);
  }
}

async function simulator(url: string, method: "GET" | "PUT", body?: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    signal: AbortSignal.timeout(SWITCH_LIMIT_MS),
  }).catch((cause: unknown) => {
    throw new KitError("KIT_SAMPLE_FAILED", `the payment simulator at ${url} does not answer`, { cause });
  });
  if (!response.ok)
    throw new KitError("KIT_SAMPLE_FAILED", `the payment simulator at ${url} answered ${response.status}`);
  const text = await response.text();
  return text === "" ? {} : JSON.parse(text);
}
