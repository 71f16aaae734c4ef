/** The API of a Kubernetes cluster, reached as kubeconfig says: for what Pulumi's provider does not tell while it waits. */
import { request as httpsRequest, type RequestOptions } from "node:https";
import { reasonOf } from "../../machine/coded-error.ts";
import { providerError } from "../errors.ts";

/** What the API answered. */
export interface ClusterAnswer {
  /** HTTP status. */
  readonly status: number;
  /** JSON, or text where it is none. */
  readonly body: unknown;
}

/** A cluster's API. */
export interface ClusterApi {
  /** Name of the context in use. */
  readonly context: string;
  /** @throws ProviderError `cluster-unreachable`. */
  request(method: "GET" | "DELETE", path: string): Promise<ClusterAnswer>;
}

/** An object of the API, as far as it is read here. */
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
 * Opens the API of a context of kubeconfig (`KUBECONFIG`, else `~/.kube/config`, else the pod's own account), with whatever it logs in by:
 * certificates, tokens, programs, OpenID Connect, proxies.
 * @param context - Default: the current context.
 * @throws ProviderError `cluster-context`: there is no kubeconfig, or it has no such context.
 */
export async function openClusterApi(context: string | undefined): Promise<ClusterApi> {
  // Takes 0.4 s of processor time to load: only runs that ask a cluster pay for it.
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
        // Asked each time: a login by token may have ended.
        await config.applyToHTTPSOptions(options);
        return await send(new URL(path.replace(/^\//, ""), base), options);
      } catch (error) {
        throw providerError("cluster-unreachable", { server, context: name, reason: reasonOf(error) }, error);
      }
    },
  };
}

/**
 * The items of a list; none where the API does not know the kind.
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
 * An object by its path; undefined where there is none.
 * @throws ProviderError `cluster-refused`.
 */
export async function readObject(api: ClusterApi, path: string): Promise<ClusterObject | undefined> {
  const { status, body } = await api.request("GET", path);
  if (status === 404) return undefined;
  if (status === 200 && isClusterObject(body)) return body;
  throw refused("GET", path, { status, body });
}

/**
 * Deletes an object; one that is gone already is fine.
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
