import * as postgresql from "@pulumi/postgresql";
import { livesIn, type PostgresEndpoint } from "./endpoints.ts";

/**
 * Returns the provider with a server's administrator, which manages all roles, databases and rights. It connects as
 * soon as it is configured.
 */
export function postgresAdmin(server: PostgresEndpoint): postgresql.Provider {
  return new postgresql.Provider(
    "postgres-admin",
    {
      host: server.admin.host,
      port: server.admin.port,
      username: server.adminUser,
      password: server.adminPassword,
      sslmode: "verify-full",
      sslrootcert: server.caFile,
      superuser: server.superuser,
    },
    livesIn(server),
  );
}
