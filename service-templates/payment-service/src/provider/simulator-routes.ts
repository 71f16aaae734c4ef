/** GET and PUT /simulator on the management port: the behaviour of the simulated provider. */
import type { FastifyInstance } from "fastify";
import type { Behaviour, Simulator } from "./simulator.ts";
import { BEHAVIOURS } from "./simulator.ts";

const BODY = {
  type: "object",
  additionalProperties: false,
  required: ["behaviour"],
  properties: {
    behaviour: { type: "string", enum: BEHAVIOURS },
    threshold: { type: "number", minimum: 0, maximum: 1_000_000_000 },
    latencyMs: { type: "integer", minimum: 0, maximum: 60_000, default: 0 },
  },
  if: { properties: { behaviour: { const: "decline_above" } } },
  then: { required: ["threshold"] },
} as const;

export function simulatorRoutes(simulator: Simulator): (app: FastifyInstance) => void {
  return (app) => {
    app.get("/simulator", () => simulator.behaviour());
    app.put<{ Body: Behaviour }>("/simulator", { schema: { body: BODY } }, async (request) => {
      await simulator.change(request.body);
      return simulator.behaviour();
    });
  };
}
