/** Pictures of results: SVG from ECharts, without a browser. */

import type { EChartsOption } from "echarts";
import * as echarts from "echarts";

export type { EChartsOption };

/** Colours that are distinguishable in print and for colour-blind readers (Okabe and Ito), darkest first. */
export const PALETTE = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#7a7a7a",
  "#3b3b3b",
] as const;

/** Position of a panel in the picture, in pixels. */
export interface Panel {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Renders a picture; animations and interaction are off. */
export function renderChart(option: EChartsOption, size: { readonly width: number; readonly height: number }): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "#ffffff",
      color: [...PALETTE],
      textStyle: { fontFamily: "Helvetica, Arial, sans-serif", fontSize: 12 },
      ...option,
    });
    return `${chart.renderToSVGString()}\n`;
  } finally {
    // Otherwise its timers keep the process running.
    chart.dispose();
  }
}

/** Panels in two columns, in reading order, below a headline. */
export function panelGrid(size: { readonly width: number; readonly height: number }, count: number): readonly Panel[] {
  const [columns, headline, titleHeight, axisWidth, axisHeight, gap] = [2, 70, 56, 64, 46, 24];
  const rows = Math.ceil(count / columns);
  const cell = { width: size.width / columns, height: (size.height - headline) / rows };
  return Array.from({ length: count }, (_, place) => ({
    left: Math.round((place % columns) * cell.width + axisWidth),
    top: Math.round(headline + Math.floor(place / columns) * cell.height + titleHeight),
    width: Math.round(cell.width - axisWidth - gap),
    height: Math.round(cell.height - titleHeight - axisHeight),
  }));
}

/** Headline of the picture and titles of its panels. */
export function titles(
  headline: string,
  subtitle: string,
  panels: readonly Panel[],
  texts: readonly string[],
): NonNullable<EChartsOption["title"]> {
  return [
    {
      text: headline,
      subtext: subtitle,
      left: 24,
      top: 12,
      textStyle: { fontSize: 18, color: "#222222" },
      subtextStyle: { fontSize: 12, color: "#555555" },
    },
    ...panels.map((panel, place) => ({
      text: texts[place] ?? "",
      left: panel.left - 44,
      top: panel.top - 50,
      textStyle: { fontSize: 14, color: "#222222" },
    })),
  ];
}

/** An axis' name with its unit, centred on the axis. */
export function axisName(
  name: string,
  gap: number,
): { name: string; nameLocation: "middle"; nameGap: number; nameTextStyle: { color: string } } {
  return { name, nameLocation: "middle", nameGap: gap, nameTextStyle: { color: "#444444" } };
}
