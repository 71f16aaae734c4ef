/**
 * The common part of simulated external systems: a behaviour that can be changed while they run, stored in a table, and
 * its HTTP routes.
 */
import type { FastifyInstance } from "fastify";
import { Problem } from "../http/problem.ts";
import type { Database } from "../storage/database.ts";

const BEHAVIOURS = ["accept", "reject", "unavailable", "timeout"] as const;

/** How a simulated system answers. */
export interface Behaviour {
  /**
   * The behaviour.
   * - accept: does what is requested.
   * - reject: refuses permanently.
   * - unavailable: fails before it does anything.
   * - timeout: does what is requested, but never answers.
   */
  readonly behaviour: (typeof BEHAVIOURS)[number];
  /** Time of each answer, in milliseconds. Above the callers' timeout, the system acts after they gave up. */
  readonly latencyMs: number;
  /** Share of attempts that fail at random, 0 to 1; half of them fail after the work was done. */
  readonly failureRate: number;
  /** Determines which attempts fail. */
  readonly seed: number;
}

/** A behaviour that can be read and changed. */
export interface Switchable {
  behaviour(): Promise<Behaviour>;
  change(behaviour: Behaviour): Promise<void>;
}

/**
 * Where behaviours are stored: a table with a column of names, and columns `behaviour`, `latency_ms`, `failure_rate`,
 * `seed`. Both names are inserted into SQL.
 */
export interface BehaviourTable {
  readonly table: string;
  readonly column: string;
}

/** Returns the behaviour of the system `name` from a table; a system without a row accepts at once. */
export function storedBehaviour(database: Database, { table, column }: BehaviourTable, name: string): Switchable {
  return {
    async behaviour() {
      const [row] = await database.query<{
        behaviour: Behaviour["behaviour"];
        latency_ms: number;
        failure_rate: number;
        seed: number;
      }>({
        name: `${column}-behaviour`,
        text: `SELECT behaviour, latency_ms, failure_rate, seed FROM ${table} WHERE ${column} = $1`,
        values: [name],
      });
      if (row === undefined) return { behaviour: "accept", latencyMs: 0, failureRate: 0, seed: 1 };
      return { behaviour: row.behaviour, latencyMs: row.latency_ms, failureRate: row.failure_rate, seed: row.seed };
    },
    async change(next) {
      await database.query({
        text: `INSERT INTO ${table} (${column}, behaviour, latency_ms, failure_rate, seed) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (${column}) DO UPDATE SET behaviour = EXCLUDED.behaviour, latency_ms = EXCLUDED.latency_ms,
                 failure_rate = EXCLUDED.failure_rate, seed = EXCLUDED.seed`,
        values: [name, next.behaviour, next.latencyMs, next.failureRate, next.seed],
      });
    },
  };
}

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

/** Returns `GET /<kind>s`, `GET` and `PUT /<kind>s/:name` for the management port. */
export function simulatorRoutes(
  kind: string,
  simulators: readonly (Switchable & { readonly name: string })[],
): (app: FastifyInstance) => void {
  function simulator(name: string): Switchable {
    const found = simulators.find((candidate) => candidate.name === name);
    if (found === undefined)
      throw new Problem(
        "not-found",
        `There is no ${kind} "${name.slice(0, 40)}"; there are: ${simulators.map((known) => known.name).join(", ")}.`,
      );
    return found;
  }
  return (app) => {
    app.get(`/${kind}s`, async () =>
      Object.fromEntries(
        await Promise.all(simulators.map(async (known) => [known.name, await known.behaviour()] as const)),
      ),
    );
    app.get<{ Params: { name: string } }>(`/${kind}s/:name`, async (request) =>
      simulator(request.params.name).behaviour(),
    );
    app.put<{ Params: { name: string }; Body: Behaviour }>(
      `/${kind}s/:name`,
      { schema: { body: BODY } },
      async (request) => {
        const found = simulator(request.params.name);
        await found.change(request.body);
        return found.behaviour();
      },
    );
  };
}
