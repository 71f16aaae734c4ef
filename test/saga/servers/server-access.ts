/** The way of `kit verify` and `kit dlt` to the servers of an order platform. */
import type { ServerAccess } from "../../../cli/platform/platform-access.ts";
import { openServers } from "../../../cli/platform/platform-access.ts";
import { POSTGRES_ADMIN } from "../../../components/databases/postgres-conf.ts";
import { replayerPrincipal } from "../../../components/plan/access/replayer.ts";
import { passwordOf } from "./authorities.ts";
import type { OrderPlatform } from "./order-platform.ts";

/** Connections as the servers' administrator; the caller closes them. */
export function serverAccess(platform: OrderPlatform): ServerAccess {
  const services = ["order-service", "payment-service", "inventory-service", ...platform.others.keys()];
  const { bootstrapBrokers, tls } = platform.kafka.admin;
  const { host, port, user, password, ca } = platform.postgres.login("postgres", POSTGRES_ADMIN);
  return openServers({
    kafka: {
      brokers: bootstrapBrokers,
      tls,
      replayer: { brokers: [platform.kafka.bootstrap], ca: platform.kafka.ca, password: passwordOf(replayerPrincipal) },
    },
    postgres: { host, port, user, password, ca },
    databases: Object.fromEntries(services.map((service) => [service, service.replaceAll("-", "_")])),
    logins: Object.fromEntries(
      services.map((service) => {
        const { user, password } = platform.postgres.login(service.replaceAll("-", "_"));
        return [service, { user, password }];
      }),
    ),
    registry: platform.registry.url,
  });
}
