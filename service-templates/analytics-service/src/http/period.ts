/** The period of a request. Pure. */
import { Problem } from "@event-platform-kit/service/http/problem";
import { MINUTE_MS, minuteOf } from "../figures/contributions.ts";
import type { Period } from "../figures/figures-table.ts";
import { LIMITS } from "./schemas.ts";

export interface PeriodQuery {
  readonly from?: string;
  readonly to?: string;
}

const LONGEST_MS = LIMITS.days * 24 * 60 * MINUTE_MS;

/**
 * Returns the period from `from` up to but not including `to`, both rounded down to the start of their minute.
 * @param lastMs - Default length of the period, which then ends with the current minute.
 * @throws Problem `malformed-request` with the parameter.
 */
export function periodOf(query: PeriodQuery, now: number, lastMs: number): Period {
  const to = query.to === undefined ? minuteOf(now) + MINUTE_MS : momentOf("to", query.to);
  const from = query.from === undefined ? to - lastMs : momentOf("from", query.from);
  if (from >= to) throw refused("from", "from must be at least a minute before to");
  if (to - from > LONGEST_MS) throw refused("from", `a period has at most ${LIMITS.days} days`);
  return { from, to };
}

/** Returns the number of results; throws Problem `malformed-request`. */
export function limitOf(text: string | undefined, most: number, usual: number): number {
  const limit = text === undefined ? usual : Number(text);
  if (limit < 1 || limit > most) throw refused("limit", `limit must be between 1 and ${most}`);
  return limit;
}

function momentOf(name: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw refused(name, `${name} is no moment: ${JSON.stringify(text)}`);
  return minuteOf(at);
}

function refused(at: string, message: string): Problem {
  return new Problem("malformed-request", message, { errors: [{ at: `querystring /${at}`, message }] });
}
