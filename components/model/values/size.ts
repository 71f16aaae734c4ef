import { formatQuantity, parseQuantity, type Quantity, type UnitFamily } from "./quantity.ts";

/** Sizes in bytes: `MB` is a million bytes, `MiB` is 2^20 (IEC 80000-13). */
export const sizeUnits: UnitFamily = {
  noun: "size",
  base: "bytes",
  units: { B: 1, kB: 1e3, KiB: 2 ** 10, MB: 1e6, MiB: 2 ** 20, GB: 1e9, GiB: 2 ** 30, TB: 1e12, TiB: 2 ** 40 },
  example: "1MB",
};

/** Parses `512B`, `1MB`, `10MiB`, … as bytes. */
export function parseSize(text: string): Quantity {
  return parseQuantity(text, sizeUnits);
}

/** Prints bytes in the largest unit that keeps them whole: 10485760 is `10MiB`. */
export function formatSize(bytes: number): string {
  return formatQuantity(bytes, sizeUnits);
}
