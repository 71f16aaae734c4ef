import type { Panel } from "../dashboard.ts";
import type { Unit } from "../signal.ts";

/** A large value. @param badFrom - From this value on it is red. */
export function stat(title: string, unit: Unit, expression: string, badFrom?: number): Panel {
  return { title, kind: "stat", unit, queries: [{ expression }], ...(badFrom === undefined ? {} : { badFrom }) };
}

/** Series over time. @param queries - Expression by the name of its series. */
export function lines(
  title: string,
  unit: Unit,
  queries: Readonly<Record<string, string>>,
  description?: string,
): Panel {
  return {
    title,
    kind: "lines",
    unit,
    queries: Object.entries(queries).map(([legend, expression]) => ({ expression, legend })),
    ...(description === undefined ? {} : { description }),
  };
}
