import * as pulumi from "@pulumi/pulumi";
import type { PostgresConnection } from "./migration.ts";

/** Arguments of {@link PostgresAdministrator}. */
export interface PostgresAdministratorArgs {
  /** Connection as the administrator, to any database. */
  connection: pulumi.Input<PostgresConnection>;
}

/**
 * A PostgreSQL administrator without superuser rights that may act as the roles that it creates. From PostgreSQL 16 on,
 * its role needs a setting for that. Without the setting, no database can have another owner. The setting stays when
 * the resource is deleted.
 */
export class PostgresAdministrator extends pulumi.CustomResource {
  declare readonly prepared: pulumi.Output<boolean>;

  constructor(name: string, args: PostgresAdministratorArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:PostgresAdministrator", name, { ...args, prepared: undefined }, options);
  }
}
