import { day } from "../../components/model/values/field-types.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";

/** Variable with which tests, and reviews of a later day, set the day: `YYYY-MM-DD`. */
export const TODAY_VARIABLE = "KIT_TODAY";

/**
 * The day of a check, `YYYY-MM-DD`, in UTC: from `KIT_TODAY` if it is set, else from the clock.
 * @throws KitError `KIT_USAGE` for a value that is not a day.
 */
export function todayOf({ env, now }: Pick<CommandContext, "env" | "now">): string {
  const given = env[TODAY_VARIABLE];
  if (given === undefined) return new Date(now()).toISOString().slice(0, 10);
  const read = day("The day.").safeParse(given);
  if (read.success) return read.data;
  throw new KitError("KIT_USAGE", `${TODAY_VARIABLE}=${JSON.stringify(given)} is no day.`, {
    fix: "Write it as YYYY-MM-DD, or unset it.",
  });
}
