import type * as pulumi from "@pulumi/pulumi";
import type { AdminIdentity } from "../certificates/admin-identity.ts";

/**
 * The interface of a cluster for the rest of the program, equal on every substrate. Topics, users, ACLs and quotas are
 * created through it in the same way everywhere.
 */
export interface KafkaCluster {
  /** Addresses (`host:port`) of the listener for services: SASL_SSL with SCRAM-SHA-512. */
  readonly bootstrap: pulumi.Output<readonly string[]>;
  /** Addresses of the listener for the admin: mutual TLS. */
  readonly admin: pulumi.Output<readonly string[]>;
  /** Certificate (PEM) of the authority that signed the brokers' certificates. */
  readonly caCertificate: pulumi.Output<string>;
  /** Certificate of the admin, signed by the clients' authority. Its common name makes the admin a super user. */
  readonly adminIdentity: AdminIdentity;
  /** Number of brokers, which limits the replication factor. */
  readonly brokerCount: number;
  /**
   * Resource that stands for the whole cluster. A resource that depends on it waits until every broker answers. Its
   * deletion deletes the cluster with all contents.
   */
  readonly owner: pulumi.Resource;
  /**
   * Whether the cluster is run outside the kit. The kit then deletes the objects that it created in the cluster one by
   * one. Default: false.
   */
  readonly external?: boolean;
}
