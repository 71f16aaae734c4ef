/** Where the schema registry answers, on each substrate. Pure. */
import { LOOPBACK } from "../local/layout.ts";

/** Name of the registry's Service on Kubernetes. */
export const REGISTRY_NAME = "schema-registry";
/** Port of its API on Kubernetes. */
export const REGISTRY_PORT = 8_080;

/** Path of the API that is compatible with Confluent's. */
const API = "/apis/ccompat/v7";

/** URL of the API below a base such as `http://127.0.0.1:17081`; a slash at its end is ignored. */
export function registryApi(base: string): string {
  return `${base.replace(/\/$/, "")}${API}`;
}

/** URL of the API on the local platform. */
export function localRegistryUrl(port: number): string {
  return registryApi(`http://${LOOPBACK}:${port}`);
}

/** Base URL within a Kubernetes cluster. */
export function inClusterRegistryBase(namespace: string): string {
  return `http://${REGISTRY_NAME}.${namespace}.svc:${REGISTRY_PORT}`;
}
