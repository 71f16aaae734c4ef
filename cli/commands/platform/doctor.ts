import type { CommandDefinition } from "../../command.ts";
import { flag } from "../../command.ts";
import { EXIT } from "../../errors.ts";

/** `kit doctor`. */
export const doctor: CommandDefinition = {
  configure: (command) =>
    command
      .option("--fix", "download or build missing tools into the user's cache")
      .option(
        "--kubernetes",
        "also check what the Kubernetes tests need (with --fix: builds it once, about 20 minutes)",
      )
      .option("--json", "print {tools, checks, ok}")
      .addHelpText("after", "\nExit code 0 when nothing is missing, 3 otherwise."),
  examples: ["npx kit doctor", "npx kit doctor --fix", "npx kit doctor --fix --kubernetes"],
  async run(context, options) {
    const [{ examine, writeDoctorReport }, { writeJson }] = await Promise.all([
      import("../../doctor.ts"),
      import("../../terminal/output.ts"),
    ]);
    if (flag(options, "fix")) {
      const [{ progressReporter }, { preparedTools }] = await Promise.all([
        import("../../terminal/progress.ts"),
        import("../../tools.ts"),
      ]);
      const reporter = progressReporter(context);
      await reporter.step("Tools", async (say) => preparedTools(say, reporter.live));
      if (flag(options, "kubernetes")) {
        const { preparedTestTools } = await import("../../testing/kubernetes-preparation.ts");
        await reporter.step("Kubernetes", async (say) => preparedTestTools(say, reporter.live));
      }
    }
    const report = await examine(context, { kubernetes: flag(options, "kubernetes") });
    if (flag(options, "json")) writeJson(context, report);
    else writeDoctorReport(context, report);
    return report.ok ? EXIT.good : EXIT.missing;
  },
};
