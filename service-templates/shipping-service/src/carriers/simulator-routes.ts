/** GET /carriers, GET and PUT /carriers/:name on the management port: how each simulated carrier behaves. */
import type { FastifyInstance } from "fastify";
import { Problem } from "../../../lib/problem.ts";
import { CARRIERS } from "./carrier.ts";
import type { Behaviour, CarrierSimulator } from "./simulator.ts";
import { BEHAVIOURS } from "./simulator.ts";

const BODY = {
  type: "object",
  additionalProperties: false,
  required: ["behaviour"],
  properties: {
    behaviour: { type: "string", enum: BEHAVIOURS },
    latencyMs: { type: "integer", minimum: 0, maximum: 60_000, default: 0 },
    failureRate: { type: "number", minimum: 0, maximum: 1, default: 0 },
    seed: { type: "integer", minimum: 0, maximum: 2_147_483_647, default: 1 },
  },
} as const;

export function simulatorRoutes(simulators: readonly CarrierSimulator[]): (app: FastifyInstance) => void {
  function simulator(name: string): CarrierSimulator {
    const found = simulators.find((carrier) => carrier.name === name);
    if (found === undefined) throw new Problem("not-found", `There is no carrier "${name.slice(0, 40)}"; there are: ${CARRIERS.join(", ")}.`);
    return found;
  }
  return (app) => {
    app.get("/carriers", async () => Object.fromEntries(await Promise.all(simulators.map(async (carrier) => [carrier.name, await carrier.behaviour()] as const))));
    app.get<{ Params: { name: string } }>("/carriers/:name", async (request) => simulator(request.params.name).behaviour());
    app.put<{ Params: { name: string }; Body: Behaviour }>("/carriers/:name", { schema: { body: BODY } }, async (request) => {
      const carrier = simulator(request.params.name);
      await carrier.change(request.body);
      return carrier.behaviour();
    });
  };
}
