/** How long services keep the rows that serve as evidence, minus an hour for clock differences and the duration of a clean-up. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** analytics-service keeps an order's row for at least 35 days after its last step. */
export const FACTS_KEPT_MS = 35 * DAY_MS - HOUR_MS;
/** notification-service keeps its messages for 30 days. */
export const MESSAGES_KEPT_MS = 30 * DAY_MS - HOUR_MS;
