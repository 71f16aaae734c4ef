import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import type { LocalServers } from "../../../toolchain/servers/local-servers.ts";
import { PlatformAuthorities } from "../../certificates/authorities.ts";
import { LocalPostgres } from "../../databases/local-postgres.ts";
import { LocalRedis } from "../../databases/local-redis.ts";
import type { RedisUser } from "../../databases/redis-acl.ts";
import { LocalKafkaCluster } from "../../kafka/local-cluster.ts";
import { clusterNodes } from "../../kafka/nodes.ts";
import type { LocalLayout } from "../../local/layout.ts";
import { LOOPBACK } from "../../local/layout.ts";
import type { LocalPorts } from "../../local/ports.ts";
import type { Observability } from "../../model/stack/observability.ts";
import type { StackSettings } from "../../model/stack/stack.ts";
import type { Owners } from "../../observability/owners.ts";
import { Process } from "../../provider/resources.ts";
import { LocalSchemaRegistry } from "../../schemas/local-registry.ts";
import type { ClaimCheckEndpoint } from "../../services/claim-check-store.ts";
import { claimCheckFolder } from "../../services/claim-check-store.ts";
import type { InstancePorts } from "../../services/local-service.ts";
import { LocalService } from "../../services/local-service.ts";
import type { ServiceTemplate } from "../../services/template.ts";
import { TokenIssuer } from "../../services/token-issuer.ts";
import type { Workload } from "../../services/workload.ts";
import type { PlatformParts, Substrate } from "../substrate.ts";
import { codeVersion } from "./code-version.ts";
import { LocalObservability } from "./observability.ts";
import { PlatformFiles } from "./platform-files.ts";
import { INSTANCES_PER_SERVICE } from "./service-places.ts";

/** Arguments of {@link LocalSubstrate}. */
export interface LocalSubstrateArgs {
  readonly settings: StackSettings;
  readonly servers: LocalServers;
  readonly layout: LocalLayout;
  readonly ports: LocalPorts;
  readonly projectDir: string;
  /** Places of all services, which determine their ports. */
  readonly places: ReadonlyMap<string, number>;
  /** The service that customers reach, with its own port. Undefined: none. */
  readonly exposed: string | undefined;
  readonly redisUsers: readonly RedisUser[];
  /** Number of connections that PostgreSQL must accept. */
  readonly databaseConnections: number;
  readonly observability: Observability;
  /** Teams that get the alerts. */
  readonly owners: Owners;
}

/** One machine as a substrate: every server and service is a process on loopback. */
export class LocalSubstrate implements Substrate {
  readonly cluster: LocalKafkaCluster;
  readonly postgres: LocalPostgres;
  readonly redis: LocalRedis;
  readonly claimChecks: ClaimCheckEndpoint;
  readonly tokens = new TokenIssuer("token-issuer");
  readonly schemasDir: string;
  readonly migratedBy = "program";
  /** A local platform may be created and deleted freely. */
  readonly protect = false;
  readonly #args: LocalSubstrateArgs;
  readonly #codeVersions = new Map<string, string>();

  constructor(args: LocalSubstrateArgs) {
    this.#args = args;
    this.schemasDir = join(args.projectDir, "topics", "schemas");
    const { settings, servers, layout, ports } = args;
    new Process("log-keeper", {
      name: "log-keeper",
      role: "maintenance",
      command: [
        servers.node,
        "--disable-warning=ExperimentalWarning",
        "--max-old-space-size=32",
        join(args.projectDir, "components/provider/process/log-keeper.ts"),
        layout.substrateDir,
      ],
      ports: [],
      readiness: { log: { pattern: "keeping the logs" }, timeoutSeconds: 20 },
      stateDir: layout.substrateDir,
    });
    const authorities = new PlatformAuthorities("authorities");
    this.cluster = new LocalKafkaCluster("kafka", {
      shape: settings.kafka,
      replicationFactor: settings.topics.replicationFactor,
      minInsyncReplicas: settings.topics.minInsyncReplicas,
      server: servers.kafka,
      layout,
      ports,
      authorities,
      metrics: args.observability !== "off",
    });
    // Twelve JVMs occupy a small machine, and topics and ACLs wait for them. Databases are created meanwhile.
    const afterCluster = { dependsOn: [this.cluster] };
    this.postgres = new LocalPostgres(
      "postgres",
      { server: servers.postgres, layout, port: ports.postgres, authorities, maxConnections: args.databaseConnections },
      afterCluster,
    );
    this.claimChecks = claimCheckFolder(layout.data("claim-checks"));
    this.redis = new LocalRedis("redis", {
      server: servers.redis,
      layout,
      port: ports.redis,
      authorities,
      users: args.redisUsers,
    });
  }

