/** Stock for a run: SQL on the inventory's table, whose constraint `available + reserved + sold = initial` stays true. */
import type { RunDatabase } from "../../../cli/project/load.ts";
import { KitError } from "../../../cli/project/load.ts";

/** One product's stock. */
export interface StockLevel {
  readonly initial: number;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/** Most units that one sample order requests: two products, three units each. */
const MOST_UNITS_PER_ORDER = 6;
/** Reserve for uneven demand between products. */
const SPARE_UNITS = 1_000;

/** Returns the units of each product that a load needs, so that no order is cancelled for lack of stock. */
export function unitsFor(ratePerSecond: number, durationMs: number, products: number): number {
  return Math.ceil((ratePerSecond * durationMs * MOST_UNITS_PER_ORDER) / 1_000 / products) + SPARE_UNITS;
}

/** Adds units to products that have fewer available than needed. */
export async function ensureAvailable(
  inventory: RunDatabase,
  products: readonly string[],
  units: number,
): Promise<void> {
  const { rows } = await inventory.query<{ product_id: string }>(
    "SELECT product_id FROM stock WHERE product_id = ANY($1::text[])",
    [products],
  );
  const missing = products.filter((product) => !rows.some((row) => row.product_id === product));
  if (missing.length > 0) throw new KitError("KIT_BENCH_FAILED", `the inventory does not stock ${missing.join(", ")}`);
  await inventory.query(
    `UPDATE stock SET initial = initial + ($2::int - available), available = $2::int, updated_at = clock_timestamp()
      WHERE product_id = ANY($1::text[]) AND available < $2::int`,
    [products, units],
  );
}

/** Sets the available units of a product to an exact number. */
export async function setAvailable(inventory: RunDatabase, product: string, units: number): Promise<void> {
  const { rowCount } = await inventory.query(
    "UPDATE stock SET initial = reserved + sold + $2::int, available = $2::int, updated_at = clock_timestamp() WHERE product_id = $1",
    [product, units],
  );
  if (rowCount !== 1) throw new KitError("KIT_BENCH_FAILED", `the inventory does not stock ${product}`);
}

/** Returns the current stock of a product. */
export async function stockLevel(inventory: RunDatabase, product: string): Promise<StockLevel> {
  const { rows } = await inventory.query<StockLevel>({
    name: "bench-stock",
    text: "SELECT initial, available, reserved, sold FROM stock WHERE product_id = $1",
    values: [product],
  });
  const [level] = rows;
  if (level === undefined) throw new KitError("KIT_BENCH_FAILED", `the inventory does not stock ${product}`);
  return level;
}
