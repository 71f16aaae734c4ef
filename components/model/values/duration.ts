import { formatQuantity, parseQuantity, type Quantity, type UnitFamily } from "./quantity.ts";

/** Durations in milliseconds. */
export const durationUnits: UnitFamily = {
  noun: "duration",
  base: "milliseconds",
  units: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  example: "7d",
  spoken: {
    millisecond: [1, "ms"],
    milliseconds: [1, "ms"],
    sec: [1, "s"],
    second: [1, "s"],
    seconds: [1, "s"],
    min: [1, "m"],
    minute: [1, "m"],
    minutes: [1, "m"],
    hr: [1, "h"],
    hour: [1, "h"],
    hours: [1, "h"],
    day: [1, "d"],
    days: [1, "d"],
    w: [7, "d"],
    week: [7, "d"],
    weeks: [7, "d"],
    year: [365, "d"],
    years: [365, "d"],
  },
};

/** Parses `500ms`, `10s`, `30m`, `12h`, `7d` as milliseconds. */
export function parseDuration(text: string): Quantity {
  return parseQuantity(text, durationUnits);
}

/** Prints milliseconds in the largest unit that keeps them whole: 604800000 is `7d`. */
export function formatDuration(milliseconds: number): string {
  return formatQuantity(milliseconds, durationUnits);
}
