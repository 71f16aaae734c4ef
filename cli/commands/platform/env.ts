import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT } from "../../errors.ts";

/** `kit env`. */
export const env: CommandDefinition = {
  configure: (command) =>
    command
      .option("--stack <name>", "stack to print the environment for", "local")
      .option("--json", "print the variables as an object")
      .addHelpText("after", "\nPrints `export` lines for a POSIX shell. They contain paths and options, no secrets."),
  examples: ['eval "$(npx kit env)" && pulumi preview -s local'],
  async run(context, options) {
    const [{ pulumiVariables, exportLines }, { writeJson }] = await Promise.all([
      import("../../pulumi/variables.ts"),
      import("../../terminal/output.ts"),
    ]);
    const variables = await pulumiVariables(context, text(options, "stack") ?? "local");
    if (flag(options, "json")) writeJson(context, variables);
    else context.stdout.write(exportLines(variables));
    return EXIT.good;
  },
};
