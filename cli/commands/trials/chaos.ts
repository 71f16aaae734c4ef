import type { ChaosSeries } from "../../chaos/report-document.ts";
import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { describeError, EXIT, KitError } from "../../errors.ts";

/** `kit chaos`. */
export const chaos: CommandDefinition = {
  configure: (command) =>
    command
      .option("--scenario <name>", "scenario to run; see --list")
      .option("--all", "every scenario, one after the other")
      .option("--list", "show the scenarios")
      .option(
        "--seed <n>",
        "decides targets, times and durations; the same seed gives the same schedule (default: a new seed, printed)",
      )
      .option("--rate <n>", "orders per second during the run", "15")
      .option("--duration <duration>", "minimum time under load (default: what the scenario needs)")
      .option("--json", "print the report; with --all, {seed, runs, plannedMs, elapsedMs, good}")
      .addHelpText(
        "after",
        `
Injects faults into the RUNNING local platform under load, heals it, then runs \`kit verify\`. Ctrl-C also heals everything.
Scenarios that need several instances of each service start them and stop them after the last scenario (KIT_INSTANCES=2 npx kit up
keeps them). Exit code 0 when the fault had an effect, all invariants hold and all expectations are met; 1 when one is not, or when
the run is void (the fault left no trace). The state directory keeps the schedule, witness and report under chaos/.`,
      ),
  examples: [
    "npx kit chaos --scenario broker-kill",
    "npx kit chaos --scenario zone-down --seed 7 --rate 35 --json",
    "npx kit chaos --all",
    "npx kit chaos --list",
  ],
  async run(context, options) {
    const [{ scenariosOf }, { projectPart, requiredPart }, { formatElapsed, parseDuration, parseQuantity }] =
      await Promise.all([
        import("../../chaos/scenarios.ts"),
        import("../../project/load-project.ts"),
        import("../../terminal/quantities.ts"),
      ]);
    const project = (await projectPart(context.projectDir, "chaos")) ?? {};
    const scenarios = scenariosOf(project);
    const json = flag(options, "json");
    if (flag(options, "list")) {
      if (json)
        (await import("../../terminal/output.ts")).writeJson(context, {
          scenarios: scenarios.map(({ name, summary }) => ({ name, summary })),
        });
      else (await import("../../chaos/report.ts")).writeScenarios(context, scenarios);
      return EXIT.good;
    }
    const name = text(options, "scenario");
    const all = flag(options, "all");
    if ((name === undefined) === !all) throw new KitError("KIT_USAGE", "Give either --scenario NAME or --all.");
    const seed = parseSeed(text(options, "seed") ?? String(Math.floor(context.now()) % 1_000_000));
    const duration = text(options, "duration");
    const how = {
      seed,
      ratePerSecond: parseQuantity(text(options, "rate") ?? "15"),
      ...(duration === undefined ? {} : { durationMs: parseDuration(duration) }),
    };
    const chosen = all ? scenarios : scenarios.filter((scenario) => scenario.name === name);
    const [only] = chosen;
    if (only === undefined)
      throw new KitError(
        "KIT_USAGE",
        `There is no scenario ${JSON.stringify(name)}; there are: ${scenarios.map((scenario) => scenario.name).join(", ")}.`,
      );

    const load = await requiredPart(context.projectDir, "load", "kit chaos");
    const [
      { runChaos },
      { instanceScale },
      { plannedMs },
      { bringUp },
      { readDeclaredStatus },
      { writeChaosReport, writeSeries },
      { writeError, writeJson },
    ] = await Promise.all([
      import("../../chaos/run.ts"),
      import("../../chaos/instance-scale.ts"),
      import("../../chaos/schedule.ts"),
      import("../../platform/bring-up.ts"),
      import("../../platform/platform-status.ts"),
      import("../../chaos/report.ts"),
      import("../../terminal/output.ts"),
    ]);
    const scale = instanceScale(context, async (scaled) =>
      bringUp(scaled, (await readDeclaredStatus(context.stateDir))?.stack ?? "local"),
    );
    if (!all) {
      try {
        const report = await runChaos(await scale.atLeast(only.instances ?? 1), {
          scenario: only,
          load,
          project,
          ...how,
        });
        if (json) writeJson(context, report);
        else writeChaosReport(context, report);
        if (report.outcome !== "clean") {
          const error = new KitError(
            report.outcome === "void" ? "KIT_CHAOS_VOID" : "KIT_CHAOS_VIOLATED",
            `${report.scenario}, seed ${report.seed}`,
          );
          writeError(context, describeError(error), error);
        }
        return report.outcome === "clean" ? EXIT.good : EXIT.no;
      } finally {
        await scale.back();
      }
    }
    const started = context.now();
    const planned = chosen.reduce((sum, scenario) => sum + (how.durationMs ?? plannedMs(scenario)), 0);
    context.stderr.write(`${chosen.length} scenarios, ${formatElapsed(planned)} of load as planned\n`);
    const runs: ChaosSeries["runs"][number][] = [];
    try {
      for (const scenario of chosen) {
        try {
          const report = await runChaos(await scale.atLeast(scenario.instances ?? 1), {
            scenario,
            load,
            project,
            ...how,
          });
          if (!json) writeChaosReport(context, report);
          runs.push(report);
        } catch (error) {
          const described = describeError(error);
          // Without a platform, or after Ctrl-C, the other scenarios would fail too.
          if (described.code === "KIT_CANCELLED" || described.code === "KIT_PLATFORM_NOT_RUNNING") throw error;
          writeError(context, described, error);
          runs.push({
            scenario: scenario.name,
            seed,
            outcome: "failed",
            error: { code: described.code, message: described.message },
          });
        }
      }
    } finally {
      await scale.back();
    }
    const series: ChaosSeries = {
      seed,
      runs,
      plannedMs: planned,
      elapsedMs: Math.round(context.now() - started),
      good: runs.every(({ outcome }) => outcome === "clean"),
    };
    if (json) writeJson(context, series);
    else writeSeries(context, series);
    return series.good ? EXIT.good : EXIT.no;
  },
};

function parseSeed(value: string): number {
  if (!/^\d{1,9}$/.test(value))
    throw new KitError("KIT_USAGE", `${JSON.stringify(value)} is not a seed: a whole number of up to nine digits.`);
  return Number(value);
}
