import { expect, it } from "vitest";
import { enoughCustomers, STOCKED_PRODUCTS, sampleOrders } from "../../load/sample-orders.ts";

it("sample orders are the same for the same seed, and within what the platform takes", () => {
  const options = { seed: 5, products: STOCKED_PRODUCTS, customers: 50 };
  const [once, again, other] = [
    sampleOrders(options),
    sampleOrders(options),
    sampleOrders({ ...options, seed: 6 }),
  ].map((order) => Array.from({ length: 500 }, (_, index) => order(index)));
  expect(once).toEqual(again);
  expect(once).not.toEqual(other);
  for (const { customerId, body } of once ?? []) {
    expect(customerId).toMatch(/^[\w.@:|-]{1,128}$/);
    const { items } = body as { items: { productId: string; quantity: number }[] };
    expect(new Set(items.map((item) => item.productId)).size).toBe(items.length);
    for (const item of items) {
      expect(STOCKED_PRODUCTS).toContain(item.productId);
      expect([1, 2, 3]).toContain(item.quantity);
    }
  }
  expect(new Set(once?.map((order) => order.customerId)).size).toBeGreaterThan(45);
  expect(() => sampleOrders({ ...options, products: [] })).toThrow(/products is empty/);
});

it.each([
  [1, 50],
  [35, 70],
  [120, 240],
  [1_000, 2_000],
])("%d orders/s get %d customers", (rate, expected) => {
  expect(enoughCustomers(rate)).toBe(expected);
});
