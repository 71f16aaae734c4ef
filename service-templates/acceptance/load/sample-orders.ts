/** Orders like those of many customers, the same ones for the same seed. */
import type { PlannedOrder } from "../../../cli/project/load.ts";
import { seededRandom } from "../../../cli/project/load.ts";

/** The products and customers of sample orders. */
export interface SampleOrderOptions {
  readonly seed: number | string;
  /** Product ids of the price list to choose from, not empty. */
  readonly products: readonly string[];
  /** Number of customers. The gateway limits the rate of each; see {@link enoughCustomers}. */
  readonly customers: number;
  /** Most different products in one order. @default 2 */
  readonly itemsPerOrder?: number;
  /** Most units of each product in an order; from 1. @default 3 */
  readonly mostUnits?: number;
  /** @default "load-customer" */
  readonly customerPrefix?: string;
}

/** Products of the price list with large stocks. */
export const STOCKED_PRODUCTS: readonly string[] = [
  "sku-backpack",
  "sku-charger",
  "sku-headphones",
  "sku-keyboard",
  "sku-laptop",
  "sku-monitor",
  "sku-mouse",
  "sku-webcam",
];

const CITIES = ["Amsterdam", "Berlin", "Lisbon", "Madrid", "Osaka", "San Francisco", "São Paulo", "Warszawa"] as const;
const MOST_UNITS = 3;

/** Returns the number of customers that keeps each far below the gateway's limit of 200 requests a second. */
export function enoughCustomers(ratePerSecond: number): number {
  return Math.max(50, Math.ceil(ratePerSecond * 2));
}

/** Returns orders by number; call it in ascending order to get the same orders for the same seed. */
export function sampleOrders(options: SampleOrderOptions): (index: number) => PlannedOrder {
  const { products, customers, itemsPerOrder = 2, mostUnits = MOST_UNITS, customerPrefix = "load-customer" } = options;
  if (products.length === 0) throw new RangeError("products is empty; give at least one product of the price list");
  const random = seededRandom(options.seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  return () => {
    const customer = below(customers);
    const first = below(products.length);
    const count = 1 + below(Math.min(itemsPerOrder, products.length));
    const items = Array.from({ length: count }, (_, place) => ({
      productId: products[(first + place) % products.length] ?? "",
      quantity: 1 + below(mostUnits),
    }));
    return {
      customerId: `${customerPrefix}-${customer}`,
      body: {
        items,
        currency: "USD",
        shippingAddress: `${1 + below(200)} Main Street, ${CITIES[below(CITIES.length)] ?? CITIES[0]}`,
      },
    };
  };
}
