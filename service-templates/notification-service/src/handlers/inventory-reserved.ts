/** Stock was set aside: a step inside the house. The customer hears of the confirmation that follows, not of this. */
import type { Handler } from "../../../lib/consumer/batch.ts";

export const inventoryReserved: Handler = { apply: async () => [] };
