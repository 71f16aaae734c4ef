/** Ignores reserved stock, which is an internal step. The customer is informed about the confirmation that follows. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";

export const inventoryReserved: Handler<EventMap, "inventory.reserved"> = { apply: async () => [] };
