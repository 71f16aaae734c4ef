import type * as pulumi from "@pulumi/pulumi";
import type { StackExternals } from "../kubernetes/externals.ts";
import type { KubernetesServers } from "../model/stack/stack-kubernetes.ts";
import type { ServerKind, WorkloadFile } from "./workload.ts";

/** The store of content that is too large for a record. The interface is equal on every substrate. */
export interface ClaimCheckEndpoint {
  /** Variables of each service that stores or fetches content. */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** Returns the credentials of one service, and the certificate of the authority that it trusts. */
  files(service: string): readonly WorkloadFile[];
  readonly connects: readonly ServerKind[];
}

/** Returns a store in a folder of this machine. The first service that stores content creates the folder. */
export function claimCheckFolder(folder: string): ClaimCheckEndpoint {
  return { environment: { CLAIM_CHECK_FOLDER: folder }, files: () => [], connects: [] };
}

/**
 * Returns a store in a bucket of an existing server. The server's operator creates its users and their rights. The
 * stack's secrets hold their keys.
 */
export function claimCheckBucket(
  { endpoint, region, bucket, caFile }: NonNullable<KubernetesServers["claimCheckStore"]>,
  externals: StackExternals,
): ClaimCheckEndpoint {
  return {
    environment: { CLAIM_CHECK_S3_ENDPOINT: endpoint, CLAIM_CHECK_S3_REGION: region, CLAIM_CHECK_S3_BUCKET: bucket },
    files: (service) => [
      {
        name: "claim-check-key-id",
        variable: "CLAIM_CHECK_S3_KEY_ID_FILE",
        content: externals.secret(`claimCheckKeyId-${service}`, "…"),
        secret: true,
      },
      {
        name: "claim-check-secret-key",
        variable: "CLAIM_CHECK_S3_KEY_FILE",
        content: externals.secret(`claimCheckSecretKey-${service}`, "…"),
        secret: true,
      },
      ...(caFile === undefined
        ? []
        : [
            {
              name: "claim-check-ca.pem",
              variable: "CLAIM_CHECK_S3_CA_FILE",
              content: externals.file(caFile, "kubernetes.claimCheckStore.caFile"),
              secret: false,
            },
          ]),
    ],
    connects: ["claim-checks"],
  };
}
