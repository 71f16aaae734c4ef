import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT } from "../../errors.ts";
import { configureLogin } from "../../live/login.ts";

/** `kit import`. */
export const adopt: CommandDefinition = {
  configure: (command) =>
    configureLogin(
      command
        .option("--stack <name>", "stack that the cluster belongs to", "local")
        .option("--topics <patterns>", "topics to import, separated by commas; * matches any characters", "*")
        .option("--exclude <patterns>", "topics to leave out")
        .option("--domain <name>", "domain of all imported topics (default: the first word of each name)")
        .option("--team <team>", "owner of new domains"),
    )
      .option(
        "--take-over-users",
        "also declare services that have a SCRAM user; the next `kit up` gives them new passwords",
      )
      .option("--dry-run", "show everything, write nothing")
      .option("--json", "print {stack, dryRun, topics, leftOut, notes, created, changed, effects, adoptFile}")
      .addHelpText(
        "after",
        `
Declares what a running cluster has and the project does not declare yet: topics with their settings, schemas from the
registry, producers and consumers from the ACLs, quotas. It only reads the cluster. The next \`kit up\` adopts the topics with
their records; the command lists what else that run will change (new ACLs, a dead-letter topic). It overwrites nothing,
neither files nor topics. docs/guide/import.md says what can't be derived.`,
      ),
  examples: [
    "npx kit import --dry-run",
    "npx kit import --topics 'billing-*' --domain billing --team billing",
    "npx kit import --stack prod --bootstrap kafka:9094 --ca ca.pem --username platform-auditor --password-file password --registry https://registry/apis/ccompat/v7 --team billing",
  ],
  async run(context, options) {
    const [{ importCluster }, { importDocument, writeImport }, { writeJson }] = await Promise.all([
      import("../../import/import.ts"),
      import("../../import/report.ts"),
      import("../../terminal/output.ts"),
    ]);
    const patterns = (name: string): readonly string[] =>
      (text(options, name) ?? "")
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
    const outcome = await importCluster(
      context,
      {
        stack: text(options, "stack") ?? "local",
        topics: patterns("topics"),
        exclude: patterns("exclude"),
        domain: text(options, "domain"),
        team: text(options, "team"),
        takeOverUsers: flag(options, "takeOverUsers"),
        dryRun: flag(options, "dryRun"),
      },
      options,
    );
    if (flag(options, "json")) writeJson(context, importDocument(outcome));
    else writeImport(context, outcome);
    return EXIT.good;
  },
};
