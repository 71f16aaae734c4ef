import { describe, expect, it } from "vitest";
import { DASHBOARDS } from "../../../components/observability/dashboards/catalogue.ts";
import { grafanaDashboard } from "../../../components/observability/rendered/grafana.ts";
import { SIGNALS } from "../../../components/observability/signals/catalogue.ts";
import { namedIn } from "./promql.ts";
import { ruleInput } from "./rule-inputs.ts";

const LABELS = new Map(SIGNALS.map(({ name, labels }) => [name, labels]));
const UNITS = new Map(SIGNALS.map(({ name, unit }) => [name, unit]));
const PANELS = DASHBOARDS.flatMap(({ name, rows }) =>
  rows.flatMap(({ panels }) => panels.map((panel) => [`${name}: ${panel.title}`, panel] as const)),
);

describe("a panel", () => {
  it.each(PANELS)("%s names signals and their labels only, in their unit", (_title, { queries, unit }) => {
    expect(queries.length).toBeGreaterThan(0);
    for (const { expression, legend = "" } of queries) {
      const { selectors, grouping } = namedIn(expression);
      const known = new Set<string>();
      for (const { metric } of selectors) {
        const labels = LABELS.get(metric);
        if (labels === undefined) throw new Error(`${metric} is no signal`);
        for (const label of labels) known.add(label);
        if (!expression.startsWith("count(")) expect(unit, metric).toBe(UNITS.get(metric));
      }
      // Grouping keeps only the labels that it names.
      const shown = grouping.length > 0 ? new Set(grouping) : known;
      for (const label of grouping) expect(known).toContain(label);
      for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g)) expect(shown, `label ${label}`).toContain(label);
    }
  });
});

describe("the dashboards", () => {
  it("show every signal, in a panel or by an alert's runbook", () => {
    const shown = new Set(
      PANELS.flatMap(([, { queries }]) =>
        queries.flatMap(({ expression }) => namedIn(expression).selectors.map(({ metric }) => metric)),
      ),
    );
    expect(SIGNALS.filter(({ name }) => !shown.has(name)).map(({ name }) => name)).toEqual([
      // Windows of the burn-rate alerts; those of 1 h and 6 h are shown.
      "group_topic:consumer_offset:increase10m",
      "saga:slow:ratio5m",
      "saga:slow:ratio30m",
      "saga:slow:ratio3d",
      // Each is half of a signal that is shown.
      "node:disk_free:bytes",
      "node:disk_size:bytes",
      // On one machine only, and on Kubernetes only.
      "node_topic:log_size:bytes",
      "cluster:kafka_exporter_up:max",
      "kind:reconciliations_failed:increase30m",
    ]);
  });

  it.each(DASHBOARDS.map((dashboard) => [dashboard.name, dashboard] as const))(
    "%s has panels that do not overlap, and queries that are held to the platform",
    (_name, dashboard) => {
      const { scope } = ruleInput("kubernetes");
      const { panels, uid, title } = grafanaDashboard(dashboard, scope);
      expect(uid).toBe(`kit-dev-${dashboard.name}`);
      expect(title).toContain("(dev)");
      const taken = new Set<string>();
      for (const panel of panels) {
        const { x = 0, y = 0, w = 0, h = 0 } = panel.gridPos ?? {};
        expect(x + w).toBeLessThanOrEqual(24);
        for (let column = x; column < x + w; column += 1)
          for (let line = y; line < y + h; line += 1) {
            expect(taken, `${panel.title} at ${column},${line}`).not.toContain(`${column},${line}`);
            taken.add(`${column},${line}`);
          }
        if ("targets" in panel)
          for (const { expr = "" } of panel.targets)
            for (const { labels } of namedIn(expr).selectors) expect(labels).toContain("stack");
      }
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    },
  );
});
