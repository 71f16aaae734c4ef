import { expect, it } from "vitest";
import { STOCKED_PRODUCTS, sampleOrders } from "../../load/sample-orders.ts";
import { unitsFor } from "../../load/stock.ts";

it("counts units enough for every order of a load, whatever its seed", () => {
  const orders = 35 * 60;
  const units = unitsFor(35, 60_000, STOCKED_PRODUCTS.length);
  for (let seed = 1; seed <= 20; seed++) {
    const order = sampleOrders({ seed, products: STOCKED_PRODUCTS, customers: 100 });
    const taken = new Map<string, number>();
    for (let number = 0; number < orders; number++) {
      const { items } = order(number).body as { items: readonly { productId: string; quantity: number }[] };
      for (const { productId, quantity } of items) taken.set(productId, (taken.get(productId) ?? 0) + quantity);
    }
    expect(Math.max(...taken.values())).toBeLessThanOrEqual(units);
  }
});
