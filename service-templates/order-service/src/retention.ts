/** How long rows of this service's tables are kept that are not kept for good. */
import type { Retention } from "@event-platform-kit/service/storage/cleanup";

/** How long the answer under an Idempotency-Key can be had again. */
const KEEP_IDEMPOTENCY_KEYS_HOURS = 48;

export const ORDER_RETENTION: readonly Retention[] = [
  { table: "idempotency_keys", column: "created_at", keepHours: KEEP_IDEMPOTENCY_KEYS_HOURS },
];
