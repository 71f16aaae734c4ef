import type * as pulumi from "@pulumi/pulumi";

/** A file handed to a workload, mounted read-only. Secrets come this way alone, never as a variable or argument. */
export interface WorkloadFile {
  /** File name below the workload's folder of files; also its key in a Kubernetes Secret or ConfigMap. */
  readonly name: string;
  readonly content: pulumi.Input<string>;
  /** Environment variable that tells the process where the file is, for example `KAFKA_PASSWORD_FILE`. */
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

/** The consumer group of a workload: bounds how many instances have work. */
export interface WorkloadGroup {
  readonly name: string;
  /** Topics it reads, delayed retries included, sorted by name. */
  readonly topics: readonly { readonly name: string; readonly partitions: number }[];
}

/** The database of a workload whose migrations run beside it, as a login that may change tables. */
export interface WorkloadMigrations {
  /** Folder of `NNNN_name.sql` files below the template's folder. */
  readonly folder: string;
  /** Changes when a file is added or changed. */
  readonly digest: string;
  readonly host: pulumi.Input<string>;
  readonly port: number;
  readonly database: string;
  /** Login that may act as the owner. */
  readonly user: string;
  /** Role that owns every object. */
  readonly owner: string;
  /** The server's administrator where only the owner can let him and the service in. */
  readonly admin?: string;
  /** Secret. */
  readonly password: pulumi.Input<string>;
  readonly caCertificate: pulumi.Input<string>;
}

/** A server that a workload talks to. */
export type ServerKind = "kafka" | "registry" | "postgres" | "redis" | "claim-checks" | "traces";

/** Kubernetes quantities: milli-CPUs and mebibytes, for example `250m`, `192Mi`. */
export interface WorkloadResources {
  readonly cpu: string;
  readonly memory: string;
}

/**
 * One description of a running service, plain data, for both substrates: Kubernetes renders it to
 * a Deployment and its company, one machine to supervised processes.
 */
export interface Workload {
  /** DNS label; also the principal. */
  readonly name: string;
  /** Entry point below the template's folder, for example `src/main.ts`. */
  readonly entry: string;
  readonly replicas: number;
  /** Variables without secrets, the same for every replica. */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** Files with or without secrets, mounted read-only. */
  readonly files: readonly WorkloadFile[];
  /** Schemas of the events it publishes and handles, sorted by path. */
  readonly schemas: readonly SchemaFile[];
  /** Whether the service listens on a port for others. */
  readonly http: boolean;
  /** Whether customers reach it from outside. */
  readonly exposed: boolean;
  readonly management: ManagementPaths;
  /** Requests. */
  readonly resources: WorkloadResources;
  /** Absent where the service consumes nothing. */
  readonly group?: WorkloadGroup;
  /** Servers it talks to, sorted. */
  readonly connects: readonly ServerKind[];
  /** Services it calls over HTTP, sorted. */
  readonly calls: readonly string[];
  /** Services that call it over HTTP, sorted. */
  readonly calledBy: readonly string[];
  /** Absent where the service has no database, or its migrations were applied before. */
  readonly migrations?: WorkloadMigrations;
  /** What must exist before the first start. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/**
 * What V8 is told about its memory. Half of what the container may hold is for the old space; the rest is buffers, code
 * and stacks. Left to itself, V8 gives so small a heap a young generation of 1 MiB, collects it dozens of times a second,
 * and waits each time for threads that a fraction of a processor does not have: half the processor time, measured on a
 * loop that allocates. And so small a heap may grow by 30 % only before it is marked again: at 35 orders a second that was
 * every 8 s in each service, 0.3 s of work and a pause of 0.1 s; with 100 % it is a third of that.
 */
export function heapFlags(resources: WorkloadResources): readonly string[] {
  return [
    `--max-old-space-size=${Math.floor(Number.parseInt(resources.memory, 10) / 2)}`,
    "--max-semi-space-size=8",
    "--heap-growing-percent=100",
    "--single-threaded-gc",
  ];
}
