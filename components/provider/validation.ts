/** Checks inputs against their schema, except values that a preview does not know yet. */
import type { z } from "zod";
import type { CheckFailure } from "./resource-kind.ts";
import { hasUnknown, isValues, type Value, type Values } from "./values.ts";

function valueAt(values: Values, path: readonly PropertyKey[]): Value | undefined {
  let value: Value | undefined = values;
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isValues(value)) value = value[String(step)];
    else return value;
  }
  return value;
}

/** Returns a path as users write it: `files[0].mode`, `topics["a-b"].partitions`. */
export function propertyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const key = String(step);
    if (!/^[A-Za-z_]\w*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** Returns every rule of the schema that the inputs violate, except for unknown values. */
export function failuresOf(schema: z.ZodType, inputs: Values): CheckFailure[] {
  const result = schema.safeParse(inputs);
  if (result.success) return [];
  return result.error.issues
    .filter((issue) => !hasUnknown(valueAt(inputs, issue.path)))
    .map((issue) => ({ property: propertyPath(issue.path), reason: issue.message }));
}
