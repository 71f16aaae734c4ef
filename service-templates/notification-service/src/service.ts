/** Assembles the parts of notification-service. */

import type { RunningService, StartOptions } from "@event-platform-kit/service";
import { startEventService } from "@event-platform-kit/service";
import type { DatabaseConfig } from "@event-platform-kit/service/config";
import { positiveSetting } from "@event-platform-kit/service/config";
import { simulatorRoutes } from "@event-platform-kit/service/simulation";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { workLoop } from "@event-platform-kit/service/work-loop";
import { CHANNELS } from "./channels/channel.ts";
import { channelSimulator } from "./channels/simulator.ts";
import type { EventMap } from "./events.generated.ts";
import { inventoryInsufficient } from "./handlers/inventory-insufficient.ts";
import { inventoryReleased } from "./handlers/inventory-released.ts";
import { inventoryReserved } from "./handlers/inventory-reserved.ts";
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
import { messageMetrics } from "./message-metrics.ts";
import { waiting } from "./messages/messages-table.ts";
import { AT_ONCE, sendDue } from "./messages/send-due.ts";
import { noticeBatch } from "./notices/notice-batch.ts";
import { NOTIFICATION_RETENTION } from "./retention.ts";

/** Defaults of the settings, in milliseconds. */
const DEFAULTS = { NOTIFICATION_WINDOW_MS: 5_000, NOTIFICATION_ANSWER_MS: 2_000 } as const;
/** A window lasts longer anyway: larger batches cost less. */
const GATHER_MS = 250;
/** How long a claim lasts beyond the timeout of its answer, in milliseconds. */
const LEASE_MARGIN_MS = 10_000;

export function startNotificationService(options: StartOptions = {}): Promise<RunningService> {
  return startEventService<EventMap>(
    {},
    (context) => {
      const { clock, config, database, log } = context;
      const setting = (name: keyof typeof DEFAULTS): number =>
        positiveSetting(options.env ?? process.env, name, DEFAULTS[name]);
      const windowMs = setting("NOTIFICATION_WINDOW_MS");
      const answerLimitMs = setting("NOTIFICATION_ANSWER_MS");
      const metrics = messageMetrics(context.metrics.registry);
      // The channels have separate connections: their changes remain when a transaction here rolls back.
      const books = openDatabase(config.database as DatabaseConfig, {
        applicationName: "channels",
        connections: 2,
        onError: (error) => log.warn({ err: error }, "channels' connection"),
      });
      const channels = CHANNELS.map((name) => channelSimulator({ name, database: books, answerLimitMs, clock }));
      // Each channel has its own loop, so a slow channel does not delay the others.
      const desks = channels.map((channel) =>
        workLoop({
          passes: [
            {
              doing: "sending messages",
              run: () => sendDue({ context, channel, metrics, leaseMs: LEASE_MARGIN_MS + answerLimitMs }),
            },
          ],
          atOnce: AT_ONCE,
          onError: (error, doing) => log.warn({ err: error, channel: channel.name }, `${doing} failed; it is repeated`),
        }),
      );
      const notices = noticeBatch({ clock, windowMs });
      return {
        handlers: {
          "order.created": orderCreated(notices, context.claimChecks),
          "order.confirmed": orderConfirmed(notices),
          "order.cancelled": orderCancelled(notices),
          "payment.processed": paymentProcessed(notices),
          "payment.failed": paymentFailed(notices),
          "payment.refunded": paymentRefunded(notices),
          "inventory.reserved": inventoryReserved,
          "inventory.insufficient": inventoryInsufficient(notices),
          "inventory.released": inventoryReleased,
          "shipment.created": shipmentCreated(notices),
          "shipment.dispatched": shipmentDispatched(notices),
          "shipment.delivered": shipmentDelivered(notices),
          "shipment.failed": shipmentFailed(notices),
        },
        finish: (events, tx) => notices.finish(events, tx),
        gatherMs: GATHER_MS,
        unhurried: ["notification.sent"],
        retention: NOTIFICATION_RETENTION,
        managementRoutes: simulatorRoutes("channel", channels),
        background() {
          for (const desk of desks) desk.start();
          return async () => {
            await Promise.all(desks.map((desk) => desk.stop()));
          };
        },
        async beforeScrape() {
          const now = await waiting(database, windowMs);
          metrics.waiting.set(now.messages);
          metrics.waitingOldestAge.set(now.oldestMessageSeconds);
          metrics.unaddressed.set(now.notices);
          metrics.unaddressedOldestAge.set(now.oldestNoticeSeconds);
        },
        async close() {
          await Promise.all(channels.map((channel) => channel.close()));
          await books.close();
        },
      };
    },
    options,
  );
}
