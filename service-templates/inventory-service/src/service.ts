/** inventory-service: its parts, put together. */
import type { RedisConfig } from "../../lib/config.ts";
import { openCache } from "../../lib/redis.ts";
import type { RunningService, StartOptions } from "../../lib/service.ts";
import { startEventService } from "../../lib/service.ts";
import { orderCancelled } from "./handlers/order-cancelled.ts";
import { orderConfirmed } from "./handlers/order-confirmed.ts";
import { orderCreated } from "./handlers/order-created.ts";
import { stockRoutes } from "./http-routes.ts";
import { stockBatch } from "./stock-batch.ts";
import { stockCache } from "./stock-cache.ts";

export function startInventoryService(options: StartOptions = {}): Promise<RunningService> {
  return startEventService({ http: true, redis: true }, ({ clock, config, database, log, metrics }) => {
    const redis = openCache(config.redis as RedisConfig, (error) => log.debug({ err: error }, "redis"));
    const cache = stockCache(redis, database);
    const stock = stockBatch(cache, (count) => metrics.compensationFailures.inc({ kind: "release" }, count));
    return {
      handlers: {
        "order.created": orderCreated(stock, clock),
        "order.confirmed": orderConfirmed(stock),
        "order.cancelled": orderCancelled({ stock, metrics, clock }),
      },
      lock: (events, tx) => stock.lock(events, tx),
      finish: (events, tx) => stock.finish(events, tx),
      routes: stockRoutes(database, cache),
      close: () => redis.close(),
    };
  }, options);
}
