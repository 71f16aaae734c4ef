/** Assembles the parts of order-service. */

import type { RunningService, StartOptions } from "@event-platform-kit/service";
import { startEventService } from "@event-platform-kit/service";
import type { DatabaseConfig, TokenConfig } from "@event-platform-kit/service/config";
import { positiveSetting } from "@event-platform-kit/service/config";
import { tokenVerifier } from "@event-platform-kit/service/http/jwt";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { Gauge } from "prom-client";
import type { EventMap } from "./events.generated.ts";
import { inventoryInsufficient } from "./handlers/inventory-insufficient.ts";
import { inventoryReleased } from "./handlers/inventory-released.ts";
import { inventoryReserved } from "./handlers/inventory-reserved.ts";
import { paymentFailed } from "./handlers/payment-failed.ts";
import { paymentProcessed } from "./handlers/payment-processed.ts";
import { paymentRefunded } from "./handlers/payment-refunded.ts";
import { shipmentFailed } from "./handlers/shipment-failed.ts";
import { orderPlacement } from "./http/place-order.ts";
import { orderRoutes } from "./http/routes.ts";
import { oldestUnfinished } from "./orders-table.ts";
import { ORDER_RETENTION } from "./retention.ts";
import { lockBatch, writeOrders } from "./saga/advance-order.ts";
import { endedOrders, traceOf } from "./saga/ended-orders.ts";
import { startSweep } from "./saga/timeout-sweep.ts";

/** How long an order may be pending if SAGA_TIMEOUT_MS is not set. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** Connections for requests, in addition to those of the event flow. */
const REQUEST_CONNECTIONS = 6;

export function startOrderService(options: StartOptions = {}): Promise<RunningService> {
  return startEventService<EventMap>(
    { http: true, tokens: true },
    (context) => {
      const timeoutMs = positiveSetting(options.env ?? process.env, "SAGA_TIMEOUT_MS", DEFAULT_TIMEOUT_MS);
      const { clock, config, database, log, metrics, outbox } = context;
      // Requests have separate connections: a flood of requests does not block running sagas.
      const requests = openDatabase(config.database as DatabaseConfig, {
        applicationName: `${config.service}-${config.instance}-http`,
        connections: REQUEST_CONNECTIONS,
        tracer: context.tracer,
        onError: (error) => log.warn({ err: error }, "connection of requests"),
      });
      const oldest = new Gauge({
        name: "saga_oldest_nonterminal_age_seconds",
        help: "Age of the oldest order that is not at its end, by state",
        labelNames: ["saga", "state"],
        registers: [metrics.registry],
      });
      const onEnded = endedOrders(context);
      return {
        handlers: {
          "payment.processed": paymentProcessed(clock),
          "payment.failed": paymentFailed(clock),
          "payment.refunded": paymentRefunded(clock),
          "inventory.reserved": inventoryReserved(clock),
          "inventory.insufficient": inventoryInsufficient(clock),
          "inventory.released": inventoryReleased(clock),
          "shipment.failed": shipmentFailed(clock),
        },
        lock: lockBatch,
        finish: (events, tx) => writeOrders(tx, (order) => onEnded(order, traceOf(events, order.orderId))),
        retention: ORDER_RETENTION,
        routes: orderRoutes({
          database: requests,
          placeOrder: orderPlacement({
            database: requests,
            outbox,
            claimChecks: context.claimChecks,
            clock,
            timeoutMs,
            onPlaced: (orderId, { traceId }) => log.info({ orderId, traceId }, "order accepted"),
          }),
          verify: tokenVerifier(config.tokens as TokenConfig, clock),
        }),
        close: () => requests.close(),
        background: ({ caughtUp }) => startSweep(context, { timeoutMs, caughtUp, onEnded }),
        async beforeScrape() {
          const ages = await oldestUnfinished(database);
          oldest.set({ saga: "order", state: "pending" }, ages.pending);
          oldest.set({ saga: "order", state: "compensating" }, ages.compensating);
        },
      };
    },
    options,
  );
}
