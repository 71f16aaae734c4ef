import type { ApiClient } from "./api-client.ts";
import { describeAnswer } from "./api-client.ts";
import { secretText } from "./object-texts.ts";
import { playAddress } from "./played-address.ts";
import { type PlayedPart, playPart } from "./played-part.ts";
import { startSecurePostgres } from "./secure-postgres.ts";

const CLUSTER = "/apis/postgresql.cnpg.io/v1/namespaces/platform/clusters/postgres";

/** Port of PostgreSQL's Service. */
export const POSTGRES_PORT = 5_432;

/**
 * Plays CloudNativePG: once the Cluster and its Secrets are there, a real server starts with the certificate and the superuser in
 * them, and the Cluster is reported ready.
 * @param podsReachIt - Address whose port {@link POSTGRES_PORT} leads to the server, where there are pods that want it.
 */
export function playPostgresOperator(
  client: ApiClient,
  port: number,
  limitMs: number,
  podsReachIt?: string,
): PlayedPart {
  return playPart(limitMs, async ({ declared, endLater }) => {
    const secretOf = (name: string) => client.read(`/api/v1/namespaces/platform/secrets/${name}`);
    const { superuser, certificate, authority } = await declared(
      "the PostgreSQL cluster with its Secrets",
      async () => {
        const [cluster, superuser, certificate, authority] = await Promise.all([
          client.read(CLUSTER),
          secretOf("postgres-superuser"),
          secretOf("postgres-server"),
          secretOf("postgres-authority"),
        ]);
        return cluster === undefined || superuser === undefined || certificate === undefined || authority === undefined
          ? undefined
          : { superuser, certificate, authority };
      },
    );
    const server = await startSecurePostgres(secretText(superuser, "password"), {
      port,
      superuser: secretText(superuser, "username"),
      certificate: {
        chainPem: secretText(certificate, "tls.crt"),
        privateKeyPem: secretText(certificate, "tls.key"),
        authorityPem: secretText(authority, "ca.crt"),
      },
    });
    endLater(() => server.stop());
    if (podsReachIt !== undefined)
      await playAddress(client, {
        namespace: "platform",
        name: "postgres-rw",
        port: POSTGRES_PORT,
        address: podsReachIt,
      });
    const condition = {
      type: "Ready",
      status: "True",
      reason: "ClusterIsReady",
      message: "Cluster is Ready",
      lastTransitionTime: new Date().toISOString(),
    };
    const answer = await client.request("PATCH", `${CLUSTER}/status`, {
      type: "application/merge-patch+json",
      body: JSON.stringify({ status: { conditions: [condition] } }),
    });
    if (answer.status >= 300) throw new Error(`The PostgreSQL cluster's status was refused: ${describeAnswer(answer)}`);
  });
}
