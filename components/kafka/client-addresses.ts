/** Where clients with SCRAM over TLS find the brokers, on each substrate. Pure. */
import { LOOPBACK } from "../local/layout.ts";
import type { LocalPorts } from "../local/ports.ts";
import type { KafkaNode } from "./nodes.ts";
import { LISTENERS } from "./strimzi/names.ts";

/** Bootstrap addresses of the local platform, `host:port` of each broker in order. */
export function localBootstrap(brokers: readonly KafkaNode[], ports: LocalPorts): readonly string[] {
  return brokers.map(({ ordinal }) => `${LOOPBACK}:${ports.brokerClient(ordinal)}`);
}

/** Bootstrap address within a Kubernetes cluster: the Service that Strimzi makes for its internal listeners. */
export function strimziBootstrap(cluster: string, namespace: string): string {
  return `${cluster}-kafka-bootstrap.${namespace}.svc:${LISTENERS.services.port}`;
}

/** Bootstrap address for clients outside the Kubernetes cluster. */
export function externalBootstrap(host: string): string {
  return `${host}:${LISTENERS.external.port}`;
}
