import type * as pulumi from "@pulumi/pulumi";
import type { PostgresEndpoint, RedisEndpoint } from "../databases/endpoints.ts";
import type { ServiceDatabase } from "../databases/service-database.ts";
import type { KafkaAccess } from "../kafka/access.ts";
import type { KafkaCluster } from "../kafka/cluster.ts";
import type { SchemaRegistry } from "../schemas/registry.ts";
import type { ClaimCheckEndpoint } from "../services/claim-check-store.ts";
import type { ServiceTemplate } from "../services/template.ts";
import type { TokenKeys } from "../services/token-issuer.ts";
import type { Workload } from "../services/workload.ts";

/**
 * Where a platform runs. It offers servers and runs workloads; what lives in the servers (topics,
 * users, rules, subjects, databases) is declared over it along one path, whichever it is.
 */
export interface Substrate {
  readonly cluster: KafkaCluster;
  readonly postgres: PostgresEndpoint;
  readonly redis: RedisEndpoint;
  /** Where content is kept that is too large for a record; absent where the environment names no store. */
  readonly claimChecks?: ClaimCheckEndpoint;
  /** Whose tokens the gateway and the services accept. */
  readonly tokens: TokenKeys;
  /** Folder with the Avro schemas, as a service sees it. */
  readonly schemasDir: string;
  /** Who applies a database's migrations: this program, or a job beside the service. */
  readonly migratedBy: "program" | "job";
  /** Whether the engine must refuse to delete what holds data. */
  readonly protect: boolean;
  /**
   * Runs the schema registry over the cluster.
   * @param password - Kafka password of the registry's principal (secret).
   * @param dependsOn - The registry's user, access rules and topics.
   */
  registry(password: pulumi.Output<string>, dependsOn: readonly pulumi.Resource[]): SchemaRegistry;
  /** Runs a workload; the resource is there once every replica is ready. */
  service(workload: Workload): pulumi.Resource;
  /** Base URL under which other services reach a service. */
  urlOf(service: string): string;
  /** Address at which customers reach the exposed service; undefined where no template is exposed. */
  readonly gateway: string | undefined;
  /** Leaves behind what people and scripts need to find and enter the finished platform. */
  announce(parts: PlatformParts): void;
}

/** A finished platform, as {@link Substrate.announce} gets it. */
export interface PlatformParts {
  readonly stack: string;
  readonly principals: readonly string[];
  readonly access: KafkaAccess;
  readonly registry: SchemaRegistry;
  readonly databases: ReadonlyMap<string, ServiceDatabase>;
  readonly templates: readonly ServiceTemplate[];
}
