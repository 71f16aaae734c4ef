import * as pulumi from "@pulumi/pulumi";

/** Connection of the plugin to PostgreSQL: host and user. */
export interface PostgresConnection {
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  database: pulumi.Input<string>;
  user: pulumi.Input<string>;
  /** Secret. */
  password: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate (verify-full). Default: no TLS. */
  caPem?: pulumi.Input<string>;
}

/** One migration file. */
export interface MigrationFile {
  /** Version that orders the files, for example `0001`. Unique. */
  version: pulumi.Input<string>;
  name: pulumi.Input<string>;
  /** Plain SQL. It runs in one transaction. */
  sql: pulumi.Input<string>;
}

/** Arguments of {@link Migration}. */
export interface MigrationArgs {
  connection: pulumi.Input<PostgresConnection>;
  /** Role that runs the files and owns the objects that they create (`SET ROLE`). Default: the connection's user. */
  role?: pulumi.Input<string>;
  /** All files, in any order. An applied file must not change or disappear. */
  migrations: pulumi.Input<pulumi.Input<MigrationFile>[]>;
  /** Repeatable statements that run as the connection's user before the files. Default: none. */
  preamble?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * The schema of one database: ordered SQL files. Each file is applied once, in its own transaction, and recorded with
 * its checksum in the table `schema_migrations`. The deletion of the resource keeps the data.
 */
export class Migration extends pulumi.CustomResource {
  declare readonly applied: pulumi.Output<{ version: string; name: string; checksum: string }[]>;

  constructor(name: string, args: MigrationArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:Migration", name, { ...args, applied: undefined }, options);
  }
}
