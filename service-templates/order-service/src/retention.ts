/** Retention of rows that this service does not keep permanently. */
import type { Retention } from "@event-platform-kit/service/storage/cleanup";

/** How long the answer under an Idempotency-Key is kept. */
const KEEP_IDEMPOTENCY_KEYS_HOURS = 48;

export const ORDER_RETENTION: readonly Retention[] = [
  { table: "idempotency_keys", column: "created_at", keepHours: KEEP_IDEMPOTENCY_KEYS_HOURS },
];
