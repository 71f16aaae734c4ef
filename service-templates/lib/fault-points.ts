/**
 * Points at which a service can be killed on purpose, to prove that nothing is lost or duplicated there. They exist
 * only with FAULT_INJECTION=on, which only the local substrate sets. Everywhere else, passing a point calls an empty
 * function, and no point can be armed.
 */
import type { FastifyInstance } from "fastify";

/**
 * Fault points of a service.
 * - before-commit: the handlers of a batch ran, its transaction is not committed.
 * - after-commit: the database has committed, the offsets are not committed.
 * - after-publish: the relay's records are acknowledged, their rows are still in the outbox.
 */
export const FAULT_POINTS = ["before-commit", "after-commit", "after-publish"] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** Called at each fault point. */
export type PassPoint = (point: FaultPoint) => void;

/** Does nothing at any point. */
export const NO_FAULTS: PassPoint = () => undefined;

/** The point that kills the process, and the number of the pass that does it, from now on: 1 is the next. */
export interface Fault {
  readonly point: FaultPoint;
  readonly after: number;
}

export interface FaultInjection {
  readonly pass: PassPoint;
  /** Returns the armed fault, with the number of passes left. */
  armed(): Fault | undefined;
  arm(fault: Fault): void;
}

/** @param die - Ends the process at once, without any clean-up. */
export function faultInjection(die: () => void = () => process.kill(process.pid, "SIGKILL")): FaultInjection {
  let armed: Fault | undefined;
  return {
    pass(point) {
      if (armed?.point !== point) return;
      if (armed.after > 1) {
        armed = { point, after: armed.after - 1 };
        return;
      }
      armed = undefined;
      die();
    },
    armed: () => armed,
    arm(fault) {
      armed = fault;
    },
  };
}

const BODY = {
  type: "object",
  additionalProperties: false,
  required: ["point"],
  properties: {
    point: { type: "string", enum: FAULT_POINTS },
    after: { type: "integer", minimum: 1, maximum: 1_000_000, default: 1 },
  },
} as const;

/** Returns GET and PUT /faults for the management port. */
export function faultRoutes(faults: FaultInjection): (app: FastifyInstance) => void {
  const shown = (): { points: readonly FaultPoint[]; armed: Fault | null } => ({
    points: FAULT_POINTS,
    armed: faults.armed() ?? null,
  });
  return (app) => {
    app.get("/faults", async () => shown());
    app.put<{ Body: Fault }>("/faults", { schema: { body: BODY } }, async (request) => {
      faults.arm(request.body);
      return shown();
    });
  };
}
