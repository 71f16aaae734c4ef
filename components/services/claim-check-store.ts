import type * as pulumi from "@pulumi/pulumi";
import type { StackExternals } from "../kubernetes/externals.ts";
import type { KubernetesServers } from "../model/stack/stack-kubernetes.ts";
import type { ServerKind, WorkloadFile } from "./workload.ts";

/** Where services keep what is too large for a record, the same on every substrate. */
export interface ClaimCheckEndpoint {
  /** Variables of each service that stores or fetches. */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** Credentials of one service, and whose certificate it accepts. */
  files(service: string): readonly WorkloadFile[];
  readonly connects: readonly ServerKind[];
}

/** A folder of this machine; the first service that stores something makes it. */
export function claimCheckFolder(folder: string): ClaimCheckEndpoint {
  return { environment: { CLAIM_CHECK_FOLDER: folder }, files: () => [], connects: [] };
}

/** A bucket of a server that is there already. Its users and their rights are made where it is run; the stack's secrets tell their keys. */
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
