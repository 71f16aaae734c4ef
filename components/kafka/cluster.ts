import type * as pulumi from "@pulumi/pulumi";
import type { AdminIdentity } from "../certificates/admin-identity.ts";

/**
 * What a cluster offers to the rest of the program, the same on every substrate. Topics, users,
 * ACLs and quotas are created over it along one path.
 */
export interface KafkaCluster {
  /** Addresses (`host:port`) of the listener for services: SASL_SSL with SCRAM-SHA-512. */
  readonly bootstrap: pulumi.Output<readonly string[]>;
  /** Addresses of the listener for the admin: mutual TLS. */
  readonly admin: pulumi.Output<readonly string[]>;
  /** Certificate (PEM) of the authority that signed the brokers' certificates. */
  readonly caCertificate: pulumi.Output<string>;
  /** The admin's certificate, signed by the clients' authority; super user by its common name. */
  readonly adminIdentity: AdminIdentity;
  /** Number of brokers; bounds the replication factor. */
  readonly brokerCount: number;
  /** Stands for the whole cluster: depend on it to wait until every broker answers; deleting it deletes all that is inside. */
  readonly owner: pulumi.Resource;
  /** True where the kit does not run the cluster itself: what it made inside is then deleted piece by piece. Default: false. */
  readonly external?: boolean;
}
