/**
 * A clock that can be told to be wrong, to prove that nothing depends on it that several instances share: their machines
 * never agree on the time. As fault-points.ts, it exists only where FAULT_INJECTION=on.
 */
import type { FastifyInstance } from "fastify";
import type { Clock } from "./clock.ts";

export interface SkewableClock {
  readonly clock: Clock;
  /** By how much it is ahead, in milliseconds; negative: behind. */
  offsetMs(): number;
  set(offsetMs: number): void;
}

/** @param right - The clock that it is right by until it is told otherwise. */
export function skewableClock(right: Clock): SkewableClock {
  let offset = 0;
  return {
    clock: () => right() + offset,
    offsetMs: () => offset,
    set(offsetMs) {
      offset = offsetMs;
    },
  };
}

const MOST_MS = 24 * 3_600_000;
const BODY = {
  type: "object",
  additionalProperties: false,
  required: ["offsetMs"],
  properties: { offsetMs: { type: "integer", minimum: -MOST_MS, maximum: MOST_MS } },
} as const;

/** GET and PUT /faults/clock, for the management port: `now` is what the service takes for the time, milliseconds since the epoch. */
export function clockRoutes(skewed: SkewableClock): (app: FastifyInstance) => void {
  const shown = (): { offsetMs: number; now: number } => ({ offsetMs: skewed.offsetMs(), now: skewed.clock() });
  return (app) => {
    app.get("/faults/clock", async () => shown());
    app.put<{ Body: { offsetMs: number } }>("/faults/clock", { schema: { body: BODY } }, async (request) => {
      skewed.set(request.body.offsetMs);
      return shown();
    });
  };
}
