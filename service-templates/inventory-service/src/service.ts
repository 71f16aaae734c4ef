/** Assembles the parts of inventory-service. */

import type { RunningService, StartOptions } from "@event-platform-kit/service";
import { startEventService } from "@event-platform-kit/service";
import type { RedisConfig } from "@event-platform-kit/service/config";
import { declinedSteps } from "@event-platform-kit/service/events/deadline";
import { openCache } from "@event-platform-kit/service/storage/redis";
import { startCompensationCounters } from "@event-platform-kit/service/telemetry/event-metrics";
import { Counter } from "prom-client";
import type { EventMap } from "./events.generated.ts";
import { orderCancelled } from "./handlers/order-cancelled.ts";
import { orderConfirmed } from "./handlers/order-confirmed.ts";
import { orderCreated } from "./handlers/order-created.ts";
import { stockRoutes } from "./http-routes.ts";
import { stockBatch } from "./stock-batch.ts";
import { stockCache } from "./stock-cache.ts";

export function startInventoryService(options: StartOptions = {}): Promise<RunningService> {
  return startEventService<EventMap>(
    { http: true, redis: true },
    ({ clock, config, database, log, metrics }) => {
      startCompensationCounters(metrics, ["release"]);
      const redis = openCache(config.redis as RedisConfig, (error) => log.debug({ err: error }, "redis"));
      const badValues = new Counter({
        name: "stock_cache_bad_values_total",
        help: "Values in Redis that are not the stock of their product, and were left aside",
        registers: [metrics.registry],
      });
      const cache = stockCache(redis, database, (productId) => {
        badValues.inc();
        log.debug({ productId }, "a value in Redis is not the stock of its product");
      });
      const stock = stockBatch(cache, (count) => metrics.compensationFailures.inc({ kind: "release" }, count));
      return {
        handlers: {
          "order.created": orderCreated({ stock, clock, declined: declinedSteps(metrics.registry) }),
          "order.confirmed": orderConfirmed(stock),
          "order.cancelled": orderCancelled({ stock, metrics, clock }),
        },
        lock: (events, tx) => stock.lock(events, tx),
        finish: (events, tx) => stock.finish(events, tx),
        routes: stockRoutes(database, cache),
        close: () => redis.close(),
      };
    },
    options,
  );
}
