/** The results as text. */
import type { SelfTime } from "../../../../cli/project/bench.ts";
import { formatBytes, renderTable, usageByRole } from "../../../../cli/project/bench.ts";

import { STAGES } from "../../load/stages.ts";
import type { AimVerdict } from "./aims.ts";
import type { RateResult } from "./measure-rate.ts";

const right = (title: string): { title: string; align: "right" } => ({ title, align: "right" });
const ms = (value: number): string => value.toFixed(value < 100 ? 1 : 0);
const percent = (share: number): string => `${(share * 100).toFixed(share === 1 || share === 0 ? 0 : 2)} %`;

/** Returns all tables, and one line for each target. */
export function reportText(results: readonly (RateResult & { readonly aims: readonly AimVerdict[] })[]): string {
  return [
    latencies(results),
    ...results.flatMap(({ name, orders: { repeated }, databaseInterruptions }) => [
      ...(repeated.orders === 0
        ? []
        : [
            `${name}: ${repeated.orders} orders repeated under their Idempotency-Key (${repeated.requests} requests), ${repeated.accepted} accepted, p95 ${ms(repeated.answered.p95)} ms`,
          ]),
      ...(databaseInterruptions.times === 0
        ? []
        : [
            `${name}: PostgreSQL was away ${databaseInterruptions.times} ×, ${(databaseInterruptions.ms / 1_000).toFixed(1)} s in all`,
          ]),
    ]),
    ...results.flatMap(({ name, orders }) =>
      Object.entries(orders.failures).map(([failure, times]) => `${name}: ${times} × ${failure}`),
    ),
    `Stages on the way to the confirmation, p50 / p95 in ms\n${stages(results)}`,
    `Processors kept busy, and memory\n${usage(results)}`,
    `Brokers by kind of thread, processors\n${threads(results)}`,
    ...results.flatMap((result) =>
      result.profile === undefined
        ? []
        : [
            `Profile of ${result.profile.process} at ${result.name}: ${percent(result.profile.busyMs / Math.max(1, result.profile.durationMs))} busy, shares of the busy time\n${selfTimes(result.profile.packages, "PACKAGE")}\n\n${selfTimes(result.profile.functions, "FUNCTION")}`,
          ],
    ),
    results
      .flatMap((result) =>
        result.aims.map(
          (aim) =>
            `${aim.reached ? "reached" : "MISSED "}  ${result.name}: ${aim.what} ${aim.measured} (aim ${aim.aim})`,
        ),
      )
      .join("\n"),
  ].join("\n\n");
}

function latencies(results: readonly RateResult[]): string {
  return renderTable(
    [
      { title: "LOAD" },
      right("ORDERS"),
      right("CONFIRMED"),
      right("FAILED"),
      right("202: P50"),
      right("P95"),
      right("P99"),
      right("MAX"),
      right("CONFIRMED: P50"),
      right("P95"),
      right("P99"),
      right("MAX MS"),
      right("MOST UNFINISHED"),
      right("DRAIN MS"),
    ],
    results.map(({ name, orders, shares, answered, confirmed, backlog, drainMs }) => [
      name,
      String(orders.due),
      percent(shares.confirmed),
      percent(shares.failed),
      ...[answered, confirmed].flatMap((times) => [times.p50, times.p95, times.p99, times.max].map(ms)),
      String(backlog.most),
      String(drainMs),
    ]),
  );
}

function stages(results: readonly RateResult[]): string {
  return renderTable(
    [{ title: "STAGE" }, ...results.map((result) => right(result.name.toUpperCase()))],
    STAGES.map((stage, place) => [
      stage,
      ...results.map((result) => {
        const summary = result.stages.durations[place];
        return summary === undefined ? "" : `${ms(summary.p50)} / ${ms(summary.p95)}`;
      }),
    ]),
  );
}

function usage(results: readonly RateResult[]): string {
  const byRate = results.map((result) => new Map(usageByRole(result.usage.parts).map((part) => [part.name, part])));
  const names = [...new Set(byRate.flatMap((parts) => [...parts.keys()]))];
  return renderTable(
    [
      { title: "PART" },
      right("PROCESSES"),
      ...results.map((result) => right(result.name.toUpperCase())),
      right("MEMORY"),
    ],
    [
      ...names.map((name) => [
        name,
        String(byRate[0]?.get(name)?.count ?? ""),
        ...byRate.map((parts) => (parts.get(name)?.cores ?? 0).toFixed(3)),
        formatBytes(Math.max(...byRate.map((parts) => parts.get(name)?.memoryBytes ?? 0))),
      ]),
      ["the whole machine", "", ...results.map((result) => result.usage.machineCores.toFixed(3)), ""],
    ],
  );
}

const THREAD_KINDS = 8;

function threads(results: readonly RateResult[]): string {
  const busiest = [
    ...new Set(
      results.flatMap((result) => result.usage.brokerThreads.slice(0, THREAD_KINDS).map((kind) => kind.thread)),
    ),
  ];
  return renderTable(
    [{ title: "THREADS" }, ...results.map((result) => right(result.name.toUpperCase()))],
    busiest.map((thread) => [
      thread,
      ...results.map((result) =>
        (
          (result.usage.brokerThreads.find((kind) => kind.thread === thread)?.seconds ?? 0) / result.usage.seconds
        ).toFixed(3),
      ),
    ]),
  );
}

function selfTimes(times: readonly SelfTime[], title: string): string {
  return renderTable(
    [right("SHARE"), right("MS"), { title }],
    times.map((time) => [percent(time.share), ms(time.ms), time.where]),
  );
}
