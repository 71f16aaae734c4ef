/**
 * Bounds how many large bodies a process reads at once: each lies in memory as it comes, as text and as what it says.
 * A hook `onRequest` of a route with a `bodyLimit` of its own; requests of the usual size pass it untouched.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { BODY_LIMIT } from "./http.ts";
import { Problem } from "./problem.ts";

/** Seconds after which a repetition makes sense. */
const RETRY_AFTER_SECONDS = 2;

export interface LargeBodyLimit {
  /** Gives a request with a large body a slot until its answer is out or its client has gone, or refuses it with the problem `unavailable`. */
  readonly hook: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Requests that hold a slot now. */
  inUse(): number;
}

/** @param most - Large bodies at once. */
export function largeBodyLimit(most: number): LargeBodyLimit {
  let inUse = 0;
  return {
    inUse: () => inUse,
    async hook(request, reply) {
      // Without a length it may become large.
      const declared = Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY);
      if (declared <= BODY_LIMIT) return;
      // A client that left while the token was checked has sent its `close` already: the slot would never come back.
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
