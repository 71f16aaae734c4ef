/** api-gateway: the only way in from outside. It checks the token, limits the rate, adds security headers, and hands the request on. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Dispatcher } from "undici";
import { Agent } from "undici";
import rateLimit from "@fastify/rate-limit";
import replyFrom from "@fastify/reply-from";
import type { Environment, TokenConfig } from "../../lib/config.ts";
import { addressSetting, positiveSetting } from "../../lib/config.ts";
import { sendProblem } from "../../lib/http.ts";
import type { TokenVerifier } from "../../lib/jwt.ts";
import { tokenVerifier } from "../../lib/jwt.ts";
import type { Base, RunningService, StartOptions } from "../../lib/service.ts";
import { startHttpService } from "../../lib/service.ts";
import { formatTraceparent } from "../../lib/trace.ts";
import type { LoadLimit } from "./load-limit.ts";
import { loadLimit, observeSlots } from "./load-limit.ts";
import { openApiDocument } from "./openapi.ts";

/** Requests one subject may send per second when RATE_LIMIT_PER_SECOND does not say otherwise. */
const DEFAULT_RATE = 200;
/** Requests under way at once when MAX_UNDER_WAY does not say otherwise: some seconds' worth of orders. */
const DEFAULT_UNDER_WAY = 256;
/** Connections to order-service: it stores orders that come together in one transaction, so they must be able to come together. */
const UPSTREAM_CONNECTIONS = 128;
/** Questions about figures under way at once: however many there are, orders go through. */
const FIGURES_UNDER_WAY = 16;
/** How long a service behind may take to answer, in milliseconds. */
const UPSTREAM_TIMEOUT_MS = 8_000;
/** How long a request may be under way, until the last byte of its answer, in milliseconds, when ANSWER_LIMIT_MS does not say otherwise. */
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

/** Routes that go to order-service as they are. Everything that is not listed does not exist here. */
const ORDER_ROUTES = [
  { method: "POST", url: "/orders" },
  { method: "GET", url: "/orders" },
  { method: "GET", url: "/orders/:id" },
  { method: "GET", url: "/products" },
] as const;
/** Routes that go to analytics-service, which asks for the scope. */
const ANALYTICS_ROUTES = [
  { method: "GET", url: "/analytics/summary" },
  { method: "GET", url: "/analytics/minutes" },
  { method: "GET", url: "/analytics/cancellations" },
  { method: "GET", url: "/analytics/products" },
] as const;

export function startGateway(options: StartOptions = {}): Promise<RunningService> {
  const env = options.env ?? process.env;
  return startHttpService({ http: true, tokens: true, orderService: true }, (base) => {
    const { clock, config, metrics } = base;
    const holdLimitMs = positiveSetting(env, "ANSWER_LIMIT_MS", DEFAULT_ANSWER_LIMIT_MS);
    const limits: Limits = {
      orders: loadLimit({ pool: "orders", most: positiveSetting(env, "MAX_UNDER_WAY", DEFAULT_UNDER_WAY), clock, holdLimitMs }),
      figures: loadLimit({ pool: "figures", most: FIGURES_UNDER_WAY, clock, holdLimitMs }),
    };
    observeSlots(metrics.registry, [limits.orders, limits.figures]);
    return {
      routes: (app) => gatewayRoutes(app, base, env, limits),
      checks: { orders: () => upstreamReady(config.orderServiceUrl ?? ""), slots: () => limits.orders.check() ?? limits.figures.check() },
    };
  }, options);
}

/** What bounds the requests under way, by what they ask for. */
interface Limits {
  readonly orders: LoadLimit;
  readonly figures: LoadLimit;
}

