/** Assembles the parts of shipping-service. */

import type { RunningService, StartOptions } from "@event-platform-kit/service";
import { startEventService } from "@event-platform-kit/service";
import type { DatabaseConfig } from "@event-platform-kit/service/config";
import { positiveSetting } from "@event-platform-kit/service/config";
import { simulatorRoutes } from "@event-platform-kit/service/simulation";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { carrierDesk } from "./carrier-desk.ts";
import { CARRIERS } from "./carriers/carrier.ts";
import { carrierSimulator } from "./carriers/simulator.ts";
import type { EventMap } from "./events.generated.ts";
import { orderConfirmed, storeConfirmed } from "./handlers/order-confirmed.ts";
import { shipmentMetrics } from "./shipment-metrics.ts";
import { waitingShipments } from "./shipments-table.ts";

/** Defaults of the settings, in milliseconds. */
const DEFAULTS = { SHIPPING_DISPATCH_MS: 2_000, SHIPPING_DELIVERY_MS: 5_000, SHIPPING_ANSWER_MS: 2_000 } as const;
/** Bookings are not time-critical: larger batches cost less. */
const GATHER_MS = 250;
/** How long a claim lasts beyond the timeout of its answers, in milliseconds. */
const LEASE_MARGIN_MS = 10_000;

export function startShippingService(options: StartOptions = {}): Promise<RunningService> {
  return startEventService<EventMap>(
    {},
    (context) => {
      const { config, database, log } = context;
      const setting = (name: keyof typeof DEFAULTS): number =>
        positiveSetting(options.env ?? process.env, name, DEFAULTS[name]);
      const durations = { dispatchMs: setting("SHIPPING_DISPATCH_MS"), deliveryMs: setting("SHIPPING_DELIVERY_MS") };
      const answerLimitMs = setting("SHIPPING_ANSWER_MS");
      const metrics = shipmentMetrics(context.metrics.registry);
      // The carriers have separate connections: their changes remain when a transaction here rolls back.
      const books = openDatabase(config.database as DatabaseConfig, {
        applicationName: "carriers",
        connections: 2,
        onError: (error) => log.warn({ err: error }, "carriers' connection"),
      });
      const carriers = CARRIERS.map((name) => carrierSimulator({ name, database: books, durations, answerLimitMs }));
      const desks = carriers.map((carrier) =>
        carrierDesk({ context, carrier, metrics, leaseMs: LEASE_MARGIN_MS + 2 * answerLimitMs }),
      );
      return {
        handlers: { "order.confirmed": orderConfirmed },
        finish: storeConfirmed({
          onWaiting: () =>
            desks.forEach((desk) => {
              desk.wake();
            }),
        }),
        gatherMs: GATHER_MS,
        unhurried: ["shipment.created", "shipment.dispatched", "shipment.delivered"],
        managementRoutes: simulatorRoutes("carrier", carriers),
        background() {
          for (const desk of desks) desk.start();
          return async () => {
            await Promise.all(desks.map((desk) => desk.stop()));
          };
        },
        async beforeScrape() {
          const { count, oldestSeconds } = await waitingShipments(database);
          metrics.waiting.set(count);
          metrics.waitingOldestAge.set(oldestSeconds);
        },
        async close() {
          await Promise.all(carriers.map((carrier) => carrier.close()));
          await books.close();
        },
      };
    },
    options,
  );
}
