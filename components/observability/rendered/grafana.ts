/** Converts dashboards to Grafana's import format. Pure; only the types of Grafana's package are used. */
import type {
  Dashboard as GrafanaDashboard,
  Panel as GrafanaPanel,
  RowPanel as GrafanaRow,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";
import type { Dashboard, Panel } from "../dashboard.ts";
import type { Unit } from "../signal.ts";
import { type Scope, scoped } from "./scope.ts";

/** A type of Grafana's package as plain JSON: values of enumerations, and no methods. */
type Json<T> = 0 extends 1 & T
  ? unknown
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : T extends readonly (infer Item)[]
        ? readonly Json<Item>[]
        : { readonly [Key in keyof T as Key extends `_${string}` ? never : Key]: Json<T[Key]> };

/** A panel with queries for Prometheus. */
type PanelJson = Json<Omit<GrafanaPanel, "targets">> & { readonly targets: readonly Json<Dataquery>[] };
type RowJson = Json<Omit<GrafanaRow, "panels">> & { readonly panels: readonly [] };

/** A dashboard's JSON. */
export type DashboardJson = Json<Omit<GrafanaDashboard, "panels">> & {
  readonly panels: readonly (PanelJson | RowJson)[];
};

/** Data source that the user selects: the Prometheus that has the signals. */
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
const COLUMNS = 24;
const STAT_HEIGHT = 4;
const LINES_HEIGHT = 8;

const UNITS: Readonly<Record<Unit, string>> = {
  records: "short",
  "records per second": "wps",
  events: "short",
  partitions: "short",
  seconds: "s",
  bytes: "bytes",
  "bytes per second": "Bps",
  ratio: "percentunit",
  "per second": "ops",
  count: "short",
  boolean: "bool_yes_no",
  cores: "none",
};

/**
 * Returns the JSON of a dashboard.
 * @param scope - Platform of the dashboard, if one Prometheus monitors several.
 */
export function grafanaDashboard(dashboard: Dashboard, scope?: Scope): DashboardJson {
  const panels: (PanelJson | RowJson)[] = [];
  let y = 0;
  for (const row of dashboard.rows) {
    panels.push({
      type: "row",
      id: panels.length + 1,
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    // Panels that do not fit in a line continue in the next one.
    const perLine = Math.min(row.panels.length, row.panels.every(({ kind }) => kind === "stat") ? 6 : 4);
    const h = row.panels.some(({ kind }) => kind === "lines") ? LINES_HEIGHT : STAT_HEIGHT;
    for (const [index, panel] of row.panels.entries()) {
      const w = COLUMNS / perLine;
      const gridPos = { x: (index % perLine) * w, y: y + Math.floor(index / perLine) * h, w, h };
      panels.push(panelJson(panel, panels.length + 1, gridPos, scope));
    }
    y += Math.ceil(row.panels.length / perLine) * h;
  }
  return {
    uid: dashboardUid(dashboard, scope),
    title: scope === undefined ? dashboard.title : `${dashboard.title} (${scope.stack})`,
    description: dashboard.description,
    tags: ["event-platform", ...(scope === undefined ? [] : [scope.stack])],
    timezone: "browser",
    editable: false,
    graphTooltip: 1,
    time: { from: "now-1h", to: "now" },
    refresh: "30s",
    schemaVersion: 39,
    annotations: { list: [] },
    templating: {
      list: [{ type: "datasource", name: "datasource", label: "Prometheus", query: "prometheus" }],
    },
    panels,
  };
}

/** Returns the dashboard's UID in Grafana, at most 40 characters. */
export function dashboardUid({ name }: Pick<Dashboard, "name">, scope?: Scope): string {
  return ["kit", ...(scope === undefined ? [] : [scope.stack]), name].join("-").slice(0, 40);
}

function panelJson(
  { title, description, kind, unit, queries, badFrom }: Panel,
  id: number,
  gridPos: NonNullable<PanelJson["gridPos"]>,
  scope: Scope | undefined,
): PanelJson {
  return {
    type: kind === "stat" ? "stat" : "timeseries",
    id,
    title,
    ...(description === undefined ? {} : { description }),
    gridPos,
    datasource: DATASOURCE,
    targets: queries.map(({ expression, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr: scoped(expression, scope),
      ...(legend === undefined ? {} : { legendFormat: legend }),
      ...(kind === "stat" ? { instant: true } : { range: true }),
    })),
    fieldConfig: {
      defaults: {
        unit: UNITS[unit],
        ...(unit === "ratio" || unit === "boolean" ? { min: 0 } : {}),
        ...(badFrom === undefined
          ? {}
          : {
              color: { mode: "thresholds" },
              thresholds: {
                mode: "absolute",
                steps: [
                  { value: null, color: "green" },
                  { value: badFrom, color: "red" },
                ],
              },
            }),
      },
      overrides: [],
    },
    options:
      kind === "stat"
        ? { reduceOptions: { calcs: ["lastNotNull"] }, graphMode: "area" }
        : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
  };
}
