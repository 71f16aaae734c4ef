/** Retention of the rows of this service's tables. */
import type { Retention } from "@event-platform-kit/service/storage/cleanup";

/**
 * How long an order's row is kept after its first step: longer than an order takes and than any topic keeps its events,
 * so that no redelivered event counts twice.
 */
const KEEP_FACTS_HOURS = 45 * 24;
const KEEP_FIGURES_HOURS = 400 * 24;

export const ANALYTICS_RETENTION: readonly Retention[] = [
  { table: "order_facts", column: "created_at", keepHours: KEEP_FACTS_HOURS },
  { table: "sent_messages", column: "sent_at", keepHours: KEEP_FACTS_HOURS },
  { table: "minute_figures", column: "minute", keepHours: KEEP_FIGURES_HOURS },
];
