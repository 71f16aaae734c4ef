import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT } from "../../errors.ts";

/** `kit down`. */
export const down: CommandDefinition = {
  configure: (command) =>
    command
      .option("--stack <name>", "stack to stop", "local")
      .option("--delete-data", "also delete data, credentials and state")
      .option("--json", "print {stack, state, stopped, deleted, elapsedMs}")
      .addHelpText(
        "after",
        "\nStops the processes in order: services, registry, brokers, controllers, cache, database.\nKeeps the data unless --delete-data is given; the next `kit up` continues with it.",
      ),
  examples: ["npx kit down", "npx kit down --delete-data    # also deletes the data"],
  async run(context, options) {
    const [{ bringDown }, { writeJson }, { formatElapsed }] = await Promise.all([
      import("../../platform/bring-down.ts"),
      import("../../terminal/output.ts"),
      import("../../terminal/quantities.ts"),
    ]);
    const result = await bringDown(context, {
      stack: text(options, "stack") ?? "local",
      deleteData: flag(options, "deleteData"),
    });
    if (flag(options, "json")) writeJson(context, result);
    else {
      const done = result.stopped.length === 0 ? "Nothing was running" : `Stopped ${result.stopped.length} processes`;
      context.stdout.write(
        `${done}${result.deleted ? "; data, credentials and state are deleted" : ""} (${formatElapsed(result.elapsedMs)})\n`,
      );
    }
    return EXIT.good;
  },
};
