import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT, KitError } from "../../errors.ts";

/** `kit owners`. */
export const owners: CommandDefinition = {
  configure: (command) =>
    command
      .option("--org <name>", "organisation in front of the teams: @org/team (default: @team)")
      .option("--platform-team <team>", "owner of everything that no domain owns", "platform")
      .option("--write <file>", "write the file, for example .github/CODEOWNERS")
      .option("--check <file>", "compare with the file: exit code 1 and the difference when it is not current")
      .option("--stack <name>", "environment whose settings are used (default: prod if there is one, else local)")
      .option("--json", "print {owners: [{pattern, teams}], current?}")
      .addHelpText(
        "after",
        `
The domain's team owns the domain file, its schemas and its services. The platform team owns everything else.`,
      ),
  examples: [
    "npx kit owners --org globalmart",
    "npx kit owners --org globalmart --write .github/CODEOWNERS",
    "npx kit owners --org globalmart --check .github/CODEOWNERS",
  ],
  async run(context, options) {
    const [{ ownersOf, compareOwners, writeOwners }, { writeJson }] = await Promise.all([
      import("../../owners/code-owners-file.ts"),
      import("../../terminal/output.ts"),
    ]);
    const [write, check] = [text(options, "write"), text(options, "check")];
    if (write !== undefined && check !== undefined) throw new KitError("KIT_USAGE", "Give either --write or --check.");
    const org = text(options, "org");
    const made = await ownersOf(context, {
      stack:
        text(options, "stack") ??
        (await (await import("../../diff/default-stack.ts")).defaultStack(context.projectDir)),
      platformTeam: text(options, "platformTeam") ?? "platform",
      ...(org === undefined ? {} : { org }),
    });
    const difference = check === undefined ? "" : await compareOwners(context, check, made.text);
    if (write !== undefined) await writeOwners(context, write, made.text);
    if (flag(options, "json"))
      writeJson(context, { owners: made.patterns, ...(check === undefined ? {} : { current: difference === "" }) });
    else if (check !== undefined)
      context.stdout.write(difference === "" ? `${check} is current.\n` : `${difference}\n`);
    else if (write === undefined) context.stdout.write(made.text);
    return difference === "" ? EXIT.good : EXIT.no;
  },
};
