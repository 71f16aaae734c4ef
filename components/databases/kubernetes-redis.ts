import * as pulumi from "@pulumi/pulumi";
import type { PlatformAuthorities } from "../certificates/authorities.ts";
import { KitComponent } from "../component.ts";
import { byteQuantity } from "../kubernetes/manifest.ts";
import { type NameService, podsOf } from "../kubernetes/network.ts";
import { KubernetesObject } from "../kubernetes/object.ts";
import { CONFIGURATION_FOLDER, serverManifests } from "../kubernetes/server.ts";
import type { KubernetesServers } from "../model/stack/stack-kubernetes.ts";
import type { PodSettings } from "../model/stack/stack-pods.ts";
import { Password } from "../provider/resources.ts";
import type { RedisEndpoint } from "./endpoints.ts";
import { type RedisUser, redisAccessFile } from "./redis-acl.ts";

/** Arguments of {@link KubernetesRedis}. */
export interface KubernetesRedisArgs {
  readonly settings: NonNullable<KubernetesServers["redis"]["inCluster"]>;
  readonly namespaces: KubernetesServers["namespaces"];
  readonly dns: NameService;
  readonly pods: PodSettings;
  readonly provider: pulumi.ProviderResource;
  readonly authorities: PlatformAuthorities;
  readonly users: readonly RedisUser[];
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Name of the cache's Service. */
export const REDIS_NAME = "redis";
/** Image of the cache if the stack names none. */
export const REDIS_IMAGE = "docker.io/library/redis:7.4.2-bookworm";
/** Port of the cache. */
export const REDIS_PORT = 6_379;

/**
 * Redis as a pod: a cache without persistence, with TLS only, one user per service limited to its own keys, and no
 * default user.
 */
export class KubernetesRedis extends KitComponent implements RedisEndpoint {
  readonly host: pulumi.Output<string>;
  readonly port = REDIS_PORT;
  readonly caCertificate: pulumi.Output<string>;
  readonly owner: pulumi.Resource = this;
  readonly #passwords: ReadonlyMap<string, pulumi.Output<string>>;

  constructor(name: string, args: KubernetesRedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("databases:KubernetesRedis", name, opts);
    const { settings, namespaces, authorities, users } = args;
    const namespace = namespaces.platform;
    this.#passwords = new Map(
      users.map((user) => [user.service, new Password(`redis-${user.service}`, {}, this.child()).value]),
    );
    const certificate = authorities.serviceCertificate(REDIS_NAME, namespace, this);
    const acl = pulumi.all(users.map((user) => this.password(user.service))).apply((passwords) =>
      redisAccessFile(
        users.map((user, index) => ({ ...user, password: passwords[index] ?? "" })),
        "plain",
      ),
    );
    const files = {
      "redis.conf": redisConf(settings.memory),
      "users.acl": pulumi.secret(acl),
      "server.crt": certificate.chainPem,
      "server.key": certificate.privateKeyPem,
      "ca.pem": authorities.servers.certificatePem,
    };
    const manifests = serverManifests({
      name: REDIS_NAME,
      namespace,
      component: "cache",
      image: settings.image ?? REDIS_IMAGE,
      replicas: 1,
      command: ["redis-server", `${CONFIGURATION_FOLDER}/redis.conf`],
      ports: [{ name: "redis", port: REDIS_PORT }],
      liveness: { tcpSocket: { port: "redis" } },
      readiness: { tcpSocket: { port: "redis" } },
      startsWithin: 30,
      pods: args.pods,
      resources: { cpu: settings.cpu, memory: byteQuantity(settings.memory) },
      files,
      dns: args.dns,
      from: [{ peers: [podsOf(namespaces.services)], ports: [REDIS_PORT] }],
      to: [],
    });
    for (const manifest of manifests)
      new KubernetesObject(manifest, this.child({ provider: args.provider, dependsOn: [...args.dependsOn] }));
    this.host = pulumi.output(`${REDIS_NAME}.${namespace}.svc`);
    this.caCertificate = authorities.servers.certificatePem;
    this.registerOutputs({ host: this.host, port: this.port });
  }

  password(service: string): pulumi.Output<string> {
    const password = this.#passwords.get(service);
    if (password === undefined)
      throw new Error(`${service} has no Redis user; its template.yaml needs a line "redis: {keys: …}".`);
    return password;
  }
}

function redisConf(memory: number): string {
  const file = (name: string) => `${CONFIGURATION_FOLDER}/${name}`;
  return [
    "bind * -::*",
    "port 0",
    `tls-port ${REDIS_PORT}`,
    `tls-cert-file ${file("server.crt")}`,
    `tls-key-file ${file("server.key")}`,
    `tls-ca-cert-file ${file("ca.pem")}`,
    // Services authenticate with their password, not with a certificate.
    "tls-auth-clients no",
    `aclfile ${file("users.acl")}`,
    "dir /tmp",
    'save ""',
    "appendonly no",
    `maxmemory ${Math.floor(memory * 0.75)}`,
    "maxmemory-policy allkeys-lru",
    "",
  ].join("\n");
}
