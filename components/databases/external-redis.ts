import * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import type { StackExternals } from "../kubernetes/externals.ts";
import type { KubernetesServers } from "../model/stack/stack-kubernetes.ts";
import type { RedisEndpoint } from "./endpoints.ts";

/** Arguments of {@link ExternalRedis}. */
export interface ExternalRedisArgs {
  readonly settings: NonNullable<KubernetesServers["redis"]["external"]>;
  readonly externals: StackExternals;
}

/** An existing Redis server. Its users are created by its operator. The stack's secrets hold their passwords. */
export class ExternalRedis extends KitComponent implements RedisEndpoint {
  readonly host: pulumi.Output<string>;
  readonly port: number;
  readonly caCertificate?: pulumi.Output<string>;
  readonly owner: pulumi.Resource = this;
  readonly #externals: StackExternals;

  constructor(name: string, args: ExternalRedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("databases:ExternalRedis", name, opts);
    const { host, port, tls, caFile } = args.settings;
    this.host = pulumi.output(host);
    this.port = port;
    if (tls && caFile !== undefined)
      this.caCertificate = args.externals.file(caFile, "kubernetes.redis.external.caFile");
    this.#externals = args.externals;
    this.registerOutputs({ host: this.host, port: this.port });
  }

  password(service: string): pulumi.Output<string> {
    return this.#externals.secret(`redisPassword-${service}`, "…");
  }
}
