/**
 * api-gateway, the only public entry point. It checks the token, limits the rate, adds security headers, and forwards
 * the request.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Base, RunningService, StartOptions } from "@event-platform-kit/service";
import { startHttpService } from "@event-platform-kit/service";
import type { Environment, TokenConfig } from "@event-platform-kit/service/config";
import { addressSetting, positiveSetting } from "@event-platform-kit/service/config";
import { sendProblem } from "@event-platform-kit/service/http";
import type { TokenVerifier } from "@event-platform-kit/service/http/jwt";
import { tokenVerifier } from "@event-platform-kit/service/http/jwt";
import { largeBodyLimit } from "@event-platform-kit/service/http/large-bodies";
import { Problem } from "@event-platform-kit/service/http/problem";
import { connectRedis } from "@event-platform-kit/service/storage/redis";
import type { Logger } from "@event-platform-kit/service/telemetry/logger";
import { formatTraceparent } from "@event-platform-kit/service/trace";
import type { FastifyRateLimitStoreCtor } from "@fastify/rate-limit";
import rateLimit from "@fastify/rate-limit";
import replyFrom from "@fastify/reply-from";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Counter } from "prom-client";
import type { Dispatcher } from "undici";
import { Agent } from "undici";
import type { BadTokenLimit } from "./bad-token-limit.ts";
import { badTokenLimit } from "./bad-token-limit.ts";
import { limitConnections, rangesSetting } from "./connection-limit.ts";
import type { LoadLimit } from "./load-limit.ts";
import { loadLimit, observeSlots } from "./load-limit.ts";
import { openApiDocument } from "./openapi.ts";
import type { RateCounts } from "./rate-counts.ts";
import { ownCounts, redisCounts, sharedCounts } from "./rate-counts.ts";

/** Requests per second of one subject if RATE_LIMIT_PER_SECOND is not set. */
const DEFAULT_RATE = 200;
/** Invalid tokens per second of one address if BAD_TOKENS_PER_SECOND is not set. */
const DEFAULT_BAD_TOKENS = 20;
/** Window of the rate limits, in milliseconds. */
const RATE_WINDOW_MS = 1_000;
/** Simultaneous connections if MAX_CONNECTIONS is not set. */
const DEFAULT_CONNECTIONS = 4_096;
/** Simultaneous requests if MAX_UNDER_WAY is not set: the orders of a few seconds. */
const DEFAULT_UNDER_WAY = 256;
/**
 * Connections to order-service. It stores simultaneous orders in one transaction, so they must be able to arrive
 * simultaneously.
 */
const UPSTREAM_CONNECTIONS = 128;
/** Simultaneous requests for figures, limited separately so that they never block orders. */
const FIGURES_UNDER_WAY = 16;
/** Timeout for an answer of an upstream service, in milliseconds. */
const UPSTREAM_TIMEOUT_MS = 8_000;
/** Longest time of a request, until the last byte of its response, in milliseconds, if ANSWER_LIMIT_MS is not set. */
const DEFAULT_ANSWER_LIMIT_MS = 20_000;

/** Headers that protect browsers; the API itself never serves a page. */
const SECURITY_HEADERS = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/**
 * Paths of the routes below contain no other characters. Paths that the upstream service would read differently are not
 * forwarded.
 */
const PLAIN_PATH = /^(?:\/[\w~-][\w.~-]*)+$/u;

/** Routes that are forwarded to order-service unchanged. Routes that are not listed do not exist. */
const ORDER_ROUTES = [
  { method: "POST", url: "/orders" },
  { method: "GET", url: "/orders" },
  { method: "GET", url: "/orders/:id" },
  { method: "GET", url: "/products" },
] as const;
/** Largest body of an order in bytes: a document of 5 MiB in base64, and the order itself. */
const ORDER_BODY_LIMIT = 7 * 2 ** 20;
/** Number of orders above the usual size that are read at once. */
const LARGE_ORDERS = 6;
/** Routes that are forwarded to analytics-service, which requires the scope. */
const ANALYTICS_ROUTES = [
  { method: "GET", url: "/analytics/summary" },
  { method: "GET", url: "/analytics/minutes" },
  { method: "GET", url: "/analytics/cancellations" },
  { method: "GET", url: "/analytics/products" },
] as const;

