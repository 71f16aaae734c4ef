/** Stock was set aside: a step inside the house. The customer hears of the confirmation that follows, not of this. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";

export const inventoryReserved: Handler<EventMap, "inventory.reserved"> = { apply: async () => [] };
