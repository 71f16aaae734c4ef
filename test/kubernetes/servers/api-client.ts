import { request as httpsRequest } from "node:https";

/** Any object of the Kubernetes API. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What the API server answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  /** Texts of the `Warning` headers, e.g. of deprecated fields and of pod security. */
  readonly warnings: readonly string[];
}

/** How the server is reached and as whom. */
export interface ApiAccess {
  /** `https://host:port`. */
  readonly url: string;
  /** Certificate authority, PEM. */
  readonly ca: string;
  readonly token: string;
  /** Reaches the server through this socket; the URL's host is still what its certificate must say. */
  readonly socketPath?: string;
}

/** Talks to an API server without more between: every warning and every status is seen. */
export interface ApiClient {
  request(method: string, path: string, content?: { readonly type: string; readonly body: string }): Promise<ApiAnswer>;
  /** Server-side apply with strict field validation; never fails on an answer. */
  apply(object: ApiObject, options?: { readonly dryRun?: boolean }): Promise<ApiAnswer>;
  /** The object's path, found by discovery. Throws when the server does not know the kind. */
  pathOf(object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string };
  }): Promise<string>;
  /** An object by its path; undefined when there is none. */
  read(path: string): Promise<ApiObject | undefined>;
  /** Items of a list, e.g. of `/api/v1/pods`. */
  list(path: string): Promise<readonly ApiObject[]>;
}

interface ResourceType {
  readonly name: string;
  readonly namespaced: boolean;
}

const REQUEST_LIMIT_MS = 60_000;
const FIELD_MANAGER = "kit-test";

/** Makes a client. Connections are not kept: a server may be restarted between two requests. */
export function apiClient(access: ApiAccess): ApiClient {
  const types = new Map<string, ReadonlyMap<string, ResourceType>>();

  const request: ApiClient["request"] = (method, path, content) =>
    new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        new URL(path, access.url),
        {
          method,
          ca: access.ca,
          agent: false,
          timeout: REQUEST_LIMIT_MS,
          ...(access.socketPath === undefined ? {} : { socketPath: access.socketPath }),
          headers: {
            authorization: `Bearer ${access.token}`,
            accept: "application/json",
            ...(content === undefined
              ? {}
              : { "content-type": content.type, "content-length": Buffer.byteLength(content.body) }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.once("error", reject);
          incoming.once("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({
              status: incoming.statusCode ?? 0,
              body: parsed(text),
              warnings: warningsOf(incoming.rawHeaders),
            });
          });
        },
      );
      outgoing.once("timeout", () =>
        outgoing.destroy(new Error(`No answer to ${method} ${path} within ${REQUEST_LIMIT_MS} ms.`)),
      );
      outgoing.once("error", reject);
      outgoing.end(content?.body);
    });

  const typesOf = async (apiVersion: string): Promise<ReadonlyMap<string, ResourceType>> => {
    const { status, body } = await request(
      "GET",
      apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`,
    );
    const found = status === 200 ? resourceTypes(body) : new Map<string, ResourceType>();
    types.set(apiVersion, found);
    return found;
  };

  const pathOf: ApiClient["pathOf"] = async ({ apiVersion, kind, metadata }) => {
    // A definition may have come since the last look.
    const type = types.get(apiVersion)?.get(kind) ?? (await typesOf(apiVersion)).get(kind);
    if (type === undefined)
      throw new Error(`The API server does not know ${apiVersion} ${kind}; is its definition installed?`);
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const within = type.namespaced ? `${base}/namespaces/${metadata.namespace ?? "default"}` : base;
    return `${within}/${type.name}/${encodeURIComponent(metadata.name)}`;
  };

  return {
    request,
    pathOf,
    apply: async (object, options = {}) => {
      const query = new URLSearchParams({
        fieldManager: FIELD_MANAGER,
        fieldValidation: "Strict",
        force: "true",
        ...(options.dryRun === true ? { dryRun: "All" } : {}),
      });
      return await request("PATCH", `${await pathOf(object)}?${query.toString()}`, {
        type: "application/apply-patch+yaml",
        body: JSON.stringify(object),
      });
    },
    read: async (path) => {
      const answer = await request("GET", path);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200 || !isApiObject(answer.body)) throw new Error(`GET ${path}: ${describeAnswer(answer)}`);
      return answer.body;
    },
    list: async (path) => {
      const answer = await request("GET", path);
      const { body } = answer;
      if (
        answer.status !== 200 ||
        typeof body !== "object" ||
        body === null ||
        !("items" in body) ||
        !Array.isArray(body.items)
      )
        throw new Error(`GET ${path}: ${describeAnswer(answer)}`);
      const { kind, apiVersion } = { kind: "", apiVersion: "", ...body };
      // Items of a list do not repeat what they are.
      return body.items.map((item: ApiObject) => ({ ...item, apiVersion, kind: kind.replace(/List$/, "") }));
    },
  };
}

/** Status and message of an answer, for errors. */
export function describeAnswer(answer: ApiAnswer): string {
  const { body } = answer;
  const message =
    typeof body === "object" && body !== null && "message" in body ? String(body.message) : JSON.stringify(body);
  return `${answer.status} ${message}`;
}

function isApiObject(value: unknown): value is ApiObject {
  return typeof value === "object" && value !== null && "kind" in value && "apiVersion" in value && "metadata" in value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Health checks and errors of the transport are plain text.
    return text;
  }
}

function resourceTypes(body: unknown): ReadonlyMap<string, ResourceType> {
  const resources: unknown = typeof body === "object" && body !== null && "resources" in body ? body.resources : [];
  const types = new Map<string, ResourceType>();
  for (const entry of Array.isArray(resources) ? resources : []) {
    const { kind, name, namespaced }: { kind?: unknown; name?: unknown; namespaced?: unknown } = entry ?? {};
    // Names with a slash are subresources, such as deployments/scale.
    if (typeof kind === "string" && typeof name === "string" && !name.includes("/"))
      types.set(kind, { name, namespaced: namespaced === true });
  }
  return types;
}

/** `299 - "text"` of each `Warning` header (RFC 7234); Node joins repeated headers, the raw list does not. */
function warningsOf(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.flatMap((name, index) => {
    if (index % 2 === 1 || name.toLowerCase() !== "warning") return [];
    const value = rawHeaders[index + 1] ?? "";
    const quoted = /^\d{3} \S+ "((?:[^"\\]|\\.)*)"/.exec(value)?.[1];
    return [(quoted ?? value).replace(/\\(.)/g, "$1")];
  });
}
