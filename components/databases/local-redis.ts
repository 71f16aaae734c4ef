import * as pulumi from "@pulumi/pulumi";
import type { RedisServer } from "../../toolchain/servers/local-servers.ts";
import type { PlatformAuthorities } from "../certificates/authorities.ts";
import { KitComponent } from "../component.ts";
import type { LocalLayout } from "../local/layout.ts";
import { LOOPBACK } from "../local/layout.ts";
import { Password, Process } from "../provider/resources.ts";
import type { RedisEndpoint } from "./endpoints.ts";
import { type RedisUser, redisAccessFile } from "./redis-acl.ts";
import { redisConf } from "./redis-conf.ts";

/** Arguments of {@link LocalRedis}. */
export interface LocalRedisArgs {
  readonly server: RedisServer;
  readonly layout: LocalLayout;
  readonly port: number;
  readonly authorities: PlatformAuthorities;
  readonly users: readonly RedisUser[];
}

const NAME = "redis";

/**
 * Redis as a process: a cache without persistence, with one user per service limited to its own keys, and no default
 * user.
 */
export class LocalRedis extends KitComponent implements RedisEndpoint {
  readonly host = pulumi.output(LOOPBACK);
  readonly port: number;
  readonly caCertificate?: pulumi.Output<string>;
  readonly owner: pulumi.Resource = this;
  readonly #passwords: ReadonlyMap<string, pulumi.Output<string>>;

  constructor(name: string, args: LocalRedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("databases:LocalRedis", name, opts);
    const path = (file: string) => args.layout.file(NAME, file);
    const dataDir = args.layout.data(NAME);
    this.port = args.port;
    this.#passwords = new Map(
      args.users.map((user) => [user.service, new Password(`redis-${user.service}`, {}, this.child()).value]),
    );
    const tlsFiles = [];
    if (args.server.tls) {
      const certificate = args.authorities.serverCertificate(NAME, this);
      this.caCertificate = args.authorities.servers.certificatePem;
      tlsFiles.push(
        { path: path("server.crt"), content: certificate.chainPem },
        { path: path("server.key"), content: certificate.privateKeyPem },
        { path: path("ca.pem"), content: this.caCertificate },
      );
    }
    const users = pulumi.all(args.users.map((user) => this.password(user.service))).apply((passwords) =>
      redisAccessFile(
        args.users.map((user, index) => ({ ...user, password: passwords[index] ?? "" })),
        "hash",
      ),
    );

    new Process(
      NAME,
      {
        name: NAME,
        role: "cache",
        command: [args.server.server, path("redis.conf")],
        files: [
          { path: path("redis.conf"), content: redisConf({ port: args.port, tls: args.server.tls, dataDir, path }) },
          { path: path("users.acl"), content: users },
          ...tlsFiles,
        ],
        directories: [{ path: dataDir }],
        ports: [{ name: "redis", host: LOOPBACK, port: args.port }],
        readiness: { log: { pattern: "Ready to accept connections" }, timeoutSeconds: 30 },
        stateDir: args.layout.substrateDir,
      },
      this.child(),
    );
    this.registerOutputs({ host: this.host, port: this.port });
  }

  password(service: string): pulumi.Output<string> {
    const password = this.#passwords.get(service);
    if (password === undefined)
      throw new Error(`${service} has no Redis user; its template.yaml needs a line "redis: {keys: …}".`);
    return password;
  }
}
