import * as pulumi from "@pulumi/pulumi";
import type { PostgresConnection } from "./migration.ts";

/** Arguments of {@link PostgresAdministrator}. */
export interface PostgresAdministratorArgs {
  /** As the administrator, to any database. */
  connection: pulumi.Input<PostgresConnection>;
}

/**
 * A PostgreSQL administrator without superuser rights that may act as the roles it makes: from PostgreSQL 16 on it needs a setting of its
 * role for that, without which no database can have another owner. The setting stays when the resource goes.
 */
export class PostgresAdministrator extends pulumi.CustomResource {
  declare readonly prepared: pulumi.Output<boolean>;

  constructor(name: string, args: PostgresAdministratorArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:PostgresAdministrator", name, { ...args, prepared: undefined }, options);
  }
}
