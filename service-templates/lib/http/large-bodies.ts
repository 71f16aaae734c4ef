/**
 * Limits how many large bodies a process reads at once: each is in memory both as text and as parsed data. Used as the
 * hook `onRequest` of a route with a `bodyLimit` of its own; requests of the usual size are not affected.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { BODY_LIMIT } from "./http.ts";
import { Problem } from "./problem.ts";

/** Seconds after which a retry makes sense. */
const RETRY_AFTER_SECONDS = 2;

export interface LargeBodyLimit {
  /**
   * Gives a request with a large body a slot until its response is sent or its client disconnects, or refuses it with
   * the problem `unavailable`.
   */
  readonly hook: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Returns the number of requests that hold a slot now. */
  inUse(): number;
}

/** @param most - Most large bodies at once. */
export function largeBodyLimit(most: number): LargeBodyLimit {
  let inUse = 0;
  return {
    inUse: () => inUse,
    async hook(request, reply) {
      // A body without a declared length may become large.
      const declared = Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY);
      if (declared <= BODY_LIMIT) return;
      // If the client disconnected while its token was checked, `close` was already emitted: the slot would never be
      // freed.
      if (reply.raw.closed || request.raw.socket.destroyed) return;
      if (inUse >= most)
        throw new Problem(
          "unavailable",
          "More large orders are under way than can be read at once; repeat it in a moment with the same Idempotency-Key.",
          { retryAfter: RETRY_AFTER_SECONDS },
        );
      inUse += 1;
      reply.raw.once("close", () => {
        inUse -= 1;
      });
    },
  };
}
