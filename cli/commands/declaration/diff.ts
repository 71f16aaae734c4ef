import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import { EXIT, type ExitCode, KitError } from "../../errors.ts";

const formats = ["text", "json", "markdown"] as const;
type Format = (typeof formats)[number];

const failures = ["approval", "irreversible", "refused"] as const;

/** `kit diff`. */
export const diff: CommandDefinition = {
  configure: (command) =>
    command
      .option(
        "--base <ref|dir>",
        "what to compare with: a branch or commit (from the merge base), A...B, A..B, or a folder with topics/",
      )
      .option("--head <ref|dir>", "what to judge (default: the working tree)")
      .option(
        "--stack <name>",
        "stack to judge for (default: prod if there is one, else local); twice, without --base: compare two environments",
        (value: string, before: string[] | undefined) => [...(before ?? []), value],
      )
      .option("--format <format>", `${formats.join(", ")}; markdown is for a pull request comment`, "text")
      .option("--json", "same as --format json: {verdict, changes, capacity, digest, …}")
      .option("--fail-on <hazard>", `lowest hazard that causes exit code 1: ${failures.join(", ")}`, "refused")
      .addHelpText(
        "after",
        `
Reads git objects or folders; needs no credentials, no cluster, no checkout.
Also judges the other stacks that a changed topic names (overrides, stacks); a change that applies only there begins with "in STACK:".
With two stacks, it shows how one is ahead of the other and how promoting the difference would be judged.
Each change is safe, needs approval (by the named teams), is irreversible, or is refused. docs/guide/changes.md
explains each. A change that breaks a rule of \`kit check\` is refused, as with \`kit check --base\`.
Exit code 0 when nothing reaches --fail-on, 1 when something does, 2 when a side can't be read, 3 when history is missing.`,
      ),
  examples: [
    "npx kit diff --base origin/main",
    "npx kit diff --base main...feature",
    "npx kit diff --base v1.4.0 --head HEAD --stack prod --format markdown > comment.md",
    "npx kit diff --stack staging --stack prod",
    "npx kit diff --base main --json | jq '.changes[] | select(.hazard == \"refused\")'",
  ],
  async run(context, options) {
    const format = formatOf(options);
    const failOn = failures.find((each) => each === text(options, "failOn"));
    if (failOn === undefined)
      throw new KitError(
        "KIT_USAGE",
        `--fail-on knows ${failures.join(", ")}; got ${JSON.stringify(text(options, "failOn"))}.`,
      );
    const stacks = stacksOf(options);
    const base = text(options, "base");
    const [only, another, third] = stacks;
    if (base === undefined && only !== undefined && another !== undefined && third === undefined)
      return compareStacks(context, [only, another], text(options, "head"), format);
    if (base === undefined)
      throw new KitError("KIT_USAGE", "--base is missing: give what to compare with.", {
        fix: "`npx kit diff --base origin/main`; `npx kit diff --stack A --stack B` compares two environments.",
      });
    if (another !== undefined) throw new KitError("KIT_USAGE", "--base compares one stack; two were given.");
    return compareTrees(context, { base, head: text(options, "head"), stack: only }, format, failOn);
  },
};

async function compareTrees(
  context: CommandContext,
  request: { base: string; head: string | undefined; stack: string | undefined },
  format: Format,
  failOn: (typeof failures)[number],
): Promise<ExitCode> {
  const [{ runDiff }, { BaseInvalid }, { writeProblems }, { compareHazards }, { defaultStack }] = await Promise.all([
    import("../../diff/run-diff.ts"),
    import("../../diff/judge-trees.ts"),
    import("../../declaration/declaration-problems.ts"),
    import("../../../components/plan/diff/hazard.ts"),
    import("../../diff/default-stack.ts"),
  ]);
  const { base, head } = request;
  const stack = request.stack ?? (await defaultStack(context.projectDir));
  const outcome = await runDiff(context, {
    base,
    ...(head === undefined ? {} : { head }),
    stack,
    warnings: format === "markdown",
  }).catch((error: unknown) => {
    if (error instanceof BaseInvalid) writeProblems(context, error.problems, error.label);
    throw error;
  });
  if (format === "json")
    (await import("../../terminal/output.ts")).writeJson(
      context,
      (await import("../../diff/document.ts")).diffDocument(outcome),
    );
  else if (format === "markdown") context.stdout.write((await import("../../diff/markdown.ts")).diffMarkdown(outcome));
  else (await import("../../diff/text-report.ts")).writeDiffReport(context, outcome);
  writeProblems(context, outcome.problems);
  if (outcome.diff === undefined) return EXIT.usage;
  return compareHazards(outcome.diff.verdict, failOn) >= 0 ? EXIT.no : EXIT.good;
}

async function compareStacks(
  context: CommandContext,
  stacks: readonly [string, string],
  head: string | undefined,
  format: Format,
): Promise<ExitCode> {
  const { runEnvironmentDiff, writeEnvironmentReport, environmentMarkdown } = await import(
    "../../diff/environments.ts"
  );
  const comparison = await runEnvironmentDiff(context, stacks, head);
  if (format === "json") (await import("../../terminal/output.ts")).writeJson(context, comparison);
  else if (format === "markdown") context.stdout.write(environmentMarkdown(comparison));
  else writeEnvironmentReport(context, comparison);
  return EXIT.good;
}

function formatOf(options: Readonly<Record<string, unknown>>): Format {
  if (flag(options, "json")) return "json";
  const wanted = text(options, "format");
  const format = formats.find((each) => each === wanted);
  if (format === undefined)
    throw new KitError("KIT_USAGE", `--format knows ${formats.join(", ")}; got ${JSON.stringify(wanted)}.`);
  return format;
}

function stacksOf(options: Readonly<Record<string, unknown>>): string[] {
  const given: unknown = options.stack;
  const stacks = Array.isArray(given) ? given.filter((each) => typeof each === "string") : [];
  for (const stack of stacks)
    if (!/^[a-z][a-z0-9-]*$/.test(stack)) throw new KitError("KIT_UNKNOWN_STACK", JSON.stringify(stack));
  return stacks;
}
