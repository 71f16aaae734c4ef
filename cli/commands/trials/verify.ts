import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT } from "../../errors.ts";

/** `kit verify`. */
export const verify: CommandDefinition = {
  configure: (command) =>
    command
      .option("--witness <file>", "what a load generator observed of a run: orders, injected records, faults")
      .option("--settle <duration>", "maximum wait until the platform is idle; 0s judges the current state", "60s")
      .option("--examples <n>", "maximum number of examples for a broken invariant", "20")
      .option("--json", "print {invariants: [{id, name, holds, figures, …}], holds}")
      .addHelpText(
        "after",
        "\nReads PostgreSQL tables and all topics, never the services' APIs, and changes nothing.\nExit code 0 when all invariants hold, 1 when one is broken. docs/guide/verify.md explains each invariant.",
      ),
  examples: [
    "npx kit verify",
    "npx kit verify --settle 2m --witness run.json",
    "npx kit verify --json | jq '.invariants[] | select(.holds | not)'",
  ],
  async run(context, options) {
    const [{ verifyPlatform }, { parseDuration, parseQuantity }, { readWitness }] = await Promise.all([
      import("../../verify/verify-platform.ts"),
      import("../../terminal/quantities.ts"),
      import("../../verify/witness-file.ts"),
    ]);
    const file = text(options, "witness");
    const document = await verifyPlatform(context, {
      ...(file === undefined ? {} : { witness: await readWitness(file) }),
      settleMs: parseDuration(text(options, "settle") ?? "60s"),
      examples: parseQuantity(text(options, "examples") ?? "20"),
    });
    if (flag(options, "json")) (await import("../../terminal/output.ts")).writeJson(context, document);
    else (await import("../../verify/report.ts")).writeVerdict(context, document);
    return document.holds ? EXIT.good : EXIT.no;
  },
};
