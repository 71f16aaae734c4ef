import { migrationsDigest } from "@event-platform-kit/service/migration/files";
import type { MigrationFile } from "@event-platform-kit/service/migration/plan";
import { migrationPreamble } from "@event-platform-kit/service/migration/preamble";
import * as postgresql from "@pulumi/postgresql";
import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import { Migration, Password } from "../provider/resources.ts";
import type { PostgresEndpoint } from "./endpoints.ts";
import { livesIn } from "./endpoints.ts";
import { LOGIN_RIGHTS } from "./login-rights.ts";

/** Arguments of {@link ServiceDatabase}. */
export interface ServiceDatabaseArgs {
  /** Service that owns the database, for example `order-service`. */
  readonly service: string;
  readonly server: PostgresEndpoint;
  readonly provider: postgresql.Provider;
  /** Whether the engine must refuse to delete the database. */
  readonly protect: boolean;
  /** Migration files in order of version. */
  readonly migrations: readonly MigrationFile[];
  /**
   * Where migrations run. `program`: this program applies them over its own connection, before the service starts.
   * `job`: a job beside the service applies them with a login of its own, for servers that are best reached from inside
   * the cluster.
   * @default "program"
   */
  readonly migratedBy?: "program" | "job";
}

/** Inputs of a job that applies a service's migrations. */
export interface JobMigrations {
  /** Digest that changes when a file is added or changed. */
  readonly digest: string;
  readonly host: pulumi.Output<string>;
  readonly port: number;
  readonly database: string;
  /** Login that may act as the owner, and nothing else. */
  readonly user: string;
  readonly owner: string;
  /**
   * The server's administrator. Present if the administrator cannot grant access to the database, not even to itself.
   * The job then grants it.
   */
  readonly admin?: string;
  /** Secret. */
  readonly password: pulumi.Output<string>;
  readonly caCertificate: pulumi.Output<string>;
}

/**
 * The database of a service, with two roles. The owner cannot log in and owns every object. The login role may read and
 * write rows and nothing else. Migrations run as the owner.
 */
export class ServiceDatabase extends KitComponent {
  /** Database name: the service's name with underscores. */
  readonly database: string;
  /** Login role of the service, with the name of the database. */
  readonly user: string;
  /** Password of the login role. Secret. */
  readonly password: pulumi.Output<string>;
  /** Resource that must exist before the service starts. */
  readonly ready: pulumi.Resource;
  /** Absent if this program applies the migrations. */
  readonly migrations?: JobMigrations;

  constructor(args: ServiceDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("databases:ServiceDatabase", args.service, opts);
    const { server, provider } = args;
    const name = args.service.replaceAll("-", "_");
    this.database = name;
    this.user = name;
    this.password = new Password(`postgres-${args.service}`, {}, this.child()).value;

    const options = (extra: pulumi.CustomResourceOptions = {}) =>
      this.child({ provider, ...livesIn(server), ...extra });
    const owner = new postgresql.Role(`${name}_owner`, { name: `${name}_owner`, login: false }, options());
    const login = new postgresql.Role(
      name,
      { name, login: true, password: this.password },
      options({ additionalSecretOutputs: ["password"] }),
    );
    // The database depends on the login, so that it is deleted before the login. PostgreSQL cannot drop a role that an
    // object in a database still names.
    const database = new postgresql.Database(
      name,
      { name, owner: owner.name },
      options({ protect: args.protect, dependsOn: [server.owner, login] }),
    );

    // Grants of one database are chained, because PostgreSQL answers "tuple concurrently updated" to parallel ones. An
    // administrator that is neither superuser nor owner cannot grant access: then the job grants it, as the owner.
    const connect = server.superuser
      ? [
          new postgresql.Grant(
            `${name}-connect`,
            { database: database.name, role: login.name, objectType: "database", privileges: ["CONNECT"] },
            options(),
          ),
        ]
      : [];
    const rights = { database: database.name, schema: "public", owner: owner.name, role: login.name };
    const tables = new postgresql.DefaultPrivileges(
      `${name}-tables`,
      { ...rights, objectType: "table", privileges: [...LOGIN_RIGHTS.table] },
      options({ dependsOn: connect }),
    );
    const sequences = new postgresql.DefaultPrivileges(
      `${name}-sequences`,
      { ...rights, objectType: "sequence", privileges: [...LOGIN_RIGHTS.sequence] },
      options({ dependsOn: [tables] }),
    );
    if (args.migratedBy === "job") {
      const migrator = `${name}_migrator`;
      const password = new Password(`postgres-${args.service}-migrator`, {}, this.child()).value;
      this.ready = new postgresql.Role(
        migrator,
        { name: migrator, login: true, password, roles: [owner.name] },
        options({ dependsOn: [sequences], additionalSecretOutputs: ["password"] }),
      );
      this.migrations = {
        digest: migrationsDigest(args.migrations),
        ...(server.superuser ? {} : { admin: server.adminUser }),
        host: server.host,
        port: server.port,
        database: name,
        user: migrator,
        owner: `${name}_owner`,
        password,
        caCertificate: server.caCertificate,
      };
      this.registerOutputs({ database: this.database });
      return;
    }
    this.ready = new Migration(
      args.service,
      {
        connection: {
          host: server.host,
          port: server.port,
          database: database.name,
          user: server.adminUser,
          password: server.adminPassword,
          caPem: server.caCertificate,
        },
        role: owner.name,
        preamble: [...migrationPreamble(name)],
        migrations: args.migrations.map((file) => ({ ...file })),
      },
      this.child({ ...livesIn(server), dependsOn: [sequences] }),
    );
    this.registerOutputs({ database: this.database });
  }
}
