/**
 * Client of a Kubernetes cluster's API, configured by kubeconfig. It reads what Pulumi's provider does not report while
 * it waits.
 */
import { request as httpsRequest, type RequestOptions } from "node:https";
import { reasonOf } from "../../machine/coded-error.ts";
import { providerError } from "../errors.ts";

/** An answer of the API. */
export interface ClusterAnswer {
  /** HTTP status. */
  readonly status: number;
  /** JSON, or text if the body is not JSON. */
  readonly body: unknown;
}

/** The API of a cluster. */
export interface ClusterApi {
  /** Name of the context in use. */
  readonly context: string;
  /**
   * Sends a request.
   * @throws ProviderError `cluster-unreachable`.
   */
  request(method: "GET" | "DELETE", path: string): Promise<ClusterAnswer>;
}

/** The fields of an API object that the provider reads. */
export interface ClusterObject {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
  };
  readonly [field: string]: unknown;
}

const REQUEST_LIMIT_MS = 30_000;

/**
 * Opens the API of a context of kubeconfig (`KUBECONFIG`, otherwise `~/.kube/config`, otherwise the pod's own account).
 * It supports all login methods of kubeconfig: certificates, tokens, programs, OpenID Connect, proxies.
 * @param context - Default: the current context.
 * @throws ProviderError `cluster-context`: there is no kubeconfig, or it has no such context.
 */
export async function openClusterApi(context: string | undefined): Promise<ClusterApi> {
  // The import takes 0.4 s of CPU time, so only runs that ask a cluster load it.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    throw providerError("cluster-context", { context: context ?? "", reason: reasonOf(error) }, error);
  }
  const name = context ?? config.getCurrentContext();
  if (config.getContextObject(name) === null)
    throw providerError("cluster-context", {
      context: name,
      reason: `known are: ${config
        .getContexts()
        .map((each) => each.name)
        .join(", ")}`,
    });
  config.setCurrentContext(name);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw providerError("cluster-context", { context: name, reason: "it names no cluster" });
  const base = server.endsWith("/") ? server : `${server}/`;

  return {
    context: name,
    async request(method, path) {
      const options: RequestOptions = { method, timeout: REQUEST_LIMIT_MS, headers: { accept: "application/json" } };
      try {
        // The credentials are read for each request, because a token may have expired.
        await config.applyToHTTPSOptions(options);
        return await send(new URL(path.replace(/^\//, ""), base), options);
      } catch (error) {
        throw providerError("cluster-unreachable", { server, context: name, reason: reasonOf(error) }, error);
      }
    },
  };
}

/**
 * Returns the items of a list; empty if the API does not know the kind.
 * @throws ProviderError `cluster-refused`.
 */
export async function listObjects(api: ClusterApi, path: string): Promise<readonly ClusterObject[]> {
  const { status, body } = await api.request("GET", path);
  if (status === 404) return [];
  if (status === 200 && typeof body === "object" && body !== null && "items" in body && Array.isArray(body.items))
    return body.items.filter(isClusterObject);
  throw refused("GET", path, { status, body });
}

/**
 * Returns an object by its path; undefined if it does not exist.
 * @throws ProviderError `cluster-refused`.
 */
export async function readObject(api: ClusterApi, path: string): Promise<ClusterObject | undefined> {
  const { status, body } = await api.request("GET", path);
  if (status === 404) return undefined;
  if (status === 200 && isClusterObject(body)) return body;
  throw refused("GET", path, { status, body });
}

/**
 * Deletes an object. It succeeds if the object no longer exists.
 * @throws ProviderError `cluster-refused`.
 */
export async function deleteObject(api: ClusterApi, path: string): Promise<void> {
  const answer = await api.request("DELETE", path);
  if (answer.status >= 300 && answer.status !== 404) throw refused("DELETE", path, answer);
}

function isClusterObject(value: unknown): value is ClusterObject {
  if (typeof value !== "object" || value === null || !("metadata" in value)) return false;
  const { metadata } = value;
  return typeof metadata === "object" && metadata !== null && "name" in metadata && typeof metadata.name === "string";
}

function refused(method: string, path: string, { status, body }: ClusterAnswer): Error {
  const said =
    typeof body === "object" && body !== null && "message" in body ? String(body.message) : JSON.stringify(body);
  return providerError("cluster-refused", { request: `${method} ${path}`, status, reason: said });
}

function send(url: URL, options: RequestOptions): Promise<ClusterAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.once("error", reject);
      incoming.once("end", () =>
        resolve({ status: incoming.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString("utf8")) }),
      );
    });
    outgoing.once("timeout", () =>
      outgoing.destroy(
        new Error(`no answer to ${options.method ?? "GET"} ${url.pathname} within ${REQUEST_LIMIT_MS} ms`),
      ),
    );
    outgoing.once("error", reject);
    outgoing.end();
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Proxies answer in plain text.
    return text;
  }
}
