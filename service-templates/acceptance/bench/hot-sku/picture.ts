/** A sale as a picture: remaining stock, terminal states over time, waiting time of customers. */

import type { EChartsOption } from "../../../../cli/project/bench.ts";
import { axisName, PALETTE, panelGrid, renderChart, titles, usageByRole } from "../../../../cli/project/bench.ts";
import type { SaleResult } from "./measure-sale.ts";

const SIZE = { width: 1280, height: 900 };
const PERCENTILES = ["p50", "p95", "p99", "max"] as const;
const [STOCK, ENDS, LATENCY, CPU] = [0, 1, 2, 3];

/**
 * Draws a sale.
 * @param subtitle - Machine and load.
 */
export function salePicture(sale: SaleResult, subtitle: string): string {
  const panels = panelGrid(SIZE, 4);
  const place = (panel: number): { xAxisIndex: number; yAxisIndex: number } => ({
    xAxisIndex: panel,
    yAxisIndex: panel,
  });
  const legend = (panel: number, names: readonly string[]): object => ({
    data: [...names],
    left: (panels[panel]?.left ?? 0) - 44,
    top: (panels[panel]?.top ?? 0) - 27,
    itemWidth: 14,
    itemHeight: 10,
    itemGap: 8,
    textStyle: { fontSize: 11 },
  });
  const usage = usageByRole(sale.usage.parts).toSorted((a, b) => b.cores - a.cores);
  const seconds = sale.timeline.due.map((_, second) => second);
  const perSecond: readonly (readonly [name: string, counts: readonly number[], colour: string])[] = [
    ["orders due", sale.timeline.due, PALETTE[6]],
    ["confirmed", sale.timeline.confirmed, PALETTE[2]],
    ["cancelled", sale.timeline.cancelled, PALETTE[1]],
  ];
  const waits: readonly (readonly [name: string, figures: SaleResult["latency"]["answered"], colour: string])[] = [
    ["to 202", sale.latency.answered, PALETTE[0]],
    ["to confirmed", sale.latency.confirmed, PALETTE[2]],
    ["to cancelled", sale.latency.cancelled, PALETTE[1]],
  ];
  const option: EChartsOption = {
    title: titles(`${sale.orders} orders for ${sale.units} units of one product`, subtitle, panels, [
      "Units available",
      "Orders due and ended, by second",
      "Time since an order was due",
      "Processors kept busy, by part",
    ]),
    grid: [...panels.map((panel) => ({ ...panel }))],
    legend: [
      legend(
        ENDS,
        perSecond.map(([name]) => name),
      ),
      legend(
        LATENCY,
        waits.map(([name]) => name),
      ),
    ],
    xAxis: [
      {
        gridIndex: STOCK,
        type: "value",
        min: 0,
        max: seconds.length,
        ...axisName("seconds since the first order was due", 28),
      },
      {
        gridIndex: ENDS,
        type: "category",
        data: seconds.map(String),
        ...axisName("seconds since the first order was due", 28),
      },
      { gridIndex: LATENCY, type: "category", data: [...PERCENTILES], ...axisName("percentile", 28) },
      { gridIndex: CPU, type: "value", ...axisName("processors kept busy on average", 28) },
    ],
    yAxis: [
      { gridIndex: STOCK, type: "value", min: 0, ...axisName("units", 48) },
      { gridIndex: ENDS, type: "value", min: 0, ...axisName("orders", 44) },
      { gridIndex: LATENCY, type: "log", min: 1, ...axisName("milliseconds (logarithmic)", 44) },
      {
        gridIndex: CPU,
        type: "category",
        inverse: true,
        data: usage.map(({ name }) => name),
        axisLabel: { fontSize: 10, interval: 0, width: 100, overflow: "break" },
      },
    ],
    series: [
      {
        name: "available",
        type: "line",
        step: "end",
        ...place(STOCK),
        showSymbol: false,
        areaStyle: { opacity: 0.15 },
        color: PALETTE[0],
        data: sale.timeline.available.map(({ second, units }) => [second, units]),
      },
      ...perSecond.map(([name, counts, color]) => ({
        name,
        type: "line" as const,
        ...place(ENDS),
        showSymbol: false,
        color,
        data: [...counts],
      })),
      ...waits.map(([name, figures, color]) => ({
        name,
        type: "bar" as const,
        ...place(LATENCY),
        color,
        barGap: "5%",
        label: {
          show: true,
          position: "top" as const,
          fontSize: 10,
          formatter: ({ value }: { value: unknown }) => Number(value).toFixed(0),
        },
        data: PERCENTILES.map((percentile) => figures[percentile]),
      })),
      {
        name: "processors",
        type: "bar",
        ...place(CPU),
        color: PALETTE[0],
        barMaxWidth: 18,
        data: usage.map(({ cores }) => cores),
      },
    ],
  };
  return renderChart(option, SIZE);
}
