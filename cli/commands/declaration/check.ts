import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import { EXIT, type ExitCode, KitError } from "../../errors.ts";

const formats = ["text", "json", "sarif", "github", "gitlab"] as const;
type Format = (typeof formats)[number];

const failures = ["error", "warning"] as const;

/** `kit check`. */
export const check: CommandDefinition = {
  configure: (command) =>
    command
      .option("--topics <dir>", "folder with the domain files (default: topics/ of the project)")
      .option("--stack <name>", "stack to check for (default: prod if there is one, else local)")
      .option(
        "--base <ref|dir>",
        "also judge the change, as `kit diff` does, against a branch, a commit, A...B, or a folder with topics/",
      )
      .option("--head <ref|dir>", "what to check (default: the files on disk)")
      .option("--exceptions <file>", "exceptions from rules (default: policies/exceptions.yaml of the project)")
      .option("--manifests <path>", "also judge Kubernetes objects: a file, or a folder that `kit render` wrote")
      .option("--format <format>", formats.join(", "), "text")
      .option("--json", "same as --format json: {findings, summary}")
      .option("--fail-on <level>", `lowest level that causes exit code 1: ${failures.join(", ")}`, "error")
      .option("--verbose", "also show information, exceptions, and the reason for each rule")
      .addHelpText(
        "after",
        `
Reads files only: no credentials, no cluster, no network. Shows all problems at once.
Also checks the other stacks that a topic names (overrides, stacks); a finding that applies only there begins with "in STACK:".
docs/guide/policies.md lists the rules, their reasons and parameters. A stack's file sets levels and parameters under policies:.
policies/exceptions.yaml holds exceptions, each with a reason, an owner and a last day.
github prints annotations for GitHub Actions, gitlab a Code Quality report for GitLab, sarif SARIF 2.1.0 for code scanning.
With --base, a refused change is an error and a change that needs approval is information.
Exit code 0 when nothing reaches --fail-on, 1 when something does, 2 on wrong usage, 3 when history is missing.`,
      ),
  examples: [
    "npx kit check",
    "npx kit check --stack staging --fail-on warning",
    "npx kit check --base origin/main --format github",
    "npx kit render prod --out rendered && npx kit check --stack prod --manifests rendered",
    "npx kit check --json | jq -r '.findings[] | \"\\(.file):\\(.line) \\(.message)\"'",
  ],
  async run(context, options) {
    const named = text(options, "format");
    if (flag(options, "json") && named !== undefined && named !== "text" && named !== "json")
      throw new KitError("KIT_USAGE", `--json and --format ${named} exclude each other.`);
    const format = flag(options, "json") ? "json" : formats.find((each) => each === named);
    if (format === undefined)
      throw new KitError(
        "KIT_USAGE",
        `--format knows ${formats.join(", ")}; got ${JSON.stringify(text(options, "format"))}.`,
      );
    const failOn = failures.find((each) => each === text(options, "failOn"));
    if (failOn === undefined)
      throw new KitError(
        "KIT_USAGE",
        `--fail-on knows ${failures.join(" and ")}; got ${JSON.stringify(text(options, "failOn"))}.`,
      );
    const stack = text(options, "stack");
    return runCheck(
      context,
      format,
      failOn,
      {
        topics: text(options, "topics"),
        stack,
        base: text(options, "base"),
        head: text(options, "head"),
        exceptions: text(options, "exceptions"),
        manifests: text(options, "manifests"),
      },
      flag(options, "verbose"),
    );
  },
};

async function runCheck(
  context: CommandContext,
  format: Format,
  failOn: (typeof failures)[number],
  request: { readonly [K in "topics" | "stack" | "base" | "head" | "exceptions" | "manifests"]: string | undefined },
  verbose: boolean,
): Promise<ExitCode> {
  const { checkProject } = await import("../../check/check-project.ts");
  const outcome = await checkProject(context, request).catch(async (error: unknown) => {
    const { BaseInvalid } = await import("../../diff/judge-trees.ts");
    if (error instanceof BaseInvalid)
      (await import("../../declaration/declaration-problems.ts")).writeProblems(context, error.problems, error.label);
    throw error;
  });
  for (const note of outcome.notes)
    context.stderr.write(`note: ${(await import("../../diff/escaping.ts")).plain(note)}\n`);
  switch (format) {
    case "json":
      (await import("../../terminal/output.ts")).writeJson(
        context,
        (await import("../../check/document.ts")).checkDocument(outcome),
      );
      break;
    case "sarif":
      (await import("../../terminal/output.ts")).writeJson(
        context,
        (await import("../../check/sarif.ts")).sarifLog(outcome.result.findings),
      );
      break;
    case "github":
      context.stdout.write((await import("../../check/github.ts")).annotations(outcome.result.findings));
      break;
    case "gitlab":
      (await import("../../terminal/output.ts")).writeJson(
        context,
        (await import("../../check/gitlab.ts")).codeQuality(outcome.result.findings),
      );
      break;
    case "text":
      context.stdout.write(
        (await import("../../check/text-report.ts")).textReport(
          outcome,
          (await import("../../terminal/output.ts")).colorsFor(context.stdout, context.env),
          verbose,
        ),
      );
      break;
  }
  const { errors, warnings } = outcome.result.summary;
  return errors > 0 || (failOn === "warning" && warnings > 0) ? EXIT.no : EXIT.good;
}
