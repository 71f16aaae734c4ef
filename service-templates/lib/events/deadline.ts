/** Deadlines in events: a service that is asked after the deadline declines, because the service that asked has given up by then. */
import type { Registry } from "prom-client";
import { Counter } from "prom-client";
import type { Queryable } from "../storage/database.ts";

/**
 * Whether a deadline has passed. Without one there is always time: events of before the field was there have none.
 * @param deadline - Milliseconds since the epoch.
 * @param now - By a database's clock: those of instances may be wrong by minutes.
 */
export function isPast(deadline: number | null | undefined, now: number): boolean {
  return deadline !== null && deadline !== undefined && now > deadline;
}

/** The database's time, milliseconds since the epoch: one clock for all instances. */
export async function databaseNow(db: Queryable): Promise<number> {
  const [row] = await db.query<{ now: number }>({
    name: "database-now",
    text: "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now",
  });
  return row?.now ?? 0;
}

/** Why a step was declined without being tried: its deadline had passed, or the run was cancelled already. */
export type DeclineReason = "deadline" | "cancelled";

/** Counts steps that were declined without being tried. */
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
