import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT, KitError } from "../../errors.ts";

/** `kit render`. */
export const render: CommandDefinition = {
  configure: (command) =>
    command
      .argument("<stack>", "stack on Kubernetes, for example prod")
      .requiredOption("--out <folder>", "folder to write; an earlier rendering in it is updated")
      .option("--secrets-path <path>", "path in the secret store for placeholders (default: event-platform/<stack>)")
      .option("--json", "print {stack, out, objects, files, placeholders}")
      .addHelpText(
        "after",
        "\nWrites the Kubernetes objects of a stack as YAML, for review or GitOps. Needs no cluster and no credentials, and gives the\nsame bytes for the same files. Secrets are placeholders: <path:event-platform/prod#kafka-order-service-password>.",
      ),
  examples: [
    "npx kit render prod --out rendered/prod",
    "npx kit render staging --out /tmp/staging --json | jq .placeholders",
  ],
  async run(context, options, args) {
    const [stack] = args;
    const out = text(options, "out");
    if (stack === undefined || out === undefined) throw new KitError("KIT_USAGE", "A stack and --out are required.");
    const [{ resolve }, { render: renderStack }, { writeJson }] = await Promise.all([
      import("node:path"),
      import("../../render/render.ts"),
      import("../../terminal/output.ts"),
    ]);
    const { locateStrimziCrds } = await import("../../../toolchain/strimzi/strimzi-crds.ts");
    const result = await renderStack(
      context,
      { stack, out: resolve(out), secretsPath: text(options, "secretsPath") ?? `event-platform/${stack}` },
      locateStrimziCrds,
    );
    if (flag(options, "json")) writeJson(context, result);
    else
      context.stdout.write(
        `${result.objects} objects of ${stack} in ${result.out}; ${result.placeholders.length} values come from the secret store.\n`,
      );
    return EXIT.good;
  },
};
