/**
 * Bounds how many requests are under way. Beyond what the services behind can answer soon, waiting only
 * makes every answer come after its caller has gone: then all work is for nobody. Who cannot be served
 * is told so at once and comes again.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../../lib/problem.ts";

/** Seconds after which a repetition makes sense. */
const RETRY_AFTER_SECONDS = 1;

/** A hook that refuses requests while `most` others are under way; a request counts until its answer is out or its caller has gone. */
export function loadLimit(most: number): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  let underWay = 0;
  return async (_request, reply) => {
    if (underWay >= most) {
      throw new Problem("unavailable", "More requests are under way than can be answered soon; repeat it in a moment, with the same Idempotency-Key where it has one.", { retryAfter: RETRY_AFTER_SECONDS });
    }
    underWay += 1;
    reply.raw.once("close", () => { underWay -= 1; });
  };
}
