/**
 * Determines which authorities a client of a listener must trust. Strimzi reports the current one in the status of the
 * Kafka resource. While Strimzi replaces the authority's key, the Secret of the cluster's authorities also holds the
 * old certificate, until no broker uses it. Meanwhile brokers with either certificate answer, and a client must trust
 * both. Pure.
 */
import type { Value } from "../values.ts";

/** Returns the name of the Secret in which Strimzi stores the certificates of a cluster's authorities. */
export function authoritiesSecret(cluster: string): string {
  return `${cluster}-cluster-ca-cert`;
}

/**
 * Returns the listeners of a status, each with all authorities that clients must trust: those in the status, then the
 * others in the Secret, ordered by name. A listener with its own certificate (`brokerCertChainAndKey`) shares none with
 * the Secret and is not changed.
 * @param listeners - `status.listeners` of the Kafka resource.
 * @param secret - `data` of the Secret, in base64; undefined if there is none.
 */
export function withAuthorities(
  listeners: readonly Value[],
  secret: Readonly<Record<string, unknown>> | undefined,
): Value[] {
  const kept = Object.entries(secret ?? {})
    .filter((entry): entry is [string, string] => entry[0].endsWith(".crt") && typeof entry[1] === "string")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, certificate]) => Buffer.from(certificate, "base64").toString("utf8"));
  return listeners.map((listener) => {
    const reported = certificatesOf(listener);
    const known = new Set(reported.map(bare));
    if (!kept.some((certificate) => known.has(bare(certificate)))) return listener;
    const others = kept.filter((certificate) => !known.has(bare(certificate)));
    return others.length === 0 ? listener : { ...(listener as object), certificates: [...reported, ...others] };
  });
}

function certificatesOf(listener: Value): readonly string[] {
  if (typeof listener !== "object" || listener === null || !("certificates" in listener)) return [];
  const { certificates } = listener;
  return Array.isArray(certificates) ? certificates.filter((each): each is string => typeof each === "string") : [];
}

/** Returns a certificate without white space, because the status and the Secret differ in line ends. */
function bare(certificate: string): string {
  return certificate.replaceAll(/\s/gu, "");
}
