import * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import type { StackExternals } from "../kubernetes/externals.ts";
import type { KubernetesServers } from "../model/stack/stack-kubernetes.ts";
import { PostgresAdministrator } from "../provider/resources.ts";
import type { PostgresEndpoint } from "./endpoints.ts";

/** Arguments of {@link ExternalPostgres}. */
export interface ExternalPostgresArgs {
  readonly settings: NonNullable<KubernetesServers["postgres"]["external"]>;
  readonly externals: StackExternals;
  /** An output that is known when the platform's first resources exist. No provider connects earlier. */
  readonly after: pulumi.Output<unknown>;
}

/** An existing PostgreSQL server, for example a managed one. */
export class ExternalPostgres extends KitComponent implements PostgresEndpoint {
  readonly host: pulumi.Output<string>;
  readonly port: number;
  readonly admin: PostgresEndpoint["admin"];
  readonly superuser: boolean;
  readonly adminUser: string;
  readonly adminPassword: pulumi.Output<string>;
  readonly caCertificate: pulumi.Output<string>;
  readonly caFile: string;
  readonly owner: pulumi.Resource = this;
  readonly external = true;

  constructor(name: string, args: ExternalPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("databases:ExternalPostgres", name, opts);
    const { host, port, adminUser, superuser, caFile } = args.settings;
    this.host = pulumi.output(host);
    this.port = port;
    this.superuser = superuser;
    this.adminUser = adminUser;
    this.adminPassword = args.externals.secret("postgresAdminPassword", "…");
    this.caCertificate = args.externals.file(caFile, "kubernetes.postgres.external.caFile");
    this.caFile = caFile;
    // Providers connect as soon as the address is known, and the preview of a new platform must not need a server.
    const reached = args.after.apply(() => host);
    this.admin = { host: superuser ? reached : this.#ableToAct(reached), port };
    this.registerOutputs({ host: this.host, port: this.port });
  }

  /**
   * Returns the address for resources that create roles and databases. It is known when the administrator may act as
   * the roles that it creates.
   */
  #ableToAct(host: pulumi.Output<string>): pulumi.Output<string> {
    const connection = {
      host,
      port: this.port,
      database: "postgres",
      user: this.adminUser,
      password: this.adminPassword,
      caPem: this.caCertificate,
    };
    const administrator = new PostgresAdministrator("postgres-administrator", { connection }, this.child());
    return pulumi.all([host, administrator.prepared]).apply(([reached]) => reached);
  }
}
