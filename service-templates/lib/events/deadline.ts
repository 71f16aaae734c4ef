/** Deadlines in events. A service declines a step after the deadline, because the requesting service has given up by then. */
import type { Registry } from "prom-client";
import { Counter } from "prom-client";
import type { Queryable } from "../storage/database.ts";

/**
 * Returns whether a deadline has passed. Without a deadline it returns false: events from before the field existed have
 * none.
 * @param deadline - Milliseconds since the epoch.
 * @param now - By a database's clock: the clocks of instances may be wrong by minutes.
 */
export function isPast(deadline: number | null | undefined, now: number): boolean {
  return deadline !== null && deadline !== undefined && now > deadline;
}

/** Returns the database's time in milliseconds since the epoch: one clock for all instances. */
export async function databaseNow(db: Queryable): Promise<number> {
  const [row] = await db.query<{ now: number }>({
    name: "database-now",
    text: "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now",
  });
  return row?.now ?? 0;
}

/** Why a step was declined without an attempt: its deadline had passed, or the saga was already cancelled. */
export type DeclineReason = "deadline" | "cancelled";

/** Creates the counter of steps that were declined without an attempt. */
export function declinedSteps(registry: Registry): Counter<"reason"> {
  const counter = new Counter({
    name: "saga_steps_declined_total",
    help: "Steps of sagas that were declined without being tried, because their deadline had passed or their run was cancelled already",
    labelNames: ["reason"],
    registers: [registry],
  });
  for (const reason of ["deadline", "cancelled"] satisfies readonly DeclineReason[]) counter.inc({ reason }, 0);
  return counter;
}
