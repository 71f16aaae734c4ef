/** Stock that was set aside is free again: a step inside the house. The customer hears of the cancellation that led to it. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";

export const inventoryReleased: Handler<EventMap, "inventory.released"> = { apply: async () => [] };
