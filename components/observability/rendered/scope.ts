/** Restricts expressions to one platform if a Prometheus monitors several. Pure. */
import { EXPORTED } from "../exported/catalogue.ts";
import type { Exporter } from "../exported/exported-metric.ts";
import { seriesNames } from "../exported/exported-metric.ts";

/** A platform on a Kubernetes cluster that shares its Prometheus with others. */
export interface Scope {
  /** Value of the label `stack` of all recorded series. */
  readonly stack: string;
  readonly namespaces: { readonly kafka: string; readonly platform: string; readonly services: string };
}

/** Label matchers by label: `["=", value]` or `["=~", pattern]`. */
type Matchers = Readonly<Record<string, readonly [operator: "=" | "=~", value: string]>>;

/** A string, or a name with the brace of its matchers. */
const STRING_OR_NAME = /"(?:[^"\\]|\\.)*"|[a-zA-Z_:][\w:]*(?:\{(?:(?=(\s*\}))|))?/g;

/**
 * Returns the expression with matchers added to each selector of a known series. Raw metrics are restricted to the
 * namespaces of their exporter, recorded series to the stack. Without a scope, the expression is unchanged.
 */
export function scoped(expression: string, scope: Scope | undefined): string {
  if (scope === undefined) return expression;
  return expression.replace(STRING_OR_NAME, (found: string, empty: string | undefined) => {
    const open = found.endsWith("{");
    const matchers = matchersOf(open ? found.slice(0, -1) : found, scope);
    if (matchers === undefined) return found;
    const text = Object.entries(matchers)
      .map(([label, [operator, value]]) => `${label}${operator}"${value}"`)
      .join(", ");
    if (!open) return `${found}{${text}}`;
    return empty === undefined ? `${found}${text}, ` : `${found}${text}`;
  });
}

/** Returns the matchers of a series; undefined if no series has the name. */
function matchersOf(name: string, { stack, namespaces }: Scope): Matchers | undefined {
  if (/^[a-z]\w*:\w+:\w+$/.test(name)) return { stack: ["=", stack] };
  const exporters = EXPORTERS.get(name);
  if (exporters === undefined) return undefined;
  const held = [...new Set([...exporters].flatMap((exporter) => namespacesOf(exporter, namespaces)))].toSorted();
  return { namespace: held.length === 1 ? ["=", held[0] ?? ""] : ["=~", held.join("|")] };
}

function namespacesOf(exporter: Exporter, { kafka, platform, services }: Scope["namespaces"]): readonly string[] {
  switch (exporter) {
    case "service":
      return [services];
    case "prometheus":
      return [kafka, platform, services];
    default:
      return [kafka];
  }
}

const EXPORTERS: ReadonlyMap<string, ReadonlySet<Exporter>> = exportersByName();

function exportersByName(): Map<string, Set<Exporter>> {
  const found = new Map<string, Set<Exporter>>();
  for (const { exporter, metrics } of EXPORTED)
    for (const name of metrics.flatMap(seriesNames)) found.set(name, (found.get(name) ?? new Set()).add(exporter));
  return found;
}
