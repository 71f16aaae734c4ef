import type * as pulumi from "@pulumi/pulumi";

/** A secret handed to a workload as a file, never as an environment variable or argument. */
export interface SecretFile {
  /** File name below the workload's folder of secrets; also the key in a Kubernetes Secret. */
  readonly name: string;
  readonly content: pulumi.Input<string>;
  /** Environment variable that tells the process where the file is, for example `KAFKA_PASSWORD_FILE`. */
  readonly variable: string;
}

/** A probe or metrics path on the management port. */
export interface ManagementPaths {
  readonly liveness: string;
  readonly readiness: string;
  readonly metrics: string;
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
  readonly files: readonly SecretFile[];
  /** Whether the service listens on a port for others. */
  readonly http: boolean;
  readonly management: ManagementPaths;
  /** Requests, as Kubernetes quantities. */
  readonly resources: { readonly cpu: string; readonly memory: string };
  /** What must exist before the first start. */
  readonly dependsOn: readonly pulumi.Resource[];
}