export function startGateway(options: StartOptions = {}): Promise<RunningService> {
  const env = options.env ?? process.env;
  return startHttpService(
    { http: true, tokens: true, orderService: true, redis: "optional" },
    (base) => {
      const { clock, config, log, metrics } = base;
      const holdLimitMs = positiveSetting(env, "ANSWER_LIMIT_MS", DEFAULT_ANSWER_LIMIT_MS);
      const left = new Counter({
        name: "gateway_client_disconnects_total",
        help: "Forwarded requests whose client left before the answer was out",
        registers: [metrics.registry],
      });
      const shared = { clock, holdLimitMs, onLeft: () => left.inc() };
      const limits: Limits = {
        orders: loadLimit({
          ...shared,
          pool: "orders",
          most: positiveSetting(env, "MAX_UNDER_WAY", DEFAULT_UNDER_WAY),
        }),
        figures: loadLimit({ ...shared, pool: "figures", most: FIGURES_UNDER_WAY }),
      };
      observeSlots(metrics.registry, [limits.orders, limits.figures]);
      const trustedProxies = rangesSetting(env, "TRUSTED_PROXIES");
      const mostConnections = positiveSetting(env, "MAX_CONNECTIONS", DEFAULT_CONNECTIONS);
      const rates = openRates(base);
      return {
        trustedProxies,
        async routes(app) {
          if (trustedProxies.length === 0) noteForwarding(app, log);
          limitConnections(app.server, { most: mostConnections, trustedProxies, registry: metrics.registry });
          await gatewayRoutes(app, base, env, limits, rates);
        },
        checks: {
          orders: () => upstreamReady(config.orderServiceUrl ?? ""),
          slots: () => limits.orders.check() ?? limits.figures.check(),
        },
        close: async () => rates.close(),
      };
    },
    options,
  );
}

/**
 * Logs once that a proxy seems to be in front of the gateway: while it is not trusted, all its customers count as one
 * address.
 */
function noteForwarding(app: FastifyInstance, log: Logger): void {
  let noted = false;
  app.addHook("onRequest", async (request) => {
    if (noted || request.headers["x-forwarded-for"] === undefined) return;
    noted = true;
    log.warn(
      { from: request.ip },
      "X-Forwarded-For is ignored: TRUSTED_PROXIES names no proxy; if this address is one, all its customers share the limits by address",
    );
  });
}

/** Counts of the rate limits. */
interface Rates {
  /** Requests by subject. */
  readonly requests: RateCounts;
  /** Invalid tokens by address. */
  readonly badTokens: RateCounts;
  close(): void;
}

/** Returns counts that all instances share if Redis is configured. */
function openRates({ clock, config, log, metrics }: Base): Rates {
  const own = (): RateCounts => ownCounts({ windowMs: RATE_WINDOW_MS, clock });
  if (config.redis === undefined) return { requests: own(), badTokens: own(), close: () => undefined };
  const redis = connectRedis(config.redis, (error) =>
    log.warn({ err: error }, "Redis; limits hold per instance until it answers"),
  );
  const alone = new Counter({
    name: "gateway_rates_counted_alone_total",
    help: "Requests and bad tokens that were counted per instance, for Redis did not answer",
    registers: [metrics.registry],
  });
  const shared = (name: string): RateCounts =>
    sharedCounts({
      shared: redisCounts(redis, `gateway:${name}:`, RATE_WINDOW_MS),
      own: own(),
      clock,
      onAlone: () => alone.inc(),
    });
  return { requests: shared("subject"), badTokens: shared("address"), close: () => redis.disconnect() };
}

/** Limits of simultaneous requests, by type. */
interface Limits {
  readonly orders: LoadLimit;
  readonly figures: LoadLimit;
}

async function gatewayRoutes(
  app: FastifyInstance,
  { config, clock }: Base,
  env: Environment,
  limits: Limits,
  rates: Rates,
): Promise<void> {
  const verify = tokenVerifier(config.tokens as TokenConfig, clock);

  app.addHook("onRequest", async (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
  });
  const agent = new Agent({
    connections: UPSTREAM_CONNECTIONS,
    pipelining: 1,
    headersTimeout: UPSTREAM_TIMEOUT_MS,
    bodyTimeout: UPSTREAM_TIMEOUT_MS,
    keepAliveTimeout: 30_000,
  });
  app.addHook("onClose", () => agent.destroy());
  await app.register(replyFrom, {
    undici: abortable(agent),
    // A repeated POST is safe with its Idempotency-Key, but the client decides whether to repeat it.
    retryMethods: [],
    maxRetriesOn503: 0,
  });
  const analytics = addressSetting(env, "ANALYTICS_SERVICE_URL");
  const document = openApiDocument({ analytics: analytics !== undefined });
  app.get("/openapi.json", async (_request, reply) =>
    reply.header("cache-control", "public, max-age=300").send(document),
  );

  await app.register(async (guarded) => {
    // The body is forwarded unchanged: the upstream service checks it, so parsing it here would be done twice.
    guarded.removeContentTypeParser("application/json");
    guarded.addContentTypeParser(
      "application/json",
      { parseAs: "buffer" },
      async (_request: FastifyRequest, body: Buffer) => body,
    );
    guarded.addHook("onRequest", async (request) => {
      const path = pathOf(request);
      if (!PLAIN_PATH.test(path)) throw new Problem("not-found", `${request.method} ${path} does not exist`);
    });
    const badTokens = badTokenLimit({
      most: positiveSetting(env, "BAD_TOKENS_PER_SECOND", DEFAULT_BAD_TOKENS),
      failures: rates.badTokens,
      clock,
    });
    guarded.addHook("onRequest", authenticate(verify, badTokens));
    await guarded.register(rateLimit, {
      max: positiveSetting(env, "RATE_LIMIT_PER_SECOND", DEFAULT_RATE),
      timeWindow: RATE_WINDOW_MS,
      store: limiterStore(rates.requests),
      // Authentication runs before this.
      keyGenerator: (request) => subjects.get(request) ?? "",
    });
    const largeBodies = largeBodyLimit(LARGE_ORDERS);
    for (const { method, url } of ORDER_ROUTES) {
      const large = method === "POST" ? { bodyLimit: ORDER_BODY_LIMIT, onRequest: largeBodies.hook } : {};
      guarded.route({
        method,
        url,
        ...large,
        preHandler: limits.orders.hook,
        handler: (request, reply) => forward(request, reply, config.orderServiceUrl ?? "", limits.orders),
      });
    }
    if (analytics === undefined) return;
    for (const { method, url } of ANALYTICS_ROUTES) {
      guarded.route({
        method,
        url,
        preHandler: limits.figures.hook,
        handler: (request, reply) => forward(request, reply, analytics, limits.figures),
      });
    }
  });
}

