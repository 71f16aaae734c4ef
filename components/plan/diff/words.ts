import { durationUnits, formatDuration } from "../../model/values/duration.ts";
import { formatRate } from "../../model/values/rate.ts";
import { formatSize } from "../../model/values/size.ts";

/** Returns a retention as the files write it: `7d`, or `forever` for Kafka's -1. */
export function retentionText(milliseconds: number): string {
  return milliseconds < 0 ? "forever" : formatDuration(milliseconds);
}

/** Returns a duration for display, in its two largest units: `8d 4h`, `1h 15m`. It is never `0`. */
export function approximateDuration(milliseconds: number): string {
  const units = Object.entries(durationUnits.units).sort(([, a], [, b]) => b - a);
  const largest = Math.max(
    0,
    units.findIndex(([, factor]) => milliseconds >= factor),
  );
  const [first, second] = [units[largest], units[largest + 1]];
  if (first === undefined || second === undefined) return `${Math.round(milliseconds)}ms`;
  const rounded = Math.round(milliseconds / second[1]) * second[1];
  const rest = (rounded % first[1]) / second[1];
  return `${Math.floor(rounded / first[1])}${first[0]}${rest === 0 ? "" : ` ${rest}${second[0]}`}`;
}

/** Returns a size as the files write it, or `no limit`. */
export function limitText(bytes: number | undefined): string {
  return bytes === undefined || bytes < 0 ? "no limit" : formatSize(bytes);
}

/** Returns a rate as the files write it. */
export function rateText(bytesPerSecond: number): string {
  return formatRate(Math.round(bytesPerSecond));
}

const decimalUnits = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/** Returns a number of bytes for display, in decimal units with two or three digits: `5.4 TB`, `830 MB`. */
export function approximateBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < decimalUnits.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${decimalUnits[unit] ?? ""}`;
}

/** Returns a count with its noun: `1 topic`, `3 topics`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Returns some names, and the number of the others: `a, b and 3 more`. */
export function listed(names: readonly string[], limit = 8): string {
  if (names.length <= limit)
    return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
  return `${names.slice(0, limit).join(", ")} and ${names.length - limit} more`;
}

/** Returns a share as a percentage without decimals. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
