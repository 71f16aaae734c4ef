/** Assembles the parts of payment-service. */

import type { RunningService, StartOptions } from "@event-platform-kit/service";
import { startEventService } from "@event-platform-kit/service";
import type { DatabaseConfig } from "@event-platform-kit/service/config";
import { declinedSteps } from "@event-platform-kit/service/events/deadline";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { startCompensationCounters } from "@event-platform-kit/service/telemetry/event-metrics";
import type { EventMap } from "./events.generated.ts";
import { orderCancelled } from "./handlers/order-cancelled.ts";
import { orderCreated } from "./handlers/order-created.ts";
import { paymentsBatch } from "./payments-batch.ts";
import { providerSimulator } from "./provider/simulator.ts";
import { simulatorRoutes } from "./provider/simulator-routes.ts";
import { paymentLooks } from "./reversal.ts";

/** Timeout for an answer of the provider, in milliseconds. */
const ANSWER_LIMIT_MS = 2_000;

export function startPaymentService(options: StartOptions = {}): Promise<RunningService> {
  return startEventService<EventMap>(
    {},
    ({ clock, config, database, log, metrics }) => {
      startCompensationCounters(metrics, ["refund"]);
      // The provider has separate connections: its changes remain when a transaction here rolls back.
      const books = openDatabase(config.database as DatabaseConfig, {
        applicationName: "payment-provider",
        connections: 4,
        onError: (error) => log.warn({ err: error }, "provider's connection"),
      });
      const provider = providerSimulator({ database: books, answerLimitMs: ANSWER_LIMIT_MS, clock });
      const payments = paymentsBatch();
      const lookAt = paymentLooks(database, clock);
      return {
        handlers: {
          "order.created": orderCreated({
            payments,
            provider,
            lookAt,
            metrics,
            clock,
            declined: declinedSteps(metrics.registry),
          }),
          "order.cancelled": orderCancelled({ payments, provider, lookAt, metrics, clock }),
        },
        lock: payments.lock,
        finish: payments.finish,
        managementRoutes: simulatorRoutes(provider),
        close: () => books.close(),
      };
    },
    options,
  );
}
