/**
 * Limits simultaneous requests. Above what the upstream services can answer soon, waiting only delays every response
 * until its client has gone: then all work is wasted. So the gateway rejects such a request at once, and the client
 * retries.
 */
import type { Socket } from "node:net";
import type { Clock } from "@event-platform-kit/service/clock";
import { Problem } from "@event-platform-kit/service/http/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Gauge, type Registry } from "prom-client";

/** Seconds after which a retry makes sense. */
const RETRY_AFTER_SECONDS = 1;
/**
 * Longest time for which a request may hold a slot, in milliseconds: the upstream service has 8 s to answer, the rest
 * is for reading the response.
 */
const HOLD_LIMIT_MS = 20_000;
/**
 * The gateway becomes not ready when all slots were in use for this long and none became free, in milliseconds. It is
 * longer than the timeout of an upstream service.
 */
const EXHAUSTED_LIMIT_MS = 10_000;

export interface LoadLimitOptions {
  /** Name of the pool: a label of the metrics and part of the readiness report. */
  readonly pool: string;
  /** Most simultaneous requests. */
  readonly most: number;
  readonly clock: Clock;
  /** Called for each request whose client disconnected before its response was sent. @default no-op */
  readonly onLeft?: () => void;
  /** Time after which the connection of a request that still holds its slot is closed, in milliseconds. @default 20000 */
  readonly holdLimitMs?: number;
}

export interface LoadLimit {
  readonly pool: string;
  readonly most: number;
  /** Hook `preHandler`: gives the request a slot, or refuses it with the problem `unavailable`. */
  readonly hook: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Returns the number of requests that hold a slot now. */
  inUse(): number;
  /**
   * Returns a signal that is aborted when the client disconnects before its response is sent; undefined for a request
   * without a slot.
   */
  leaving(request: FastifyRequest): AbortSignal | undefined;
  /** Readiness check: reports that every slot has been in use for too long and none became free. */
  check(): string | undefined;
}

/**
 * Creates a limit for simultaneous requests. Each request holds a slot until its response is sent, its client
 * disconnects, or its time is over.
 */
export function loadLimit({
  pool,
  most,
  clock,
  onLeft = () => undefined,
  holdLimitMs = HOLD_LIMIT_MS,
}: LoadLimitOptions): LoadLimit {
  let inUse = 0;
  /** Time since when all slots have been in use and none became free. */
  let fullSince: number | undefined;
  const signals = new WeakMap<FastifyRequest, AbortSignal>();

  function take(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw;
    const client = new AbortController();
    inUse += 1;
    if (inUse >= most) fullSince = clock();
    signals.set(request, client.signal);
    let held = true;
    // A client that reads its response byte by byte must not keep others out.
    const limit = setTimeout(() => socket.destroy(), holdLimitMs);
    const release = (): void => {
      if (!held) return;
      held = false;
      inUse -= 1;
      fullSince = undefined;
      clearTimeout(limit);
      forget();
      if (reply.raw.writableFinished) return;
      onLeft();
      client.abort();
    };
    // The response to a pipelined request has no connection before its turn, so it gets no event when the connection
    // closes.
    const forget = onceClosed(socket, release);
    reply.raw.once("close", release);
  }

  return {
    pool,
    most,
    async hook(request, reply) {
      // If the client disconnected during the earlier hooks, the events that free a slot have already fired.
      if (request.raw.socket.destroyed || reply.raw.destroyed) {
        reply.hijack();
        onLeft();
        return;
      }
      if (inUse >= most) {
        throw new Problem(
          "unavailable",
          "More requests are under way than can be answered soon; repeat it in a moment, with the same Idempotency-Key where it has one.",
          { retryAfter: RETRY_AFTER_SECONDS },
        );
      }
      take(request, reply);
    },
    inUse: () => inUse,
    leaving: (request) => signals.get(request),
    check() {
      const fullMs = fullSince === undefined ? 0 : clock() - fullSince;
      return fullMs < EXHAUSTED_LIMIT_MS
        ? undefined
        : `all ${most} slots of ${pool} have been in use for ${Math.floor(fullMs / 1_000)} s`;
    },
  };
}

/** Exports the metrics `gateway_slots_in_use` and `gateway_slots_limit`, by pool. */
export function observeSlots(registry: Registry, limits: readonly LoadLimit[]): void {
  const gauge = (name: string, help: string, value: (limit: LoadLimit) => number): Gauge<"pool"> =>
    new Gauge({
      name,
      help,
      labelNames: ["pool"],
      registers: [registry],
      collect() {
        for (const limit of limits) this.set({ pool: limit.pool }, value(limit));
      },
    });
  gauge("gateway_slots_in_use", "Requests under way that hold a slot", (limit) => limit.inUse());
  gauge("gateway_slots_limit", "Requests that may be under way at once", (limit) => limit.most);
}

const watched = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back when a connection is closed, with one listener for all its requests. Returns the function that cancels the
 * callback.
 */
function onceClosed(socket: Socket, closed: () => void): () => void {
  let calls = watched.get(socket);
  if (calls === undefined) {
    const own = new Set<() => void>();
    calls = own;
    watched.set(socket, own);
    socket.once("close", () => {
      for (const call of [...own]) call();
    });
  }
  calls.add(closed);
  return () => {
    calls.delete(closed);
  };
}
