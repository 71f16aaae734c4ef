/** Assembles the parts of analytics-service. */

import type { RunningService, StartOptions } from "@event-platform-kit/service";
import { startEventService } from "@event-platform-kit/service";
import type { DatabaseConfig, TokenConfig } from "@event-platform-kit/service/config";
import { tokenVerifier } from "@event-platform-kit/service/http/jwt";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import type { EventMap } from "./events.generated.ts";
import { factsBatch } from "./facts/facts-batch.ts";
import { inventoryInsufficient } from "./handlers/inventory-insufficient.ts";
import { inventoryReleased } from "./handlers/inventory-released.ts";
import { inventoryReserved } from "./handlers/inventory-reserved.ts";
import { notificationSent } from "./handlers/notification-sent.ts";
import { orderCancelled } from "./handlers/order-cancelled.ts";
import { orderConfirmed } from "./handlers/order-confirmed.ts";
import { orderCreated } from "./handlers/order-created.ts";
import { paymentFailed } from "./handlers/payment-failed.ts";
import { paymentProcessed } from "./handlers/payment-processed.ts";
import { paymentRefunded } from "./handlers/payment-refunded.ts";
import { shipmentCreated } from "./handlers/shipment-created.ts";
import { shipmentDelivered } from "./handlers/shipment-delivered.ts";
import { shipmentDispatched } from "./handlers/shipment-dispatched.ts";
import { shipmentFailed } from "./handlers/shipment-failed.ts";
import { analyticsRoutes } from "./http/routes.ts";
import { ANALYTICS_RETENTION } from "./retention.ts";

/** Figures are not time-critical: larger batches cost less, and a delay of half a second is acceptable. */
const GATHER_MS = 500;
/** Connections for requests, in addition to those of the event flow: an expensive query does not block it. */
const REQUEST_CONNECTIONS = 2;

export function startAnalyticsService(options: StartOptions = {}): Promise<RunningService> {
  return startEventService<EventMap>(
    { http: true, tokens: true },
    ({ clock, config, log }) => {
      const requests = openDatabase(config.database as DatabaseConfig, {
        applicationName: `${config.service}-${config.instance}-http`,
        connections: REQUEST_CONNECTIONS,
        onError: (error) => log.warn({ err: error }, "connection of requests"),
      });
      const facts = factsBatch();
      return {
        handlers: {
          "order.created": orderCreated(facts),
          "order.confirmed": orderConfirmed(facts),
          "order.cancelled": orderCancelled(facts),
          "payment.processed": paymentProcessed(facts),
          "payment.failed": paymentFailed(facts),
          "payment.refunded": paymentRefunded(facts),
          "inventory.reserved": inventoryReserved(facts),
          "inventory.insufficient": inventoryInsufficient(facts),
          "inventory.released": inventoryReleased(facts),
          "shipment.created": shipmentCreated(facts),
          "shipment.dispatched": shipmentDispatched(facts),
          "shipment.delivered": shipmentDelivered(facts),
          "shipment.failed": shipmentFailed(facts),
          "notification.sent": notificationSent(facts),
        },
        finish: (events, tx) => facts.finish(events, tx),
        gatherMs: GATHER_MS,
        retention: ANALYTICS_RETENTION,
        routes: analyticsRoutes({
          database: requests,
          verify: tokenVerifier(config.tokens as TokenConfig, clock),
          clock,
        }),
        close: () => requests.close(),
      };
    },
    options,
  );
}
