/**
 * The order that `kit order` places, and the three orders of `kit start`: one is confirmed, the payment of one is
 * declined, and one exceeds the stock.
 */
import type { OrderDefinition, PlatformStatus, Product, SampleOrder } from "../../../cli/project/order.ts";
import { KitError } from "../../../cli/project/order.ts";
import { listProducts, placeAndFollow } from "./orders.ts";

const SWITCH_LIMIT_MS = 5_000;

const first = ([product]: readonly Product[]): { productId: string; quantity: number } => ({
  productId: product?.productId ?? "",
  quantity: 1,
});

const samples: readonly SampleOrder[] = [
  { title: "An order", choose: first, expected: { status: "confirmed" } },
  {
    title: "An order whose payment is declined",
    choose: first,
    expected: { status: "cancelled", reason: "payment_declined" },
    meanwhile: withDecliningPayments,
  },
  {
    title: "An order for more than there is",
    choose: scarce,
    expected: { status: "cancelled", reason: "insufficient_stock" },
  },
];

/** An order of one product. */
export const order: OrderDefinition = {
  products: listProducts,
  place: (client, { productId, quantity }, options) =>
    placeAndFollow(
      client,
      { items: [{ productId, quantity }], currency: "USD", shippingAddress: "1 Market Street, San Francisco" },
      options,
    ),
  isBad: ({ name }) => /failed|insufficient|cancelled/.test(name),
  samples,
};

/** Returns a quantity above the stock of the scarce product, or of any product if none is scarce. */
function scarce(products: readonly Product[]): { productId: string; quantity: number } {
  const product =
    products.find(({ productId, name }) => /scarce|limited|rare/i.test(`${productId} ${name ?? ""}`)) ??
    products.at(-1);
  return { productId: product?.productId ?? "", quantity: SCARCE_QUANTITY };
}

/** A quantity that the API accepts and that exceeds the stock of the scarce product. */
const SCARCE_QUANTITY = 100;

/** Sets the payment simulator to decline while `work` runs, and then restores its behaviour. */
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
