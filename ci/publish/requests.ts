/** Requests to a forge's HTTP API. The token goes into one header of each request, and into nothing else. */
import { ServerFault, UsageFault } from "./forge.ts";

/** How requests are made. */
export interface RequestSettings {
  /** Base of the API, without a slash at its end: `https://gitlab.example.com/api/v4`. */
  readonly api: string;
  /** Header with the token. */
  readonly credential: Readonly<Record<string, string>>;
  /** The token, so that no message repeats it. */
  readonly token: string;
  /** Waits so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** Milliseconds for one request. */
const TIMEOUT = 30_000;
/** How often a request is made that may be repeated. */
const TRIES = 3;
/** Longest wait before another try, in milliseconds, whatever the server asks for. */
const LONGEST_WAIT = 30_000;
/** Pages of a listing that are read at most. */
const PAGES = 50;

/** A client of the API. */
export interface Requests {
  /** The answer's JSON. POST is never repeated: it would create a second post. */
  send(method: "GET" | "POST" | "PUT" | "PATCH", path: string, body?: unknown): Promise<unknown>;
  /** Items of a listing, page after page. `path` has a query already. */
  list(path: string): AsyncGenerator<Readonly<Record<string, unknown>>>;
}

/**
 * Makes the client.
 * @throws UsageFault for an API without TLS that is not on this machine: the token would be readable on the way.
 */
export function requests({ api, credential, token, sleep }: RequestSettings): Requests {
  const base = URL.canParse(api) ? new URL(api) : undefined;
  if (
    base === undefined ||
    (base.protocol !== "https:" && !["127.0.0.1", "[::1]", "localhost"].includes(base.hostname))
  ) {
    throw new UsageFault(`The API's address must begin with https://; it is ${JSON.stringify(api)}.`);
  }

  async function attempt(method: string, path: string, body: unknown): Promise<Response | Error> {
    try {
      return await fetch(`${api}${path}`, {
        method,
        // A redirection could lead the token to another server.
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT),
        headers: {
          ...credential,
          accept: "application/json",
          "user-agent": "event-platform-ci",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async function answer(method: string, path: string, body?: unknown): Promise<Response> {
    for (let tries = 1; ; tries += 1) {
      const response = await attempt(method, path, body);
      if (response instanceof Response && response.ok) return response;
      const passing = response instanceof Error || response.status === 429 || response.status >= 500;
      if (!passing || method === "POST" || tries === TRIES)
        throw new ServerFault(without(token, `${method} ${path.split("?")[0] ?? path}: ${await reason(response)}`));
      await sleep(Math.min(LONGEST_WAIT, waitOf(response) ?? 1_000 * 2 ** (tries - 1)));
    }
  }

  return {
    send: async (method, path, body) => (await answer(method, path, body)).json(),
    async *list(path) {
      for (let page = 1; page <= PAGES; page += 1) {
        const items: unknown = await (await answer("GET", `${path}&per_page=100&page=${page}`)).json();
        if (!Array.isArray(items)) throw new ServerFault(`GET ${path.split("?")[0] ?? path}: the answer is no list.`);
        for (const item of items)
          if (typeof item === "object" && item !== null) yield item as Readonly<Record<string, unknown>>;
        if (items.length < 100) return;
      }
    },
  };
}

function waitOf(response: Response | Error): number | undefined {
  const seconds = response instanceof Response ? Number(response.headers.get("retry-after") ?? Number.NaN) : Number.NaN;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

async function reason(response: Response | Error): Promise<string> {
  if (response instanceof Error)
    return `no answer (${response.cause instanceof Error ? response.cause.message : response.message})`;
  const text = await response.text().catch(() => "");
  const advice =
    response.status === 401 || response.status === 403 ? " Check the token's scope, role and day of expiry." : "";
  return `the server answers ${response.status}: ${text.replaceAll(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, 200)}.${advice}`;
}

function without(secret: string, text: string): string {
  return secret === "" ? text : text.replaceAll(secret, "…");
}