async function gatewayRoutes(app: FastifyInstance, { config, clock }: Base, env: Environment, limits: Limits): Promise<void> {
  const verify = tokenVerifier(config.tokens as TokenConfig, clock);

  app.addHook("onRequest", async (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
  });
  const agent = new Agent({ connections: UPSTREAM_CONNECTIONS, pipelining: 1, headersTimeout: UPSTREAM_TIMEOUT_MS, bodyTimeout: UPSTREAM_TIMEOUT_MS, keepAliveTimeout: 30_000 });
  app.addHook("onClose", () => agent.destroy());
  await app.register(replyFrom, {
    undici: abortable(agent),
    // A repeated POST is safe with its Idempotency-Key, but repeating is for the caller to decide.
    retryMethods: [],
    maxRetriesOn503: 0,
  });
  const analytics = addressSetting(env, "ANALYTICS_SERVICE_URL");
  const document = openApiDocument({ analytics: analytics !== undefined });
  app.get("/openapi.json", async (_request, reply) => reply.header("cache-control", "public, max-age=300").send(document));

  await app.register(async (guarded) => {
    // Handed on as it came: the service behind judges it, and reading it here would only be done twice.
    guarded.removeContentTypeParser("application/json");
    guarded.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_request: FastifyRequest, body: Buffer) => body);
    guarded.addHook("onRequest", authenticate(verify));
    await guarded.register(rateLimit, {
      max: positiveSetting(env, "RATE_LIMIT_PER_SECOND", DEFAULT_RATE),
      timeWindow: 1_000,
      cache: 20_000,
      keyGenerator: (request) => subjects.get(request) ?? request.ip,
    });
    for (const { method, url } of ORDER_ROUTES) {
      guarded.route({ method, url, preHandler: limits.orders.hook, handler: (request, reply) => forward(request, reply, config.orderServiceUrl ?? "", limits.orders) });
    }
    if (analytics === undefined) return;
    for (const { method, url } of ANALYTICS_ROUTES) {
      guarded.route({ method, url, preHandler: limits.figures.hook, handler: (request, reply) => forward(request, reply, analytics, limits.figures) });
    }
  });
}

const subjects = new WeakMap<FastifyRequest, string>();

function authenticate(verify: TokenVerifier): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const subject = await verify(request.headers.authorization);
    subjects.set(request, subject.id);
  };
}

/** Aborted when the client of the request that is being handed on leaves. */
const clientLeaving = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * The agent, whose requests end when their client leaves. Otherwise their slots would be free while they still wait for a
 * connection, and clients that leave early could pile up more of them than there are slots. The forwarding has no argument for it.
 */
function abortable(agent: Agent): Pick<Agent, "request"> {
  const request = (options: Dispatcher.RequestOptions, answered: (error: Error | null, data: Dispatcher.ResponseData) => void): void => {
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
    ...(Buffer.isBuffer(request.body) ? { body: request.body, contentType: request.headers["content-type"] ?? "application/json" } : {}),
    rewriteRequestHeaders: (_request, headers) => ({ ...headers, "x-request-id": String(request.id), traceparent: formatTraceparent(request.trace) }),
    // This server's own headers stand; the service behind adds what is about its answer.
    rewriteHeaders: (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !["x-request-id", "traceparent", "connection", "keep-alive", "transfer-encoding"].includes(name))),
    onError: (failed, { error }) => {
      if (reply.raw.destroyed || request.raw.socket.destroyed) {
        reply.hijack();
        return;
      }
      const timedOut = "code" in error && (error.code === "UND_ERR_HEADERS_TIMEOUT" || error.code === "UND_ERR_BODY_TIMEOUT" || error.code === "FST_REPLY_FROM_GATEWAY_TIMEOUT");
      sendProblem(failed as unknown as FastifyReply, timedOut ? "upstream-timeout" : "upstream-unavailable",
        "It is unknown whether the request was carried out; repeat it with the same Idempotency-Key.", String(request.id));
    },
  });
}

async function upstreamReady(url: string): Promise<string | undefined> {
  // Any answer will do: this asks whether it can be reached, its own readiness is its own matter.
  await fetch(`${url}/orders`, { method: "HEAD", signal: AbortSignal.timeout(1_000) });
  return undefined;
}
