/** Retention of the rows of this service's tables. */
import type { Retention } from "@event-platform-kit/service/storage/cleanup";

/** How long sent messages are kept. */
const KEEP_HOURS = 30 * 24;

export const NOTIFICATION_RETENTION: readonly Retention[] = [
  { table: "notices", column: "created_at", keepHours: KEEP_HOURS, only: "t.message_id IS NOT NULL" },
  { table: "messages", column: "opened_at", keepHours: KEEP_HOURS, only: "t.status IN ('sent', 'undeliverable')" },
  { table: "order_customers", column: "created_at", keepHours: KEEP_HOURS },
  { table: "channel_deliveries", column: "at", keepHours: KEEP_HOURS },
];
