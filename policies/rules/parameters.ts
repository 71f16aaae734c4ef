import type * as z from "zod";
import { durationUnits, parseDuration } from "../../components/model/values/duration.ts";
import { quantity } from "../../components/model/values/field-types.ts";
import { parseSize, sizeUnits } from "../../components/model/values/size.ts";

/** Returns the type of a duration as a rule's parameter, in ms. */
export function duration(description: string): z.ZodType<number, string> {
  return quantity(durationUnits, parseDuration, description);
}

/** Returns the type of a size as a rule's parameter, in bytes. */
export function size(description: string): z.ZodType<number, string> {
  return quantity(sizeUnits, parseSize, description);
}
