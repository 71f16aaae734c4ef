/** Addresses of the brokers for clients with SCRAM over TLS, on each substrate. Pure. */
import { LOOPBACK } from "../local/layout.ts";
import type { LocalPorts } from "../local/ports.ts";
import type { KafkaNode } from "./nodes.ts";
import { LISTENERS } from "./strimzi/names.ts";

/** Returns the bootstrap addresses of the local platform: `host:port` of each broker, in order. */
export function localBootstrap(brokers: readonly KafkaNode[], ports: LocalPorts): readonly string[] {
  return brokers.map(({ ordinal }) => `${LOOPBACK}:${ports.brokerClient(ordinal)}`);
}

/**
 * Returns the bootstrap address within a Kubernetes cluster: the Service that Strimzi creates for its internal
 * listeners.
 */
export function strimziBootstrap(cluster: string, namespace: string): string {
  return `${cluster}-kafka-bootstrap.${namespace}.svc:${LISTENERS.services.port}`;
}

/** Returns the bootstrap address for clients outside the Kubernetes cluster. */
export function externalBootstrap(host: string): string {
  return `${host}:${LISTENERS.external.port}`;
}
