import { formatQuantity, parseQuantity, type Quantity, type UnitFamily } from "./quantity.ts";
import { sizeUnits } from "./size.ts";

/** Rates in bytes per second. */
export const rateUnits: UnitFamily = {
  noun: "rate",
  base: "bytes per second",
  units: Object.fromEntries(Object.entries(sizeUnits.units).map(([unit, factor]) => [`${unit}/s`, factor])),
  example: "10MiB/s",
};

/**
 * Assumed rate of a producer that declares none. Disks are planned with it, so the owner should correct it once the
 * rate is known.
 */
export const assumedRate = "50kB/s";

/** Parses `10MiB/s`, `500kB/s`, … as bytes per second. */
export function parseRate(text: string): Quantity {
  return parseQuantity(text, rateUnits);
}

/** Prints bytes per second in the largest unit that keeps them whole: 10485760 is `10MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return formatQuantity(bytesPerSecond, rateUnits);
}
