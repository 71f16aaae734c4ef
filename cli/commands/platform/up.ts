import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT } from "../../errors.ts";

/** `kit up`. */
export const up: CommandDefinition = {
  configure: (command) =>
    command
      .option("--stack <name>", "stack to start", "local")
      .option("--digest <digest>", "apply only the plan that `kit diff` judged under this digest")
      .option("--json", "print {stack, state, changes, elapsedMs, endpoints, files}")
      .addHelpText(
        "after",
        "\nPrepares the tools, checks the declaration, runs Pulumi once and shows the endpoints.\nRun it again at any time: it changes only what differs from the declaration and restarts dead processes.",
      ),
  examples: [
    "npx kit up",
    "KIT_PORT_BASE=27000 KIT_STATE_DIR=/tmp/second npx kit up    # a second platform beside the first",
  ],
  async run(context, options) {
    const [{ bringUp }, { writeJson }] = await Promise.all([
      import("../../platform/bring-up.ts"),
      import("../../terminal/output.ts"),
    ]);
    const result = await bringUp(context, text(options, "stack") ?? "local", text(options, "digest"));
    if (flag(options, "json")) {
      const { stack, state, endpoints, files } = result.status;
      writeJson(context, { stack, state, changes: result.changes, elapsedMs: result.elapsedMs, endpoints, files });
    } else {
      (await import("../../platform/summary.ts")).writeSummary(context, result);
    }
    return EXIT.good;
  },
};
