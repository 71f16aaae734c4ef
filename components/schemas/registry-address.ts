/** Addresses of the schema registry on each substrate. Pure. */
import { LOOPBACK } from "../local/layout.ts";

/** Name of the registry's Service on Kubernetes. */
export const REGISTRY_NAME = "schema-registry";
/** Port of its API on Kubernetes. */
export const REGISTRY_PORT = 8_080;

/** Path of the Confluent-compatible API. */
const API = "/apis/ccompat/v7";

/** Returns the URL of the API below a base such as `http://127.0.0.1:17081`. A trailing slash is ignored. */
export function registryApi(base: string): string {
  return `${base.replace(/\/$/, "")}${API}`;
}

/** Returns the URL of the API on the local platform. */
export function localRegistryUrl(port: number): string {
  return registryApi(`http://${LOOPBACK}:${port}`);
}

/** Returns the base URL within a Kubernetes cluster. */
export function inClusterRegistryBase(namespace: string): string {
  return `http://${REGISTRY_NAME}.${namespace}.svc:${REGISTRY_PORT}`;
}
