import type { CommandDefinition } from "../../command.ts";
import { flag } from "../../command.ts";
import { EXIT } from "../../errors.ts";

/** `kit start`, what `npm start` runs. */
export const start: CommandDefinition = {
  configure: (command) =>
    command
      .option("--json", "print {stack, state, changes, elapsedMs, endpoints, files, orders}")
      .addHelpText(
        "after",
        "\nStarts the local platform, then places three sample orders and follows each to its terminal state:\none is confirmed, one payment is declined, one asks for more than is in stock.\nExit code 1 when an order does not end as expected.",
      ),
  examples: ["npm start", "npx kit start --json | jq .orders"],
  async run(context, options) {
    const [{ bringUp }, { placeSamples }, { projectPart }, { writeSummary }, { writeJson }] = await Promise.all([
      import("../../platform/bring-up.ts"),
      import("../../order/samples.ts"),
      import("../../project/load-project.ts"),
      import("../../platform/summary.ts"),
      import("../../terminal/output.ts"),
    ]);
    const json = flag(options, "json");
    const result = await bringUp(context, "local");
    const definition = await projectPart(context.projectDir, "order");
    const orders =
      definition === undefined
        ? []
        : await placeSamples(context, definition, result.status, json ? context.stderr : context.stdout);
    if (json) {
      const { stack, state, endpoints, files } = result.status;
      writeJson(context, {
        stack,
        state,
        changes: result.changes,
        elapsedMs: result.elapsedMs,
        endpoints,
        files,
        orders,
      });
    } else {
      writeSummary(context, result);
    }
    return EXIT.good;
  },
};