const subjects = new WeakMap<FastifyRequest, string>();

function authenticate(verify: TokenVerifier, badTokens: BadTokenLimit): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const { authorization } = request.headers;
    // A token that is known to be valid passes even if other tokens of its address (a company's, a mobile network's) are
    // refused.
    const subject =
      verify.known(authorization) ??
      (authorization === undefined
        ? await verify(undefined)
        : await badTokens.check(request.ip, () => verify(authorization)));
    subjects.set(request, subject.id);
  };
}

/** Returns the counts as the rate limit's store. */
function limiterStore(counts: RateCounts): FastifyRateLimitStoreCtor {
  return class {
    incr(key: string, callback: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
      void counts.add(key).then(
        ({ count, leftMs }) => callback(null, { current: count, ttl: leftMs }),
        (error: Error) => callback(error),
      );
    }
    child(): this {
      return this;
    }
  };
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}

/** Aborted when the client of the forwarded request disconnects. */
const clientLeaving = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * Returns the agent, with requests that end when their client disconnects. Otherwise their slots would be free while
 * they still wait for a connection, and disconnected clients could cause more waiting requests than there are slots.
 * The forwarding library has no option for this.
 */
function abortable(agent: Agent): Pick<Agent, "request"> {
  const request = (
    options: Dispatcher.RequestOptions,
    answered: (error: Error | null, data: Dispatcher.ResponseData) => void,
  ): void => {
    const signal = clientLeaving.getStore();
    agent.request(signal === undefined ? options : { ...options, signal }, answered);
  };
  return { request: request as Agent["request"] };
}

function forward(request: FastifyRequest, reply: FastifyReply, service: string, limit: LoadLimit): FastifyReply {
  return clientLeaving.run(limit.leaving(request), () => sendOn(request, reply, service));
}

function sendOn(request: FastifyRequest, reply: FastifyReply, service: string): FastifyReply {
  return reply.from(request.url, {
    getUpstream: () => service,
    ...(Buffer.isBuffer(request.body)
      ? { body: request.body, contentType: request.headers["content-type"] ?? "application/json" }
      : {}),
    rewriteRequestHeaders: (_request, headers) => ({
      ...headers,
      "x-request-id": String(request.id),
      traceparent: formatTraceparent(request.trace),
    }),
    // This server's own headers stay; the upstream service adds headers about its response.
    rewriteHeaders: (headers) =>
      Object.fromEntries(
        Object.entries(headers).filter(
          ([name]) => !["x-request-id", "traceparent", "connection", "keep-alive", "transfer-encoding"].includes(name),
        ),
      ),
    onError: (failed, { error }) => {
      if (reply.raw.destroyed || request.raw.socket.destroyed) {
        reply.hijack();
        return;
      }
      const timedOut =
        "code" in error &&
        (error.code === "UND_ERR_HEADERS_TIMEOUT" ||
          error.code === "UND_ERR_BODY_TIMEOUT" ||
          error.code === "FST_REPLY_FROM_GATEWAY_TIMEOUT");
      sendProblem(
        failed as unknown as FastifyReply,
        timedOut ? "upstream-timeout" : "upstream-unavailable",
        "It is unknown whether the request was carried out; repeat it with the same Idempotency-Key.",
        String(request.id),
      );
    },
  });
}

async function upstreamReady(url: string): Promise<string | undefined> {
  // Any response is enough: this checks whether the service is reachable, not whether it is ready.
  await fetch(`${url}/orders`, { method: "HEAD", signal: AbortSignal.timeout(1_000) });
  return undefined;
}
