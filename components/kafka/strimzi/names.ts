/** Names and numbers that the kit shares with Strimzi. */

/** Strimzi release of the operator, images and CRDs. */
export const STRIMZI_VERSION = "1.2.0";

/** API version of Kafka and KafkaNodePool. */
export const STRIMZI_API = "kafka.strimzi.io/v1";

/** Listeners of every cluster. A name has at most 11 characters. Ports start at 9092, without 9404 and 9999. */
export const LISTENERS = {
  /** Services: TLS and SCRAM-SHA-512. */
  services: { name: "tls", port: 9093 },
  /** Clients outside the cluster: TLS and SCRAM-SHA-512. */
  external: { name: "external", port: 9094 },
  /** The admin: mutual TLS. */
  admin: { name: "admin", port: 9095 },
} as const;

/** Port on which brokers, controllers, Cruise Control and the exporter serve metrics. */
export const METRICS_PORT = 9404;

/** Returns the labels that Strimzi sets on the pods of a cluster. */
export const clusterLabel = (cluster: string): Record<string, string> => ({ "strimzi.io/cluster": cluster });

/** Returns the names of the Secrets from which Strimzi reads the clients' authority. */
export const clientsAuthoritySecrets = (cluster: string) => ({
  certificate: `${cluster}-clients-ca-cert`,
  key: `${cluster}-clients-ca`,
});
