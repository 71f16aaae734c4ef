/** What the catalogue of signals says of a scrape, compared with one. */
import type { ExportedMetric } from "../../components/observability/exported/exported-metric.ts";
import { seriesNames } from "../../components/observability/exported/exported-metric.ts";

/** Lines of a scrape that are samples. */
export function samplesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** Series of metrics that no scrape has, and labels that no series of a metric has: `name`, or `name{label}`. */
export function missingFrom(scrapes: readonly string[], metrics: readonly ExportedMetric[]): readonly string[] {
  const labels = new Map<string, Set<string>>();
  for (const line of scrapes.flatMap(samplesOf)) {
    const name = /^[\w:]+/.exec(line)?.[0] ?? "";
    const found = labels.get(name) ?? new Set();
    for (const [, label = ""] of line.matchAll(/[{,](\w+)="/g)) found.add(label);
    labels.set(name, found);
  }
  return metrics.flatMap((metric) => {
    // A summary without quantiles has no series of its own name.
    const names = seriesNames(metric).filter((name) => metric.type !== "summary" || name !== metric.name);
    return names.flatMap((name) => {
      const found = labels.get(name);
      if (found === undefined) return [name];
      return metric.labels.flatMap((label) => (found.has(label) ? [] : [`${name}{${label}}`]));
    });
  });
}
