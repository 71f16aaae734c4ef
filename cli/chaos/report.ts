/** Report of a run for people: the faults, their effects, the effect on customers. */
import type { CommandContext } from "../context.ts";
import type { LatencySummary } from "../load/latency.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { formatElapsed } from "../terminal/quantities.ts";
import type { ChaosOutcome, ChaosReport, ChaosSeries } from "./report-document.ts";
import type { Scenario } from "./schedule.ts";

const orDash = (ms: number | null): string => (ms === null ? "never" : formatElapsed(ms));

/** Writes a run to stdout. */
export function writeChaosReport(context: CommandContext, report: ChaosReport): void {
  const { stdout } = context;
  const colors = colorsFor(stdout, context.env);
  const { load, latency, verify } = report;
  stdout.write(`\n${colors.bold(report.scenario)}, seed ${report.seed}: ${paint(context, report.outcome)}\n`);
  stdout.write(
    `\n${load.due} orders at ${load.ratePerSecond}/s: ${load.accepted} accepted, ${load.refused} refused, ${load.unknown} unknown; ${load.repetitions} requests repeated`,
  );
  stdout.write(
    `${load.unsent === 0 ? "" : `; ${load.unsent} not sent`}\n${report.orders.confirmed} confirmed, ${report.orders.cancelled} cancelled, ${report.orders.open} open\n`,
  );
  for (const fault of report.faults) {
    const { recovery } = fault;
    stdout.write(
      `\n${colors.bold(fault.name)}: ${fault.felt ? "felt" : colors.red("not felt")}, healed after ${formatElapsed(fault.healedAt - fault.startedAt)}\n`,
    );
    stdout.write(
      `${renderTable(
        [{ title: "EVIDENCE" }, { title: "BEFORE", align: "right" }, { title: "AFTER", align: "right" }],
        fault.evidence.map(({ what, before, after }) => [what, before, after]),
      )}\n`,
    );
    stdout.write(
      `next order confirmed after ${orDash(recovery.nextConfirmedMs)}, next new order after ${orDash(recovery.nextNewConfirmedMs)}, longest time without one ${orDash(recovery.longestGapMs)}\n`,
    );
  }
  stdout.write(
    `\n${renderTable(
      [{ title: "DEMAND" }, { title: "SEEN", align: "right" }, { title: "" }],
      report.demands.map(({ what, seen, met }) => [what, seen, met ? colors.green("met") : colors.red("not met")]),
    )}\n`,
  );
  const row = (title: string, before: LatencySummary, during: LatencySummary, after: LatencySummary): string[] => [
    title,
    ...[before, during, after].flatMap(({ count, p50, p95 }) =>
      count === 0 ? ["", ""] : [formatElapsed(p50), formatElapsed(p95)],
    ),
  ];
  stdout.write(
    `\n${renderTable(
      [
        { title: "FROM DUE TO" },
        ...["BEFORE", "DURING", "AFTER"].flatMap((phase) => [
          { title: `${phase} P50`, align: "right" as const },
          { title: "P95", align: "right" as const },
        ]),
      ],
      [
        row("accepted", latency.accepted.before, latency.accepted.during, latency.accepted.after),
        row("confirmed", latency.confirmed.before, latency.confirmed.during, latency.confirmed.after),
      ],
    )}\n`,
  );
  const broken = verify.invariants.filter(({ holds }) => !holds);
  stdout.write(
    `\nkit verify: ${broken.length === 0 ? colors.green("all invariants hold") : colors.red(`broken: ${broken.map(({ id, name }) => `${id} ${name}`).join("; ")}`)}\n`,
  );
  for (const { id, problems } of broken)
    for (const { subject, message } of problems.slice(0, 5)) stdout.write(`  ${id}: ${subject} ${message}\n`);
  stdout.write(
    `\nPlanned ${formatElapsed(report.plannedMs)} of load, took ${formatElapsed(report.elapsedMs)}\nAgain: npx kit chaos --scenario ${report.scenario} --seed ${report.seed}\nKept:  ${report.folder}\n`,
  );
}

/** Writes a line for each run of a series to stdout. */
export function writeSeries(context: CommandContext, series: ChaosSeries): void {
  const rows = series.runs.map((run) => [
    run.scenario,
    paint(context, run.outcome),
    ...("load" in run
      ? [
          `${run.load.accepted}/${run.load.due}`,
          String(run.load.repetitions),
          orDash(Math.max(0, ...run.faults.map(({ recovery }) => recovery.nextNewConfirmedMs ?? Number.NaN))),
          orDash(Math.max(0, ...run.faults.map(({ recovery }) => recovery.longestGapMs ?? Number.NaN))),
          formatElapsed(run.plannedMs),
          formatElapsed(run.elapsedMs),
        ]
      : ["", "", "", "", "", run.error.message]),
  ]);
  context.stdout.write(
    `\n${renderTable(
      [
        { title: "SCENARIO" },
        { title: "OUTCOME" },
        { title: "ACCEPTED", align: "right" },
        { title: "REPEATED", align: "right" },
        { title: "NEXT ORDER", align: "right" },
        { title: "LONGEST GAP", align: "right" },
        { title: "PLANNED", align: "right" },
        { title: "TOOK", align: "right" },
      ],
      rows,
    )}\n\nSeed ${series.seed}: ${series.runs.filter(({ outcome }) => outcome === "clean").length} of ${series.runs.length} clean; `,
  );
  context.stdout.write(`planned ${formatElapsed(series.plannedMs)} of load, took ${formatElapsed(series.elapsedMs)}\n`);
}

/** Writes scenarios to stdout. */
export function writeScenarios(context: CommandContext, scenarios: readonly Scenario[]): void {
  context.stdout.write(
    `${renderTable(
      [{ title: "SCENARIO" }, { title: "WHAT" }],
      scenarios.map(({ name, summary }) => [name, summary]),
    )}\n`,
  );
}

function paint(context: CommandContext, outcome: ChaosOutcome | "failed"): string {
  const colors = colorsFor(context.stdout, context.env);
  return outcome === "clean"
    ? colors.green(outcome)
    : outcome === "void"
      ? colors.yellow(outcome)
      : colors.red(outcome);
}
