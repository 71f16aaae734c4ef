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

/** What one sample order takes at most: two products, three units each. */
const MOST_UNITS_PER_ORDER = 6;
/** For orders that take more of one product than of the others. */
const SPARE_UNITS = 1_000;

/** Units of each product that a load needs, so that no order ends for want of goods. */
export function unitsFor(ratePerSecond: number, durationMs: number, products: number): number {
  return Math.ceil((ratePerSecond * durationMs * MOST_UNITS_PER_ORDER) / 1_000 / products) + SPARE_UNITS;
}

/** Adds units to products that have fewer than so many available. */
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

/** Makes exactly so many units of a product available. */
export async function setAvailable(inventory: RunDatabase, product: string, units: number): Promise<void> {
  const { rowCount } = await inventory.query(
    "UPDATE stock SET initial = reserved + sold + $2::int, available = $2::int, updated_at = clock_timestamp() WHERE product_id = $1",
    [product, units],
  );
  if (rowCount !== 1) throw new KitError("KIT_BENCH_FAILED", `the inventory does not stock ${product}`);
}

/** What there is of a product now. */
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
