/** How long services keep what they are judged by; an hour less, for clocks and for the time a clean-up takes. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** analytics-service keeps an order's row 35 days after its last step. */
export const FACTS_KEPT_MS = 35 * DAY_MS - HOUR_MS;
/** notification-service keeps what it told 30 days. */
export const MESSAGES_KEPT_MS = 30 * DAY_MS - HOUR_MS;
