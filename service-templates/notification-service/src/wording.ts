/** Small parts of the texts customers read. Pure; English; the same on every machine. */

/** Longest address or name that is repeated in a text. */
const LONGEST = 120;
/** Entries of a list that are named. */
const MOST_LISTED = 5;

/** An amount with its currency, for example `EUR 89.00`. */
export function money(amount: number, currency: string): string {
  return `${currency} ${amount.toFixed(2)}`;
}

/** A number with its noun, for example `1 piece`, `3 pieces`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The first entries; how many more there are. */
export function listed(entries: readonly string[]): string {
  const more = entries.length - MOST_LISTED;
  return [...entries.slice(0, MOST_LISTED), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** A text from outside at a length that fits a message, cut between characters. */
export function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= LONGEST ? text : `${characters.slice(0, LONGEST - 1).join("")}…`;
}

/** A text from outside in one line, without characters that act on a screen or that a database refuses. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
}

/** A day in UTC, for example `2026-11-25`. */
export function day(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 10);
}

/** A carrier as customers know it. */
export function carrierName(carrier: string): string {
  return { fedex: "FedEx", ups: "UPS" }[carrier] ?? carrier;
}
