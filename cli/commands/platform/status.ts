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
        "\nBeside the processes: readiness of services, lag of consumer groups, open dead-letter records, parked events, pages.\nStates: running, degraded (some processes do not run), stopped (the data is kept), absent.\nExit code 0 when running, 1 otherwise.",
      ),
  examples: ["npx kit status", "npx kit status --json | jq -r '.endpoints.kafka.bootstrap | join(\",\")'"],
  async run(context, options) {
    const [{ observePlatform }, { readHealth }, { writeJson }] = await Promise.all([
      import("../../platform/platform-status.ts"),
      import("../../health/read-health.ts"),
      import("../../terminal/output.ts"),
    ]);
    const document = await observePlatform(context.stateDir, "local");
    const health = await readHealth(context, document);
    if (flag(options, "json")) writeJson(context, { ...document, health: health ?? null });
    else (await import("../../platform/status-report.ts")).writeStatusReport(context, document, health);
    return document.state === "running" ? EXIT.good : EXIT.no;
  },
};
