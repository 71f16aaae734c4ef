/**
 * Bounds how many requests are under way. Beyond what the services behind can answer soon, waiting only
 * makes every answer come after its caller has gone: then all work is for nobody. Who cannot be served
 * is told so at once and comes again.
 */
import type { Socket } from "node:net";
import type { Clock } from "@event-platform-kit/service/clock";
import { Problem } from "@event-platform-kit/service/http/problem";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Gauge, type Registry } from "prom-client";

/** Seconds after which a repetition makes sense. */
const RETRY_AFTER_SECONDS = 1;
/** Longest time for which a request may hold a slot, in milliseconds: the service behind has 8 s to answer, the rest is for reading the answer. */
const HOLD_LIMIT_MS = 20_000;
/** Readiness goes down when all slots have been taken for so long without one coming free, in milliseconds: longer than a service behind may take. */
const EXHAUSTED_LIMIT_MS = 10_000;

export interface LoadLimitOptions {
  /** Name of what is limited: a label of the metrics and part of the readiness. */
  readonly pool: string;
  /** Most requests under way at once. */
  readonly most: number;
  readonly clock: Clock;
  /** Called for each request whose client left before its answer was out. @default nothing */
  readonly onLeft?: () => void;
  /** After this the connection of a request that still holds its slot is closed, in milliseconds. @default 20000 */
  readonly holdLimitMs?: number;
}

export interface LoadLimit {
  readonly pool: string;
  readonly most: number;
  /** Hook `preHandler`: gives the request a slot, or refuses it with the problem `unavailable`. */
  readonly hook: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Requests that hold a slot now. */
  inUse(): number;
  /** Aborted when the client leaves before its answer is out; undefined for a request without a slot. */
  leaving(request: FastifyRequest): AbortSignal | undefined;
  /** Readiness: says so when every slot has been taken for long and none came free. */
  check(): string | undefined;
}

/** Limits the requests under way; each holds a slot until its answer is out, its client has gone, or its time is over. */
export function loadLimit({
  pool,
  most,
  clock,
  onLeft = () => undefined,
  holdLimitMs = HOLD_LIMIT_MS,
}: LoadLimitOptions): LoadLimit {
  let inUse = 0;
  /** Since when all slots have been taken without one coming free. */
  let fullSince: number | undefined;
  const signals = new WeakMap<FastifyRequest, AbortSignal>();

  function take(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw;
    const client = new AbortController();
    inUse += 1;
    if (inUse >= most) fullSince = clock();
    signals.set(request, client.signal);
    let held = true;
    // A client that reads its answer byte by byte is not to keep others out.
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
    // The answer to a pipelined request has no connection before its turn comes, and so no event when the connection ends.
    const forget = onceClosed(socket, release);
    reply.raw.once("close", release);
  }

  return {
    pool,
    most,
    async hook(request, reply) {
      // The events that free a slot have passed already when the client left during the hooks before.
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

/** Metrics `gateway_slots_in_use` and `gateway_slots_limit`, by pool. */
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

/** Calls back when a connection is closed, with one listener for all its requests; returns how to forget it. */
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
