/** Stock was set aside: a step inside the house. The customer hears of the confirmation that follows, not of this. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";

export const inventoryReserved: Handler = { apply: async () => [] };
