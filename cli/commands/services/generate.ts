import type { CommandDefinition } from "../../command.ts";
import { flag } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import { EXIT, KitError } from "../../errors.ts";
import type { FileState, JudgedFile } from "../../generate/generate-events.ts";

/** Describes for the terminal what the command did to a file, or what is wrong with it. */
const WRITTEN: Readonly<Record<FileState, string>> = {
  current: "current",
  missing: "written",
  stale: "written",
  unneeded: "removed",
};
const JUDGED: Readonly<Record<FileState, string>> = {
  current: "current",
  missing: "is missing",
  stale: "differs from what topics/ declares",
  unneeded: "belongs to a service that does not use Kafka",
};

/** `kit generate`. */
export const generate: CommandDefinition = {
  configure: (command) =>
    command
      .argument("<what>", "what to generate: events")
      .option("--check", "write nothing; exit code 1 when a file is not current")
      .option(
        "--json",
        "print {current, files: [{service, path, state}]}: state is current, stale, missing or unneeded",
      )
      .addHelpText(
        "after",
        `
events     Writes src/events.generated.ts for each service in service-templates/ that uses Kafka: TypeScript types for the
           payloads of the events that the service consumes and publishes, from topics/ and its Avro schemas. Handlers
           and the outbox use these types, so the type check fails when a service does not follow a schema change.
Commit the files. Run the command after each change of topics/. \`kit new\` runs it too, and \`npx kit test\` fails
while a file is stale.`,
      ),
  examples: [
    "npx kit generate events",
    "npx kit generate events --check",
    "npx kit generate events --check --json | jq -r '.files[] | select(.state != \"current\").path'",
  ],
  async run(context, options, args) {
    if (args[0] !== "events")
      throw new KitError("KIT_USAGE", `kit generate knows events; got ${JSON.stringify(args[0] ?? "")}.`);
    const { judgeEvents, writeEvents } = await import("../../generate/generate-events.ts");
    const check = flag(options, "check");
    const files = await judgeEvents(context);
    if (!check) writeEvents(context, files);
    const current = !check || files.every(({ state }) => state === "current");
    if (flag(options, "json"))
      (await import("../../terminal/output.ts")).writeJson(context, {
        current,
        files: files.map(({ service, path, state }) => ({ service, path, state })),
      });
    else report(context, files, check);
    return current ? EXIT.good : EXIT.no;
  },
};

function report(context: CommandContext, files: readonly JudgedFile[], check: boolean): void {
  const different = files.filter(({ state }) => state !== "current");
  for (const { path, state } of different)
    context.stdout.write(check ? `${path} ${JUDGED[state]}\n` : `${WRITTEN[state].padEnd(8)} ${path}\n`);
  if (different.length === 0) context.stdout.write(`${files.length} files are current.\n`);
  else if (check) context.stdout.write("Run `npx kit generate events` and commit the files.\n");
}
