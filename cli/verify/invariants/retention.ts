/** How long services keep what is held against the topics; older records are not judged by rows that are gone. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Rows of outbox_published and inbox stay 8 days; an hour less, for clocks and for the time a clean-up takes. */
export const ROWS_KEPT_MS = 8 * DAY_MS - HOUR_MS;
/** Rows of letters that were worked off stay 30 days. */
export const LETTERS_KEPT_MS = 30 * DAY_MS - HOUR_MS;
