/** HTTP servers: Fastify with problem details, limits, trace context and metrics. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Fastify from "fastify";
import { pause } from "../clock.ts";
import { uuidV7 } from "../ids.ts";
import { isDatabaseAtFault } from "../storage/database-faults.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { TraceContext } from "../trace.ts";
import { formatTraceparent, parseTraceparent } from "../trace.ts";
import type { Span, Tracer } from "../tracing/tracer.ts";
import { UNTRACED } from "../tracing/tracer.ts";
import type { ProblemDetail, ProblemType } from "./problem.ts";
import { PROBLEM_MEDIA_TYPE, PROBLEMS, Problem, problemDocument } from "./problem.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Span of this request, the parent of what it causes. */
    trace: TraceContext;
  }
}

/** Largest request body in bytes: far above any order, far below a harmful size. */
export const BODY_LIMIT = 256 * 1_024;

/** Longest time between two checks for connections whose request takes too long, in milliseconds. */
const LOOK_FOR_LATE_MS = 1_000;

/** External request ids are accepted if they are harmless in logs. */
const REQUEST_ID = /^[\w.-]{1,64}$/u;

export interface HttpOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  /**
   * Timeout for receiving a whole request, headers and body, in milliseconds; detection may take one more second.
   * @default 10000
   */
  readonly requestTimeoutMs?: number;
  /** Addresses and ranges (CIDR) from which X-Forwarded-For is trusted. @default none */
  readonly trustedProxies?: readonly string[];
  /** Returns whether the server is about to close: clients are then asked to use another connection. @default never */
  readonly leaving?: () => boolean;
  /** @default no spans, only identifiers */
  readonly tracer?: Tracer;
}

/** Creates a server without routes: every refusal is problem+json, every response is measured. */
export function createHttp(options: HttpOptions): FastifyInstance {
  const { requestTimeoutMs = 10_000, trustedProxies = [], tracer = UNTRACED } = options;
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: requestTimeoutMs,
    // For the whole request, Node uses the larger of the two timeouts; its default for the headers is 60 s, and it
    // checks every 30 s.
    http: {
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(LOOK_FOR_LATE_MS, requestTimeoutMs),
    },
    keepAliveTimeout: 65_000,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    rewriteUrl: ({ url = "/" }) => originForm(url),
    clientErrorHandler: (error, socket) => refuseUnparsed(error, socket),
    // Requests are counted and traced; a log line for each would cost more than the request.
    logger: false,
    requestIdHeader: false,
    genReqId: (request) => {
      const given = request.headers["x-request-id"];
      return typeof given === "string" && REQUEST_ID.test(given) ? given : uuidV7();
    },
    // An unknown field is an error of the client and is not dropped silently.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true, useDefaults: true } },
    frameworkErrors: (error, request, reply) => {
      void sendError(error, request, reply);
    },
    return503OnClosing: true,
    forceCloseConnections: "idle",
  });

  // By default Fastify accepts plain text as a body, which then fails as if it were a wrong order.
  app.removeContentTypeParser("text/plain");
  const spans = new WeakMap<FastifyRequest, Span>();
  app.decorateRequest("trace", null as unknown as TraceContext);
  app.addHook("onRequest", async (request, reply) => {
    latest.set(request.raw.socket, reply.raw);
    const header = request.headers.traceparent;
    const parent = parseTraceparent(typeof header === "string" ? header : undefined);
    const span = tracer.start(request.method, { kind: "server", parent });
    request.trace = span.context;
    if (tracer.active) spans.set(request, span);
    reply.header("x-request-id", request.id);
    reply.header("traceparent", formatTraceparent(request.trace));
    reply.header("cache-control", "no-store");
  });
  if (tracer.active) {
    // This hook runs after the body was received: the code that reads the body runs outside of any context.
    app.addHook("preHandler", (request, _reply, done) => {
      const span = spans.get(request);
      if (span === undefined) done();
      else tracer.within(span, done);
    });
    app.addHook("onResponse", async (request, reply) => endSpan(spans.get(request), request, reply));
  }
  const { leaving } = options;
  if (leaving !== undefined) {
    // Node keeps the connection of a request that was in progress when its server closed, and refuses the next request
    // on it.
    app.addHook("onSend", async (_request, reply) => {
      if (leaving()) reply.header("connection", "close");
    });
  }
  app.addHook("onResponse", async (request, reply) => {
    options.metrics.httpSeconds.observe(
      { method: request.method, route: request.routeOptions.url ?? "unmatched", status: String(reply.statusCode) },
      reply.elapsedTime / 1_000,
    );
  });

  function sendError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { type, detail, errors, retryAfter } = classify(error, request.routeOptions.bodyLimit ?? BODY_LIMIT);
    // Refusals because of overload are counted by status; a log line for each would add to the load.
    if (PROBLEMS[type].status >= 500 && !(error instanceof Problem))
      options.log.error(
        {
          err: error,
          requestId: request.id,
          // Absent if the request failed before the hook.
          traceId: (request.trace as TraceContext | null)?.traceId,
          method: request.method,
          url: request.url,
        },
        "request failed",
      );
    if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
    if (type === "unauthenticated") reply.header("www-authenticate", "Bearer");
    return sendProblem(reply, type, detail, String(request.id), errors);
  }
  app.setErrorHandler((error: FastifyError | Error, request, reply) => sendError(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      "not-found",
      `${request.method} ${request.url.split("?")[0] ?? ""} does not exist`,
      String(request.id),
    ),
  );
  return app;
}

