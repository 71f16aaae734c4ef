import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ADMIN_PRINCIPAL } from "../../certificates/admin-identity.ts";
import { KitComponent } from "../../component.ts";
import type { PostgresEndpoint, RedisEndpoint } from "../../databases/endpoints.ts";
import type { ServiceDatabase } from "../../databases/service-database.ts";
import type { KafkaAccess } from "../../kafka/access.ts";
import type { KafkaCluster } from "../../kafka/cluster.ts";
import type { LocalLayout } from "../../local/layout.ts";
import { File } from "../../provider/resources.ts";
import type { SchemaRegistry } from "../../schemas/registry.ts";
import type { TokenIssuer } from "../../services/token-issuer.ts";

/** Arguments of {@link PlatformFiles}. */
export interface PlatformFilesArgs {
  readonly stack: string;
  readonly layout: LocalLayout;
  readonly cluster: KafkaCluster;
  readonly access: KafkaAccess;
  readonly principals: readonly string[];
  readonly registry: SchemaRegistry;
  readonly postgres: PostgresEndpoint;
  readonly redis: RedisEndpoint;
  /** Services with a Redis user. */
  readonly redisUsers: readonly string[];
  readonly databases: ReadonlyMap<string, ServiceDatabase>;
  readonly tokens: TokenIssuer;
  /** HTTP addresses of services by name. The gateway's address is that of the platform. */
  readonly services: Readonly<Record<string, { readonly http?: string; readonly management: readonly string[] }>>;
  readonly gateway: string;
  /** Base URL of Prometheus. Absent if the platform has none. */
  readonly prometheus?: string;
}

/** Credentials of one principal. Unused parts are absent. */
interface Credentials {
  kafka?: string;
  postgres?: string;
  postgresUser?: string;
  postgresDatabase?: string;
  redis?: string;
}

/**
 * The files with which users and scripts find the local platform: `status.json` (addresses and paths, no secrets),
 * `credentials.json`, and the certificates and keys for each server.
 */
export class PlatformFiles extends KitComponent {
  constructor(name: string, args: PlatformFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("local:PlatformFiles", name, opts);
    const { layout } = args;
    const paths = {
      ca: layout.file("ca.pem"),
      adminCert: layout.file("admin.crt"),
      adminKey: layout.file("admin.key"),
      credentials: join(layout.stateDir, "credentials.json"),
      tokenKey: layout.file("token-issuer.key"),
      jwks: layout.file("jwks.json"),
    };
    const write = (key: string, path: string, content: pulumi.Input<string>, mode = "0600") =>
      new File(`${name}-${key}`, { path, content, mode }, this.child());
    write("ca", paths.ca, args.cluster.caCertificate, "0644");
    write("admin-cert", paths.adminCert, args.cluster.adminIdentity.certificate);
    write("admin-key", paths.adminKey, args.cluster.adminIdentity.privateKey);
    write("token-key", paths.tokenKey, args.tokens.privateKey);
    write("jwks", paths.jwks, args.tokens.keySet, "0644");
    write("credentials", paths.credentials, this.credentials(args).apply(json));
    write("status", join(layout.stateDir, "status.json"), this.status(args, paths).apply(json), "0644");
    this.registerOutputs({});
  }

  private credentials(args: PlatformFilesArgs): pulumi.Output<Record<string, Credentials>> {
    const entries: Record<string, Record<string, pulumi.Input<string>>> = {
      [ADMIN_PRINCIPAL]: {
        postgres: args.postgres.adminPassword,
        postgresUser: args.postgres.adminUser,
        postgresDatabase: "postgres",
      },
    };
    for (const principal of args.principals) entries[principal] = { kafka: args.access.password(principal) };
    for (const [service, database] of args.databases) {
      entries[service] = {
        ...entries[service],
        postgres: database.password,
        postgresUser: database.user,
        postgresDatabase: database.database,
      };
    }
    for (const service of args.redisUsers)
      entries[service] = { ...entries[service], redis: args.redis.password(service) };
    const sorted = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
    return pulumi.output(sorted);
  }

  private status(args: PlatformFilesArgs, files: Record<string, string>): pulumi.Output<object> {
    return pulumi.output({
      stack: args.stack,
      endpoints: {
        gateway: args.gateway,
        registry: args.registry.url,
        redis: { host: args.redis.host, port: args.redis.port, tls: args.redis.caCertificate !== undefined },
        postgres: { host: args.postgres.host, port: args.postgres.port },
        kafka: { bootstrap: args.cluster.bootstrap, admin: args.cluster.admin },
        services: args.services,
        ...(args.prometheus === undefined ? {} : { prometheus: args.prometheus }),
      },
      files,
    });
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
