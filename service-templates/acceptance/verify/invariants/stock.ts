/**
 * 4. Stock: initial = available + reserved + sold, never below 0. The sums of the reservations equal the reserved and
 *   sold pieces.
 */
import type { Judgement } from "../../../../cli/project/verification.ts";
import type { SampleContext } from "../evidence.ts";

export function stock(context: SampleContext): Judgement {
  const violations = context.newViolations();
  const inventory = context.evidence.tables.inventory;
  const figures = { products: 0, initial: 0, available: 0, reserved: 0, sold: 0 };
  if (inventory === undefined) return { figures, violations, notes: ["inventory-service has no database here"] };
  const held = new Map(inventory.pieces.map(({ productId, status, pieces }) => [`${status} ${productId}`, pieces]));
  for (const row of inventory.stock) {
    const { productId, initial, available, reserved, sold } = row;
    figures.products += 1;
    for (const name of ["initial", "available", "reserved", "sold"] as const) {
      figures[name] += row[name];
      if (row[name] < 0) violations.add(productId, `${name} is ${row[name]}`);
    }
    if (available + reserved + sold !== initial)
      violations.add(
        productId,
        `available ${available} + reserved ${reserved} + sold ${sold} = ${available + reserved + sold}, initial is ${initial}`,
      );
    for (const status of ["reserved", "sold"] as const) {
      const pieces = held.get(`${status} ${productId}`) ?? 0;
      if (pieces !== row[status])
        violations.add(
          productId,
          `${row[status]} pieces are ${status}, the reservations that are ${status} hold ${pieces}`,
        );
    }
  }
  const stocked = new Set(inventory.stock.map(({ productId }) => productId));
  for (const { productId, status, pieces } of inventory.pieces) {
    if (!stocked.has(productId))
      violations.add(productId, `${pieces} pieces are ${status} of a product that is not stocked`);
  }
  return { figures, violations };
}
