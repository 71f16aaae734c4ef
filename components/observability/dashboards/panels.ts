import type { Panel } from "../dashboard.ts";
import type { Unit } from "../signal.ts";

/**
 * Returns a panel with a large value.
 * @param badFrom - Value from which on it is red.
 */
export function stat(title: string, unit: Unit, expression: string, badFrom?: number): Panel {
  return { title, kind: "stat", unit, queries: [{ expression }], ...(badFrom === undefined ? {} : { badFrom }) };
}

/**
 * Returns a panel with series over time.
 * @param queries - Expressions by the name of their series.
 */
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
