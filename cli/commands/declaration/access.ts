import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT, KitError } from "../../errors.ts";

/** `kit access`. */
export const access: CommandDefinition = {
  configure: (command) =>
    command
      .argument("<question>", "why")
      .argument("<principal>", "service or platform principal, for example shipping-service")
      .argument("<resource>", "topic, or with --group a consumer group")
      .argument("<operation>", "read, write, describe, or any other operation of Kafka")
      .option("--group", "the resource is a consumer group")
      .option("--stack <name>", "environment (default: prod if there is one, else local)")
      .option(
        "--json",
        "print {allowed, because, rules: [{key, reason, declared}], missing?: {file, line, path, add, command?}, store?}",
      )
      .addHelpText(
        "after",
        `
Shows which ACL allows an operation and which line in topics/ it comes from, or which line to add to allow it.
Needs no running platform: an operation that is not declared is denied everywhere.
Exit code 0 when it is allowed, 1 when it is denied.`,
      ),
  examples: [
    "npx kit access why payment-service order-events read",
    "npx kit access why shipping-service payment-events read --json",
    "npx kit access why payment-service payment-service read --group",
  ],
  async run(context, options, args) {
    const [question, principal = "", resource = "", operation = ""] = args;
    if (question !== "why")
      throw new KitError("KIT_USAGE", `The question must be why; got ${JSON.stringify(question)}.`);
    const [{ askAccess, writeAnswer, answerDocument }, { writeJson }] = await Promise.all([
      import("../../access/why.ts"),
      import("../../terminal/output.ts"),
    ]);
    const asked = await askAccess(context, {
      stack:
        text(options, "stack") ??
        (await (await import("../../diff/default-stack.ts")).defaultStack(context.projectDir)),
      principal,
      resource,
      operation,
      group: flag(options, "group"),
    });
    if (flag(options, "json")) writeJson(context, answerDocument(asked));
    else writeAnswer(context, asked);
    return asked.answer.allowed ? EXIT.good : EXIT.no;
  },
};
