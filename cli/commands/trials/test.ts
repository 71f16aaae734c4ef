import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";

/** `kit test`, what `npm test` runs. */
export const test: CommandDefinition = {
  configure: (command) =>
    command
      .argument("[filter...]", "run only test files whose path contains one of these words")
      .option("--only <rungs>", "test levels to run, separated by commas: types, unit, engine, kafka, saga, kubernetes")
      .option("--json", "print {passed, failed, skipped, rungs} instead of the last line")
      .addHelpText("after", "\nThe last line is: N passed, N failed, N skipped. Exit code 0 when nothing failed."),
  examples: ["npm test", "npx kit test --only unit", "npx kit test --only unit order"],
  async run(context, options, args) {
    const { parseRungs, runTests } = await import("../../testing/testing.ts");
    return await runTests(context, {
      rungs: parseRungs(text(options, "only")),
      filters: args,
      json: flag(options, "json"),
    });
  },
};
