import * as pulumi from "@pulumi/pulumi";
import type { PostgresServer } from "../../toolchain/servers/local-servers.ts";
import type { PlatformAuthorities } from "../certificates/authorities.ts";
import { KitComponent } from "../component.ts";
import type { LocalLayout } from "../local/layout.ts";
import { LOOPBACK } from "../local/layout.ts";
import { Password, Process } from "../provider/resources.ts";
import type { PostgresEndpoint } from "./endpoints.ts";
import { POSTGRES_ADMIN, POSTGRES_HOST_RULES, postgresqlConf } from "./postgres-conf.ts";

/** Arguments of {@link LocalPostgres}. */
export interface LocalPostgresArgs {
  readonly server: PostgresServer;
  readonly layout: LocalLayout;
  readonly port: number;
  readonly authorities: PlatformAuthorities;
  /** Number of connections that the server must accept. */
  readonly maxConnections: number;
}

const NAME = "postgres";

/**
 * PostgreSQL as a process: TLS and SCRAM passwords only, no Unix socket. It needs no root. If root starts it, it runs
 * as another user.
 */
export class LocalPostgres extends KitComponent implements PostgresEndpoint {
  readonly host = pulumi.output(LOOPBACK);
  readonly port: number;
  readonly admin: PostgresEndpoint["admin"];
  readonly superuser = true;
  readonly adminUser = POSTGRES_ADMIN;
  readonly adminPassword: pulumi.Output<string>;
  readonly caCertificate: pulumi.Output<string>;
  readonly caFile: string;
  readonly owner: pulumi.Resource = this;
  readonly external = false;

  constructor(name: string, args: LocalPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("databases:LocalPostgres", name, opts);
    const { layout, server } = args;
    const dataDir = layout.data(NAME);
    const path = (file: string) => layout.file(NAME, file);
    const certificate = args.authorities.serverCertificate(NAME, this);
    this.adminPassword = new Password(`${NAME}-admin`, {}, this.child()).value;
    this.caCertificate = args.authorities.servers.certificatePem;
    this.caFile = path("ca.pem");
    this.port = args.port;
    this.admin = { host: this.host, port: this.port };

    new Process(
      NAME,
      {
        name: NAME,
        role: "database",
        command: [`${server.binDir}/postgres`, "-D", dataDir, "-c", `config_file=${path("postgresql.conf")}`],
        files: [
          {
            path: path("postgresql.conf"),
            content: postgresqlConf({ port: args.port, maxConnections: args.maxConnections, path }),
          },
          { path: path("pg_hba.conf"), content: POSTGRES_HOST_RULES },
          { path: path("server.crt"), content: certificate.chainPem },
          { path: path("server.key"), content: certificate.privateKeyPem },
          { path: path("admin-password"), content: this.adminPassword },
          { path: this.caFile, content: this.caCertificate, mode: "0644" },
        ],
        directories: [{ path: dataDir, mode: "0700" }],
        prepare: [
          {
            command: [
              `${server.binDir}/initdb`,
              "--pgdata",
              dataDir,
              "--username",
              POSTGRES_ADMIN,
              "--pwfile",
              path("admin-password"),
              "--auth",
              "scram-sha-256",
              "--encoding",
              "UTF8",
              "--locale",
              "C",
              "--no-instructions",
              "--no-sync",
            ],
            creates: `${dataDir}/PG_VERSION`,
          },
        ],
        unprivileged: true,
        ports: [{ name: "sql", host: LOOPBACK, port: args.port }],
        readiness: { log: { pattern: "database system is ready to accept connections" }, timeoutSeconds: 60 },
        // SIGINT is PostgreSQL's fast shutdown: it ends sessions, then writes a checkpoint.
        stop: { signal: "SIGINT", graceSeconds: 20 },
        stateDir: layout.substrateDir,
      },
      this.child(),
    );
    this.registerOutputs({ host: this.host, port: this.port });
  }
}
