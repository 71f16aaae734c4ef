/**
 * A clock that can be set wrong, to prove that nothing shared by several instances depends on it: the clocks of their
 * machines always differ. Like fault-points.ts, it exists only with FAULT_INJECTION=on.
 */
import type { FastifyInstance } from "fastify";
import type { Clock } from "./clock.ts";

export interface SkewableClock {
  readonly clock: Clock;
  /** Returns how far the clock is ahead, in milliseconds; negative: behind. */
  offsetMs(): number;
  set(offsetMs: number): void;
}

/** @param right - The correct clock, used until an offset is set. */
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

/**
 * Returns GET and PUT /faults/clock for the management port. `now` is the service's current time, in milliseconds since
 * the epoch.
 */
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
