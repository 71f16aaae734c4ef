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
 * A substrate, on which a platform runs. It offers servers and runs workloads. The contents of the servers (topics,
 * users, ACLs, subjects, databases) are declared in the same way on every substrate.
 */
export interface Substrate {
  readonly cluster: KafkaCluster;
  readonly postgres: PostgresEndpoint;
  readonly redis: RedisEndpoint;
  /** Store of content that is too large for a record. Absent if the environment has no store. */
  readonly claimChecks?: ClaimCheckEndpoint;
  /** Issuer of the tokens that the gateway and the services accept. */
  readonly tokens: TokenKeys;
  /** Folder with the Avro schemas, as a service sees it. */
  readonly schemasDir: string;
  /** Where the migrations of a database run: in this program, or in a job beside the service. */
  readonly migratedBy: "program" | "job";
  /** Whether the engine must refuse to delete resources with data. */
  readonly protect: boolean;
  /**
   * Runs the schema registry on the cluster.
   * @param password - Kafka password of the registry's principal. Secret.
   * @param dependsOn - The registry's user, ACLs and topics.
   */
  registry(password: pulumi.Output<string>, dependsOn: readonly pulumi.Resource[]): SchemaRegistry;
  /** Runs a workload. The resource exists when every replica is ready. */
  service(workload: Workload): pulumi.Resource;
  /** Returns the base URL at which other services reach a service. */
  urlOf(service: string): string;
  /** Address at which customers reach the exposed service; undefined if no template is exposed. */
  readonly gateway: string | undefined;
  /** Publishes what users and scripts need to find and use the finished platform. */
  announce(parts: PlatformParts): void;
}

/** A finished platform, as {@link Substrate.announce} receives it. */
export interface PlatformParts {
  readonly stack: string;
  readonly principals: readonly string[];
  readonly access: KafkaAccess;
  readonly registry: SchemaRegistry;
  readonly databases: ReadonlyMap<string, ServiceDatabase>;
  readonly templates: readonly ServiceTemplate[];
}