  /**
   * Address of the exposed service. The port is reserved for it, so no server answers there while no template is
   * exposed.
   */
  get gateway(): string {
    return `http://${LOOPBACK}:${this.#args.ports.gateway}`;
  }

  registry(password: pulumi.Output<string>, dependsOn: readonly pulumi.Resource[]): LocalSchemaRegistry {
    const { servers, layout, ports } = this.#args;
    return new LocalSchemaRegistry("schema-registry", {
      server: servers.apicurio,
      layout,
      port: ports.registry,
      managementPort: ports.registryManagement,
      cluster: this.cluster,
      password,
      dependsOn,
    });
  }

  service(workload: Workload): LocalService {
    const { layout, projectDir, servers } = this.#args;
    return new LocalService({
      workload,
      instances: this.portsOf(workload.name, workload.replicas, workload.http),
      node: servers.node,
      templates: join(projectDir, "service-templates"),
      layout,
      codeVersion: this.#codeVersion(workload.name),
    });
  }

  /** Returns the ports of a service's instances. */
  portsOf(service: string, replicas: number, http: boolean): readonly InstancePorts[] {
    const { ports, places, exposed } = this.#args;
    if (replicas > INSTANCES_PER_SERVICE) {
      throw new RangeError(
        `services.${service}.replicas is ${replicas}; one machine has ports for at most ${INSTANCES_PER_SERVICE} of a service.`,
      );
    }
    const place = places.get(service);
    if (place === undefined)
      throw new RangeError(`${service} has no ports; it is no folder of service-templates/ with a template.yaml.`);
    const first = place * INSTANCES_PER_SERVICE;
    return Array.from({ length: replicas }, (_, index) => ({
      management: ports.serviceManagement(first + index),
      ...(http ? { http: service === exposed && index === 0 ? ports.gateway : ports.serviceHttp(first + index) } : {}),
    }));
  }

  /** Returns the base URL of a service's first instance. */
  urlOf(service: string): string {
    const [first] = this.portsOf(service, 1, true);
    return `http://${LOOPBACK}:${first?.http}`;
  }

  /** Writes the files that describe the platform: status, credentials, certificates. */
  announce(parts: PlatformParts): void {
    const { templates } = parts;
    if (this.#args.observability !== "off") this.#observe(parts);
    new PlatformFiles("platform", {
      ...parts,
      layout: this.#args.layout,
      cluster: this.cluster,
      postgres: this.postgres,
      redis: this.redis,
      tokens: this.tokens,
      gateway: this.gateway,
      ...(this.#args.observability === "on" ? { prometheus: `http://${LOOPBACK}:${this.#args.ports.prometheus}` } : {}),
      redisUsers: templates.filter((template) => template.redis !== undefined).map((template) => template.name),
      services: Object.fromEntries(templates.map((template) => [template.name, this.#addresses(template)])),
    });
  }

  #observe({ access, templates }: PlatformParts): void {
    const { settings, servers, layout, ports, projectDir, observability, owners } = this.#args;
    new LocalObservability("observability", {
      cluster: this.cluster,
      access,
      nodes: clusterNodes(settings.kafka),
      layout,
      ports,
      node: servers.node,
      projectDir,
      services: templates.flatMap((template) => this.#addresses(template).management.map((url) => new URL(url).host)),
      owners,
      prometheus: observability === "on",
    });
  }

  #addresses(template: ServiceTemplate): { readonly http?: string; readonly management: readonly string[] } {
    const http = template.http?.port ?? false;
    const instances = this.portsOf(template.name, this.#args.settings.services[template.name]?.replicas ?? 1, http);
    return {
      ...(http ? { http: this.urlOf(template.name) } : {}),
      management: instances.map((instance) => `http://${LOOPBACK}:${instance.management}`),
    };
  }

  #codeVersion(service: string): string {
    const templates = join(this.#args.projectDir, "service-templates");
    const known = this.#codeVersions.get(service);
    if (known !== undefined) return known;
    const version = codeVersion(join(templates, "lib"), join(templates, service));
    this.#codeVersions.set(service, version);
    return version;
  }
}
