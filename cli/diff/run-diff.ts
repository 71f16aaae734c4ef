/** `kit diff` as a function: two trees in, a judged comparison out. */
import type { Problem } from "../../components/model/problems/problem.ts";
import type { StackSettings } from "../../components/model/stack/stack.ts";
import type { PlatformDiff } from "../../components/plan/diff/types.ts";
import { checkDeclaration } from "../../policies/check.ts";
import type { Finding } from "../../policies/finding.ts";
import type { CommandContext } from "../context.ts";
import { todayOf } from "../declaration/today.ts";
import { unknownStack } from "../declaration/unknown-stack.ts";
import { KitError } from "../errors.ts";
import { type DeclaredTree, locateTrees, readTrees } from "./declared-tree.ts";
import type { GitProject } from "./git-objects.ts";
import { judgeStacks } from "./judge-stacks.ts";

/** What to compare. */
export interface DiffRequest {
  /** A commit's name, a range `A..B` or `A...B`, or a folder. */
  readonly base: string;
  /** Default: the working tree. */
  readonly head?: string;
  readonly stack: string;
  /** Whether to report rules that are not errors too. Default: no. */
  readonly warnings?: boolean;
}

/** The outcome: a comparison, or the reason why the head cannot be compared. */
export interface DiffOutcome {
  readonly stack: string;
  /** The base as the user gave it, for the command that repeats the comparison. */
  readonly base: string;
  readonly head: string;
  /** Substrate of the stack; absent when the head has problems. */
  readonly substrate?: StackSettings["substrate"];
  /** Absent when the head has problems. */
  readonly diff?: PlatformDiff;
  /** Problems of the head, sorted by location. */
  readonly problems: readonly Problem[];
  /** Rules that the head breaks: every error and, if requested, other findings that the base did not have. */
  readonly findings: readonly Finding[];
  /** What limits the comparison. */
  readonly notes: readonly string[];
}

/**
 * Compares the declarations of two trees for a stack.
 * @throws KitError `KIT_UNKNOWN_STACK`, `KIT_USAGE`, and those of {@link locateTrees} and {@link judgeTrees}.
 */
export async function runDiff(context: CommandContext, request: DiffRequest): Promise<DiffOutcome> {
  const { stack } = request;
  const today = todayOf(context);
  const git: GitProject = { projectDir: context.projectDir, env: context.env };
  const { base, head, notes } = await locateTrees(git, request.base, request.head);
  const [before, after] = await readTrees(git, [base, head], [stack]);
  const stackFile = after.stacks.get(stack);
  if (stackFile === undefined || ("refused" in stackFile && stackFile.refused === "not-found"))
    throw head.kind === "folder"
      ? await unknownStack(context.projectDir, stack)
      : new KitError("KIT_UNKNOWN_STACK", `${stack} in ${head.label}`);
  const judgement = await judgeStacks({ git, before, after, stack, stackFile, today });
  const { substrate, diff, problems, rules } = judgement;
  const findings = diff === undefined ? [] : told(rules.findings, before, stack, today, request.warnings === true);
  return {
    stack,
    base: base.label,
    head: head.label,
    problems,
    findings,
    notes: [...notes, ...judgement.notes],
    ...(substrate === undefined ? {} : { substrate }),
    ...(diff === undefined ? {} : { diff }),
  };
}

/** Findings to report: errors, and others that the base does not have, because this change did not cause those. */
function told(
  found: readonly Finding[],
  before: DeclaredTree,
  stackName: string,
  today: string,
  warnings: boolean,
): readonly Finding[] {
  const stack = before.stacks.get(stackName);
  if (!warnings || stack === undefined || found.every(({ level }) => level === "error"))
    return found.filter(({ level }) => level === "error");
  const key = ({ rule, object, message }: Finding): string => `${rule}\n${object ?? ""}\n${message}`;
  const known = new Set(
    checkDeclaration({ files: before.files, stack, exceptions: before.exceptions, today }).findings.map(key),
  );
  return found.filter((finding) => finding.level === "error" || !known.has(key(finding)));
}
