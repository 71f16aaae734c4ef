/** GET /channels, GET and PUT /channels/:name on the management port: how each simulated channel behaves. */
import type { FastifyInstance } from "fastify";
import { Problem } from "../../../lib/problem.ts";
import { CHANNELS } from "./channel.ts";
import type { Behaviour, ChannelSimulator } from "./simulator.ts";
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

export function simulatorRoutes(simulators: readonly ChannelSimulator[]): (app: FastifyInstance) => void {
  function simulator(name: string): ChannelSimulator {
    const found = simulators.find((channel) => channel.name === name);
    if (found === undefined) throw new Problem("not-found", `There is no channel "${name.slice(0, 40)}"; there are: ${CHANNELS.join(", ")}.`);
    return found;
  }
  return (app) => {
    app.get("/channels", async () => Object.fromEntries(await Promise.all(simulators.map(async (channel) => [channel.name, await channel.behaviour()] as const))));
    app.get<{ Params: { name: string } }>("/channels/:name", async (request) => simulator(request.params.name).behaviour());
    app.put<{ Params: { name: string }; Body: Behaviour }>("/channels/:name", { schema: { body: BODY } }, async (request) => {
      const channel = simulator(request.params.name);
      await channel.change(request.body);
      return channel.behaviour();
    });
  };
}
