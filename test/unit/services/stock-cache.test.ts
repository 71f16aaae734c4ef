import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStock } from "../../../service-templates/inventory-service/src/stock-cache.ts";

const stock = fc
  .record({ available: fc.nat(1_000), reserved: fc.nat(1_000), sold: fc.nat(1_000) })
  .map((counts) => ({ productId: "sku-1", initial: counts.available + counts.reserved + counts.sold, ...counts }));

describe("a value of the stock's cache", () => {
  it("comes back as it was written", () => {
    fc.assert(
      fc.property(stock, (value) => {
        expect(parseStock("sku-1", JSON.stringify(value))).toEqual(value);
      }),
    );
  });
  it("counts as absent when it is anything else, and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.anything().map((value) => JSON.stringify(value) ?? ""),
        ),
        (text) => {
          const read = parseStock("sku-1", text);
          if (read !== undefined) expect(read.available + read.reserved + read.sold).toBe(read.initial);
        },
      ),
    );
  });
  it("is never believed of another product, nor with one field changed", () => {
    fc.assert(
      fc.property(
        stock,
        fc.constantFrom("initial", "available", "reserved", "sold"),
        fc.oneof(fc.string(), fc.constant(null), fc.integer({ min: 1 }), fc.double()),
        (value, field, other) => {
          expect(parseStock("sku-2", JSON.stringify(value))).toBeUndefined();
          const changed = { ...value, [field]: typeof other === "number" ? value[field] + other : other };
          if (changed[field] !== value[field]) expect(parseStock("sku-1", JSON.stringify(changed))).toBeUndefined();
        },
      ),
    );
  });
});
