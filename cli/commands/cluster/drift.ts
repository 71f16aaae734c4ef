import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT } from "../../errors.ts";
import { configureLogin } from "../../live/login.ts";

/** `kit drift`. */
export const drift: CommandDefinition = {
  configure: (command) =>
    configureLogin(command.option("--stack <name>", "stack to compare with", "local"))
      .option(
        "--fail-on <classes>",
        "deviation classes that cause exit code 1: differs, missing, undeclared",
        "differs,missing,undeclared",
      )
      .option("--json", "print {stack, drifted, deviations, summary, requests, elapsedMs}")
      .addHelpText(
        "after",
        "\nCompares topics, configuration, ACLs, quotas, users and subjects with the declaration. Changes nothing.\nExit code 0 when nothing deviates, 1 when something does. docs/guide/drift.md describes the classes.",
      ),
  examples: [
    "npx kit drift",
    "npx kit drift --stack prod --bootstrap kafka:9094 --ca ca.pem --username platform-auditor --password-file password --registry https://registry/apis/ccompat/v7",
    "npx kit drift --fail-on differs,missing --json | jq '.deviations[] | select(.class == \"differs\")'",
  ],
  async run(context, options) {
    const [{ driftOf, parseClasses }, { writeJson }] = await Promise.all([
      import("../../drift/drift.ts"),
      import("../../terminal/output.ts"),
    ]);
    const document = await driftOf(
      context,
      text(options, "stack") ?? "local",
      options,
      parseClasses(text(options, "failOn") ?? ""),
    );
    if (flag(options, "json")) writeJson(context, document);
    else (await import("../../drift/report.ts")).writeDrift(context, document);
    return document.drifted ? EXIT.no : EXIT.good;
  },
};
