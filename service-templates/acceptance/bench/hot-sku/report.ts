/** A sale as text. */
import { formatBytes, renderTable, usageByRole } from "../../../../cli/project/bench.ts";
import type { SaleVerdict } from "./judge.ts";
import type { SaleResult } from "./measure-sale.ts";

const right = (title: string): { title: string; align: "right" } => ({ title, align: "right" });
const ms = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

/** Returns all tables, and one line for each verdict. */
export function saleText(sale: SaleResult, verdicts: readonly SaleVerdict[]): string {
  const { answered, confirmed, cancelled } = sale.latency;
  const latencies = renderTable(
    [{ title: "MS SINCE DUE" }, right("ORDERS"), right("P50"), right("P95"), right("P99"), right("MAX")],
    (
      [
        ["to 202", answered],
        ["to confirmed", confirmed],
        ["to cancelled", cancelled],
      ] as const
    ).map(([name, figures]) => [
      name,
      String(figures.count),
      ...[figures.p50, figures.p95, figures.p99, figures.max].map(ms),
    ]),
  );
  const usage = renderTable(
    [{ title: "PART" }, right("PROCESSES"), right("PROCESSORS"), right("MEMORY")],
    [
      ...usageByRole(sale.usage.parts).map(({ name, count, cores, memoryBytes }) => [
        name,
        String(count),
        cores.toFixed(3),
        formatBytes(memoryBytes),
      ]),
      ["the whole machine", "", sale.usage.machineCores.toFixed(3), ""],
    ],
  );
  const statements = verdicts
    .map(({ reached, what, measured, aim }) => `${reached ? "reached" : "MISSED "}  ${what}: ${measured} (aim ${aim})`)
    .join("\n");
  return [latencies, `Processors kept busy, and memory\n${usage}`, statements].join("\n\n");
}
