import * as pulumi from "@pulumi/pulumi";

/** Where and as whom the plugin connects to PostgreSQL. */
export interface PostgresConnection {
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  database: pulumi.Input<string>;
  user: pulumi.Input<string>;
  /** Secret. */
  password: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate (verify-full). Absent: no TLS. */
  caPem?: pulumi.Input<string>;
}

/** One migration file. */
export interface MigrationFile {
  /** Orders the files, for example `0001`. Unique. */
  version: pulumi.Input<string>;
  name: pulumi.Input<string>;
  /** Plain SQL, run in one transaction. */
  sql: pulumi.Input<string>;
}

/** Arguments of {@link Migration}. */
export interface MigrationArgs {
  connection: pulumi.Input<PostgresConnection>;
  /** Role that runs the files and owns what they make (`SET ROLE`). Default: the connection's user. */
  role?: pulumi.Input<string>;
  /** All files, in any order. An applied one must not change or vanish. */
  migrations: pulumi.Input<pulumi.Input<MigrationFile>[]>;
  /** Statements that may be repeated, run as the connection's user before the files. */
  preamble?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * The schema of one database: ordered SQL files, each applied once, in a transaction of its own,
 * remembered with its checksum in the table `schema_migrations`. Removing the resource leaves the data.
 */
export class Migration extends pulumi.CustomResource {
  declare readonly applied: pulumi.Output<{ version: string; name: string; checksum: string }[]>;

  constructor(name: string, args: MigrationArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:Migration", name, { ...args, applied: undefined }, options);
  }
}
