/** The way of `kit verify` and `kit dlt` to the servers of an order platform. */
import type { ServerAccess } from "../../../cli/platform-access.ts";
import { openServers } from "../../../cli/platform-access.ts";
import type { OrderPlatform } from "./order-platform.ts";

/** Connections as the servers' administrator; the caller closes them. */
export function serverAccess(platform: OrderPlatform): ServerAccess {
  const services = ["order-service", "payment-service", "inventory-service", ...platform.others.keys()];
  return openServers({
    kafka: { brokers: [platform.kafka.bootstrap] },
    postgres: { host: "127.0.0.1", port: platform.postgres.port, user: "admin" },
    databases: Object.fromEntries(services.map((service) => [service, service.replaceAll("-", "_")])),
    registry: platform.registry.url,
  });
}
