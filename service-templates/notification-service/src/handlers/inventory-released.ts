/** Ignores released stock, which is an internal step. The customer is informed about the cancellation that caused it. */
import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { EventMap } from "../events.generated.ts";

export const inventoryReleased: Handler<EventMap, "inventory.released"> = { apply: async () => [] };
