import type * as pulumi from "@pulumi/pulumi";

/** A file for a workload, mounted read-only. Secrets are passed only as files, never as variables or arguments. */
export interface WorkloadFile {
  /** File name below the workload's folder of files. It is also the key in a Kubernetes Secret or ConfigMap. */
  readonly name: string;
  readonly content: pulumi.Input<string>;
  /** Environment variable with the path of the file, for example `KAFKA_PASSWORD_FILE`. */
  readonly variable: string;
  /** Whether only the process may read it. */
  readonly secret: boolean;
}

/** An Avro schema that the service reads or writes. */
export interface SchemaFile {
  /** Path below the folder of schemas, for example `order/OrderCreated.avsc`. */
  readonly path: string;
  readonly content: string;
}

/** A probe or metrics path on the management port. */
export interface ManagementPaths {
  readonly liveness: string;
  readonly readiness: string;
  readonly metrics: string;
}

/** The consumer group of a workload, which limits the number of useful instances. */
export interface WorkloadGroup {
  readonly name: string;
  /** Topics that it reads, including delayed retries, sorted by name. */
  readonly topics: readonly { readonly name: string; readonly partitions: number }[];
}

/** The database of a workload whose migrations run beside it, with a login that may change tables. */
export interface WorkloadMigrations {
  /** Folder of `NNNN_name.sql` files below the template's folder. */
  readonly folder: string;
  /** Digest that changes when a file is added or changed. */
  readonly digest: string;
  readonly host: pulumi.Input<string>;
  readonly port: number;
  readonly database: string;
  /** Login that may act as the owner. */
  readonly user: string;
  /** Role that owns every object. */
  readonly owner: string;
  /** The server's administrator. Present if only the owner can grant access to the administrator and to the service. */
  readonly admin?: string;
  /** Secret. */
  readonly password: pulumi.Input<string>;
  readonly caCertificate: pulumi.Input<string>;
}

/** A server that a workload connects to. */
export type ServerKind = "kafka" | "registry" | "postgres" | "redis" | "claim-checks" | "traces";

/** Kubernetes quantities: milli-CPUs and mebibytes, for example `250m`, `192Mi`. */
export interface WorkloadResources {
  readonly cpu: string;
  readonly memory: string;
}

/**
 * A running service as plain data, for both substrates. Kubernetes renders it to a Deployment with its related objects,
 * one machine to supervised processes.
 */
export interface Workload {
  /** DNS label, also the name of the principal. */
  readonly name: string;
  /** Entry point below the template's folder, for example `src/main.ts`. */
  readonly entry: string;
  readonly replicas: number;
  /** Variables without secrets, equal for every replica. */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** Files with or without secrets, mounted read-only. */
  readonly files: readonly WorkloadFile[];
  /** Schemas of the events it publishes and handles, sorted by path. */
  readonly schemas: readonly SchemaFile[];
  /** Whether the service has an HTTP port for other services. */
  readonly http: boolean;
  /** Whether customers reach it from outside. */
  readonly exposed: boolean;
  readonly management: ManagementPaths;
  /** Requests. */
  readonly resources: WorkloadResources;
  /** Absent if the service consumes nothing. */
  readonly group?: WorkloadGroup;
  /** Servers that it connects to, sorted. */
  readonly connects: readonly ServerKind[];
  /** Services it calls over HTTP, sorted. */
  readonly calls: readonly string[];
  /** Services that call it over HTTP, sorted. */
  readonly calledBy: readonly string[];
  /** Absent if the service has no database, or if its migrations were already applied. */
  readonly migrations?: WorkloadMigrations;
  /** Resources that must exist before the first start. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/**
 * Returns V8's memory flags. Half of the container's memory is for the old space. The rest is for buffers, code and
 * stacks. By default, V8 gives such a small heap a young generation of 1 MiB and collects it dozens of times a second.
 * Each time it waits for threads that a fraction of a CPU does not have. This took half of the CPU time, measured on a
 * loop that allocates. By default, such a small heap may also grow only by 30 % before the next marking. At 35 orders a
 * second, that was every 8 s in each service, with 0.3 s of work and a pause of 0.1 s. With 100 % it is a third of
 * that.
 */
export function heapFlags(resources: WorkloadResources): readonly string[] {
  return [
    `--max-old-space-size=${Math.floor(Number.parseInt(resources.memory, 10) / 2)}`,
    "--max-semi-space-size=8",
    "--heap-growing-percent=100",
    "--single-threaded-gc",
  ];
}
