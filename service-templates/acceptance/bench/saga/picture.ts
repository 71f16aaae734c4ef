/** The results as a picture: latency, stages, orders over time, processors. */

import type { EChartsOption } from "../../../../cli/project/bench.ts";
import { axisName, PALETTE, panelGrid, renderChart, titles, usageByRole } from "../../../../cli/project/bench.ts";
import { STAGES } from "../../load/stages.ts";
import type { RateResult } from "./measure-rate.ts";

const SIZE = { width: 1280, height: 940 };
const PERCENTILES = ["p50", "p95", "p99"] as const;
const [LATENCY, STAGE, TIME, CPU] = [0, 1, 2, 3];
/** Returns milliseconds for labels of bars: whole numbers from 10 on. */
const label = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(1));

/**
 * Draws the results.
 * @param subtitle - Machine and load.
 */
export function sagaPicture(results: readonly RateResult[], subtitle: string): string {
  const panels = panelGrid(SIZE, 4);
  const rates = results.map((result) => result.name);
  const place = (panel: number): { xAxisIndex: number; yAxisIndex: number } => ({
    xAxisIndex: panel,
    yAxisIndex: panel,
  });
  const legend = (panel: number, names: readonly string[], width = 560): object => ({
    data: [...names],
    left: (panels[panel]?.left ?? 0) - 44,
    top: (panels[panel]?.top ?? 0) - 27,
    width,
    itemWidth: 14,
    itemHeight: 10,
    itemGap: 8,
    textStyle: { fontSize: 11 },
  });
  const latencyNames = ["to 202", "to confirmed"].flatMap((what) => PERCENTILES.map((name) => `${name} ${what}`));
  const shades = ["#9ecae1", "#4292c6", "#084594", "#fdbe85", "#fd8d3c", "#a63603"];
  const roles = [...new Set(results.flatMap((result) => usageByRole(result.usage.parts).map((part) => part.name)))];
  const option: EChartsOption = {
    title: titles("The order saga under load", subtitle, panels, [
      "Time since an order was due",
      "Where the time to the confirmation goes (medians)",
      "Orders not at their end, over time",
      "Processors kept busy, by part",
    ]),
    grid: [...panels.map((panel) => ({ ...panel }))],
    legend: [
      legend(LATENCY, latencyNames),
      legend(STAGE, STAGES),
      legend(
        TIME,
        rates.map((rate) => `unfinished at ${rate}`),
      ),
      legend(CPU, roles),
    ],
    xAxis: [
      { gridIndex: LATENCY, type: "category", data: rates, ...axisName("load (orders/s, open loop)", 28) },
      { gridIndex: STAGE, type: "value", ...axisName("milliseconds since due", 28) },
      { gridIndex: TIME, type: "value", min: 0, ...axisName("seconds of the measured time", 28) },
      { gridIndex: CPU, type: "value", ...axisName("processors kept busy on average", 28) },
    ],
    yAxis: [
      { gridIndex: LATENCY, type: "log", min: 1, ...axisName("milliseconds (logarithmic)", 44) },
      { gridIndex: STAGE, type: "category", data: rates, axisLabel: { rotate: 90 } },
      { gridIndex: TIME, type: "value", min: 0, minInterval: 1, ...axisName("orders", 44) },
      { gridIndex: CPU, type: "category", data: rates, axisLabel: { rotate: 90 } },
    ],
    series: [
      ...latencyNames.map((name, index) => ({
        name,
        type: "bar" as const,
        ...place(LATENCY),
        color: shades[index] ?? PALETTE[0],
        barGap: "5%",
        label: {
          show: results.length <= 4,
          position: "top" as const,
          fontSize: 10,
          formatter: ({ value }: { value: unknown }) => label(Number(value)),
        },
        data: results.map(
          (result) => (index < 3 ? result.answered : result.confirmed)[PERCENTILES[index % 3] ?? "p50"],
        ),
      })),
      ...STAGES.map((stage, index) => ({
        name: stage,
        type: "bar" as const,
        ...place(STAGE),
        stack: "stages",
        color: PALETTE[index % PALETTE.length] ?? PALETTE[0],
        barMaxWidth: 60,
        label: {
          show: true,
          fontSize: 10,
          color: "#ffffff",
          formatter: ({ value }: { value: unknown }) => (Number(value) >= 1 ? label(Number(value)) : ""),
        },
        data: results.map((result) => result.stages.durations[index]?.p50 ?? 0),
      })),
      ...results.map((result, index) => ({
        name: `unfinished at ${result.name}`,
        type: "line" as const,
        ...place(TIME),
        color: PALETTE[index % PALETTE.length] ?? PALETTE[0],
        showSymbol: false,
        lineStyle: { width: 1.5 },
        data: result.timeline.unfinished.map(({ second, orders }) => [second, orders]),
      })),
      ...roles.map((role, index) => ({
        name: role,
        type: "bar" as const,
        ...place(CPU),
        stack: "processors",
        color: PART_COLOURS[index % PART_COLOURS.length] ?? PALETTE[0],
        barMaxWidth: 60,
        data: results.map((result) => usageByRole(result.usage.parts).find((part) => part.name === role)?.cores ?? 0),
      })),
    ],
  };
  return renderChart(option, SIZE);
}

const PART_COLOURS = [...PALETTE, "#b2df8a", "#6a3d9a", "#fb9a99", "#1b9e77", "#a6761d"];
