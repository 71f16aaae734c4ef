/** Parts of the texts for customers. Pure; in English; the same on every machine. */

/** Longest address or name that a text contains, in characters. */
const LONGEST = 120;
/** Most entries of a list that a text names. */
const MOST_LISTED = 5;

/** Returns an amount with its currency, for example `EUR 89.00`. */
export function money(amount: number, currency: string): string {
  return `${currency} ${amount.toFixed(2)}`;
}

/** Returns a number with its noun, for example `1 piece`, `3 pieces`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Returns the first entries and the number of the others. */
export function listed(entries: readonly string[]): string {
  const more = entries.length - MOST_LISTED;
  return [...entries.slice(0, MOST_LISTED), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** Returns an external text shortened to fit a message, cut between characters. */
export function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= LONGEST ? text : `${characters.slice(0, LONGEST - 1).join("")}…`;
}

/** Returns an external text in one line, without control characters or characters that a database refuses. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
}

/** Returns a day in UTC, for example `2026-11-25`. */
export function day(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 10);
}

/** Returns the name of a carrier for customers. */
export function carrierName(carrier: string): string {
  return { fedex: "FedEx", ups: "UPS" }[carrier] ?? carrier;
}
