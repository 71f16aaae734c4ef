/** inventory-service: its parts, put together. */
import type { RedisConfig } from "../../lib/config.ts";
import { openCache } from "../../lib/redis.ts";
import type { RunningService, StartOptions } from "../../lib/service.ts";
import { startEventService } from "../../lib/service.ts";
import { orderCancelled } from "./handlers/order-cancelled.ts";
import { orderConfirmed } from "./handlers/order-confirmed.ts";
import { orderCreated } from "./handlers/order-created.ts";
import { stockRoutes } from "./http-routes.ts";
import { lockBatch } from "./lock-batch.ts";
import { stockCache } from "./stock-cache.ts";

export function startInventoryService(options: StartOptions = {}): Promise<RunningService> {
  return startEventService({ http: true, redis: true }, ({ clock, config, database, log, metrics }) => {
    const redis = openCache(config.redis as RedisConfig, (error) => log.debug({ err: error }, "redis"));
    const cache = stockCache(redis, database);
    return {
      handlers: {
        "order.created": orderCreated(cache, clock),
        "order.confirmed": orderConfirmed(cache),
        "order.cancelled": orderCancelled({ cache, metrics, clock }),
      },
      lock: lockBatch(cache),
      routes: stockRoutes(database, cache),
      close: () => redis.close(),
    };
  }, options);
}
