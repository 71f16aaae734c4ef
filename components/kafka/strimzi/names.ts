/** Names and numbers that the kit and Strimzi agree on. */

/** Release of Strimzi whose operator, images and CRDs are used. */
export const STRIMZI_VERSION = "1.2.0";

/** API version of Kafka and KafkaNodePool. */
export const STRIMZI_API = "kafka.strimzi.io/v1";

/** Listeners that every cluster has; names are at most 11 characters, ports from 9092 without 9404 and 9999. */
export const LISTENERS = {
  /** Services: TLS and SCRAM-SHA-512. */
  services: { name: "tls", port: 9093 },
  /** Clients outside the cluster: TLS and SCRAM-SHA-512. */
  external: { name: "external", port: 9094 },
  /** The admin: mutual TLS. */
  admin: { name: "admin", port: 9095 },
} as const;

/** Port on which brokers, controllers and their company publish metrics. */
export const METRICS_PORT = 9404;

/** Labels by which Strimzi marks the pods of a cluster. */
export const clusterLabel = (cluster: string): Record<string, string> => ({ "strimzi.io/cluster": cluster });

/** Names of the Secrets in which Strimzi looks for the clients' authority. */
export const clientsAuthoritySecrets = (cluster: string) => ({
  certificate: `${cluster}-clients-ca-cert`,
  key: `${cluster}-clients-ca`,
});
