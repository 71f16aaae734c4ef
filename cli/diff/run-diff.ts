/** `kit diff` as a function: two trees in, a judged comparison out. */
import type { Problem } from "../../components/model/problem.ts";
import { readModel } from "../../components/model/read.ts";
import { ReadingCache } from "../../components/model/reading-cache.ts";
import type { StackSettings } from "../../components/model/stack.ts";
import { comparePlatforms } from "../../components/plan/diff/compare.ts";
import { platformState, type PlatformState, type StatePair } from "../../components/plan/diff/state.ts";
import type { PlatformDiff } from "../../components/plan/diff/types.ts";
import { checkDeclaration } from "../../policies/check.ts";
import type { Finding } from "../../policies/finding.ts";
import type { TopicBefore } from "../../policies/rule.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import { unknownStack } from "../unknown-stack.ts";
import { locateTree, readTrees, workingTree, type DeclaredTree } from "./declared-tree.ts";
import type { GitProject } from "./git-objects.ts";
import { readSchemaHistory } from "./schema-history.ts";

/** What is compared. */
export interface DiffRequest {
  /** A commit's name or a folder. */
  readonly base: string;
  /** Default: the working tree. */
  readonly head?: string;
  readonly stack: string;
  /** Whether the rules of `kit check` are asked as well. Default: no. */
  readonly rules?: boolean;
}

/** The outcome: a comparison, or why the head can't be compared. */
export interface DiffOutcome {
  readonly stack: string;
  readonly base: string;
  readonly head: string;
  /** Where the stack runs; absent when the head has problems. */
  readonly substrate?: StackSettings["substrate"];
  /** Absent when the head has problems. */
  readonly diff?: PlatformDiff;
  /** Problems of the head, sorted by place. */
  readonly problems: readonly Problem[];
  /** Rules that the head breaks: every error, and what else the base did not break already. Empty unless asked for. */
  readonly findings: readonly Finding[];
  /** What limits the comparison. */
  readonly notes: readonly string[];
}

/**
 * Compares what two trees declare for a stack.
 * @throws KitError `KIT_DIFF_BASE_INVALID`, `KIT_DIFF_UNKNOWN_REF`, `KIT_DIFF_NO_TOPICS`, `KIT_UNKNOWN_STACK`, `KIT_GIT_MISSING`, `KIT_GIT_FAILED`.
 */
export async function runDiff(context: CommandContext, request: DiffRequest): Promise<DiffOutcome> {
  const { stack } = request;
  const git: GitProject = { projectDir: context.projectDir, env: context.env };
  const base = await locateTree(git, request.base);
  const head = request.head === undefined ? workingTree(context.projectDir) : await locateTree(git, request.head);
  const [before, after] = await readTrees(git, [base, head], [stack]);
  const names = { stack, base: base.label, head: head.label };
  const notes: string[] = [];

  const headFile = after.stacks.get(stack);
  if (headFile === undefined || ("refused" in headFile && headFile.refused === "not-found")) throw request.head === undefined ? await unknownStack(context.projectDir, stack) : new KitError("KIT_UNKNOWN_STACK", `${stack} in ${head.label}`);
  const cache = new ReadingCache();
  const headRead = readModel(after.files, headFile, cache);
  if (!headRead.ok) return { ...names, problems: headRead.problems, findings: [], notes };
  const headState = platformState(headRead.value.model, headRead.value.stack, stack);
  const baseState = stateOfBase(before, stack, headRead.value.stack, cache, notes);
  const pair = { before: baseState, after: headState };
  const known = await readSchemaHistory(git, base, pair);
  const findings = request.rules === true ? brokenRules(before, after, pair, new Date(context.now()).toISOString().slice(0, 10)) : [];
  return { ...names, substrate: headState.stack.substrate, diff: comparePlatforms(pair, known.history), problems: [], findings, notes: [...notes, ...known.notes] };
}

/** What `kit check` says of the head. What the base breaks as well, and is no error, is not this change's matter. */
function brokenRules(before: DeclaredTree, after: DeclaredTree, pair: StatePair, today: string): Finding[] {
  const { stackName } = pair.after;
  const check = (tree: DeclaredTree, topicsBefore?: ReadonlyMap<string, TopicBefore>): readonly Finding[] => {
    const stack = tree.stacks.get(stackName);
    if (stack === undefined) return [];
    return checkDeclaration({ files: tree.files, stack, exceptions: tree.exceptions, today, ...(topicsBefore === undefined ? {} : { before: topicsBefore }) }).findings;
  };
  const found = check(after, pair.before.planned);
  if (found.every(({ level }) => level === "error")) return [...found];
  const key = ({ rule, object, message }: Finding): string => `${rule}\n${object ?? ""}\n${message}`;
  const known = new Set(check(before).map(key));
  return found.filter((finding) => finding.level === "error" || !known.has(key(finding)));
}

/** The base's state. An environment that is new is compared with an empty one of its size. */
function stateOfBase(before: DeclaredTree, stack: string, headStack: StackSettings, cache: ReadingCache, notes: string[]): PlatformState {
  const file = before.stacks.get(stack);
  if (file === undefined || ("refused" in file && file.refused === "not-found")) {
    notes.push(`${before.source.label} has no stack ${stack}: everything in it is new`);
    return platformState({ domains: [] }, { ...headStack, services: {} }, stack);
  }
  const reading = readModel(before.files, file, cache);
  if (!reading.ok) throw new BaseInvalid(before.source.label, reading.problems);
  return platformState(reading.value.model, reading.value.stack, stack);
}

/** The base is not fit to be compared with; `problems` says why. */
export class BaseInvalid extends KitError {
  readonly label: string;
  readonly problems: readonly Problem[];

  constructor(label: string, problems: readonly Problem[]) {
    super("KIT_DIFF_BASE_INVALID", `${label} (${problems.length === 1 ? "one problem" : `${problems.length} problems`})`);
    this.label = label;
    this.problems = problems;
  }
}
