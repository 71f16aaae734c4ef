import { formatQuantity, parseQuantity, type Quantity, type UnitFamily } from "./quantity.ts";

/** Durations in milliseconds. */
export const durationUnits: UnitFamily = {
  noun: "duration",
  units: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  example: "7d",
};

/** Reads `500ms`, `10s`, `30m`, `12h`, `7d` as milliseconds. */
export function parseDuration(text: string): Quantity {
  return parseQuantity(text, durationUnits);
}

/** Prints milliseconds in the largest unit that keeps them whole: 604800000 is `7d`. */
export function formatDuration(milliseconds: number): string {
  return formatQuantity(milliseconds, durationUnits);
}
