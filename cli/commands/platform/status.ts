import type { CommandDefinition } from "../../command.ts";
import { flag } from "../../command.ts";
import { EXIT } from "../../errors.ts";

/** `kit status`. */
export const status: CommandDefinition = {
  configure: (command) =>
    command
      .option("--json", "print the status document")
      .addHelpText(
        "after",
        "\nStates: running, degraded (some processes do not run), stopped (the data is kept), absent.\nExit code 0 when running, 1 otherwise.",
      ),
  examples: ["npx kit status", "npx kit status --json | jq -r '.endpoints.kafka.bootstrap | join(\",\")'"],
  async run(context, options) {
    const [{ observePlatform }, { writeJson }] = await Promise.all([
      import("../../platform/platform-status.ts"),
      import("../../terminal/output.ts"),
    ]);
    const document = await observePlatform(context.stateDir, "local");
    if (flag(options, "json")) writeJson(context, document);
    else (await import("../../platform/status-report.ts")).writeStatusReport(context, document);
    return document.state === "running" ? EXIT.good : EXIT.no;
  },
};
