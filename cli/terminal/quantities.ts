import { KitError } from "../errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a duration given on the command line.
 * @returns milliseconds.
 * @throws KitError `KIT_BAD_DURATION`.
 */
export function parseDuration(value: string): number {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(value);
  const unit = UNIT_MS[match?.[2] ?? ""];
  if (match === null || unit === undefined) throw new KitError("KIT_BAD_DURATION", JSON.stringify(value));
  return Number(match[1]) * unit;
}

/**
 * Parses a whole number of at least 1 from the command line.
 * @throws KitError `KIT_USAGE`.
 */
export function parseQuantity(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value))
    throw new KitError("KIT_USAGE", `${JSON.stringify(value)} is not a whole number from 1.`);
  return Number(value);
}

/** Milliseconds for people: `740 ms`, `8.2 s`, `3 min 5 s`. */
export function formatElapsed(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Bytes for people: `512 KiB`, `143 MiB`, `1.7 GiB`. */
export function formatBytes(bytes: number): string {
  const mebi = 1024 ** 2;
  if (bytes < mebi) return `${Math.round(bytes / 1024)} KiB`;
  if (bytes < 1024 * mebi) return `${Math.round(bytes / mebi)} MiB`;
  return `${(bytes / 1024 / mebi).toFixed(1)} GiB`;
}

/** Age for people: days and hours if it is long. */
export function formatAge(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours >= 48) return `${Math.floor(hours / 24)} d`;
  if (hours >= 1) return `${hours} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
  return formatElapsed(ms);
}