/**
 * Returns a request target without scheme and host: servers must accept targets that contain them (RFC 9112, 3.2.2),
 * but routes match only paths.
 */
function originForm(target: string): string {
  const rest = /^https?:\/\/[^/?#]*(?<rest>.*)$/iu.exec(target)?.groups?.rest;
  if (rest === undefined) return target;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** How long a client may continue to send a refused request, in milliseconds. */
const REFUSED_LIMIT_MS = 1_000;
/** Connections whose last response was sent: further input on them is ignored. */
const refused = new WeakSet<Socket>();
/** The response to the latest request of a connection. */
const latest = new WeakMap<Socket, ServerResponse>();

/** Answers input that is not an HTTP request, or an incomplete request after its timeout, and closes the connection. */
function refuseUnparsed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (refused.has(socket)) return;
  const answer = latest.get(socket);
  // Half a response may already be sent, or one may be due before this one, or the client may be gone.
  const answering = answer !== undefined && !answer.writableFinished && (answer.headersSent || answer.req.complete);
  if (error.code === "ECONNRESET" || !socket.writable || answering) {
    socket.destroy();
    return;
  }
  const [status, type, detail] =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? (["408 Request Timeout", "request-timeout", "The request did not come to its end in time."] as const)
      : error.code === "HPE_HEADER_OVERFLOW"
        ? (["431 Request Header Fields Too Large", "headers-too-large", "The headers are too large."] as const)
        : (["400 Bad Request", "malformed-request", "This is not HTTP."] as const);
  const body = JSON.stringify(problemDocument(type, detail));
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: ${PROBLEM_MEDIA_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // A connection closed with unread bytes is reset, and the client loses the response that it has not read yet.
  refused.add(socket);
  const limit = setTimeout(() => socket.destroy(), REFUSED_LIMIT_MS);
  socket.once("close", () => clearTimeout(limit)).once("end", () => socket.destroySoon());
  socket.resume();
}

export function sendProblem(
  reply: FastifyReply,
  type: ProblemType,
  detail?: string,
  requestId?: string,
  errors: readonly ProblemDetail[] = [],
): FastifyReply {
  return reply
    .code(PROBLEMS[type].status)
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problemDocument(type, detail, requestId, errors)));
}

/** @param bodyLimit - The route's, in bytes. */
function classify(
  error: FastifyError | Error,
  bodyLimit: number,
): { type: ProblemType; detail?: string; errors: readonly ProblemDetail[]; retryAfter?: number } {
  if (error instanceof Problem) {
    return {
      type: error.problem,
      detail: error.message,
      errors: error.errors,
      ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
    };
  }
  if (isDatabaseAtFault(error))
    return {
      type: "unavailable",
      detail: "It could not be done just now; repeat the request, with the same Idempotency-Key where it has one.",
      errors: [],
      retryAfter: 1,
    };
  const { validation, validationContext, code, statusCode } = error as FastifyError;
  if (validation !== undefined) {
    const errors = validation.slice(0, 20).map((problem) => ({
      at: `${validationContext === "body" ? "" : `${validationContext ?? "request"} `}${problem.instancePath || "/"}`,
      message: [problem.message ?? "is not valid", extra(problem.params)].filter((part) => part !== "").join(": "),
    }));
    return {
      type: validationContext === "body" ? "unprocessable" : "malformed-request",
      detail: "The request does not match its schema.",
      errors,
    };
  }
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return { type: "too-large", detail: `The body may have at most ${bodyLimit} bytes.`, errors: [] };
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return { type: "unsupported-media-type", detail: "Send application/json.", errors: [] };
  if (statusCode === 429) return { type: "too-many-requests", detail: error.message, errors: [] };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { type: "malformed-request", detail: error.message, errors: [] };
  return { type: "internal", errors: [] };
}

function extra(params: Record<string, unknown> | undefined): string {
  const property = params?.additionalProperty;
  return typeof property === "string" ? `"${property.slice(0, 80)}"` : "";
}

/** Interval between the checks of {@link lastRequests}, in milliseconds. */
const LOOK_MS = 20;

/**
 * Waits until clients have closed their connections, at most for the limit. Unused connections stay open and are closed
 * with the server.
 */
export async function lastRequests(app: FastifyInstance, limitMs: number): Promise<void> {
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) =>
      app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    );
  const end = performance.now() + limitMs;
  while (performance.now() < end && (await connections()) > 0) await pause(LOOK_MS);
}

/** Ends the span of a request by OpenTelemetry's rules for HTTP servers: a refusal is an error of the client, not of the span. */
function endSpan(span: Span | undefined, request: FastifyRequest, reply: FastifyReply): void {
  const { url: route } = request.routeOptions;
  if (route !== undefined) span?.rename(`${request.method} ${route}`);
  const status = reply.statusCode;
  span?.end({
    attributes: {
      "http.request.method": request.method,
      "http.route": route,
      "http.response.status_code": status,
      "url.path": request.url.split("?")[0],
    },
    ...(status >= 500 ? { error: `HTTP ${status}` } : {}),
  });
}
