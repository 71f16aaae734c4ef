/** The judgement of a change, for `kit diff` and `kit check --base` alike: the comparison of the platforms, and the rules. */
import type { Problem } from "../../components/model/problems/problem.ts";
import { readModel } from "../../components/model/read.ts";
import { type SourceFile, topicsFolder } from "../../components/model/source-file.ts";
import type { StackSettings } from "../../components/model/stack/stack.ts";
import { ReadingCache } from "../../components/model/topics/reading-cache.ts";
import type { Model } from "../../components/model/types.ts";
import { readYaml } from "../../components/model/yaml/yaml-document.ts";
import { comparePlatforms } from "../../components/plan/diff/compare.ts";
import type { PlaceInSchema } from "../../components/plan/diff/schemas/schema-places.ts";
import { type PlatformState, platformState, type StatePair } from "../../components/plan/diff/state.ts";
import { touchedStacks } from "../../components/plan/diff/touched-stacks.ts";
import type { PlatformDiff } from "../../components/plan/diff/types.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import { catalogue } from "../../policies/catalogue.ts";
import { type CheckResult, checkDeclaration } from "../../policies/check.ts";
import { compareExceptions } from "../../policies/exception-changes.ts";
import { readExceptions } from "../../policies/exceptions.ts";
import type { PlacedManifest } from "../../policies/manifests.ts";
import type { TopicBefore } from "../../policies/rule.ts";
import { KitError } from "../errors.ts";
import type { DeclaredTree } from "./declared-tree.ts";
import type { GitProject } from "./git-objects.ts";
import { readSchemaHistory } from "./schema-history.ts";

/** What to judge. */
export interface JudgedTrees {
  readonly git: GitProject;
  readonly before: DeclaredTree;
  readonly after: DeclaredTree;
  /** The stack; its file exists in the head. */
  readonly stack: string;
  readonly stackFile: SourceFile;
  /** `YYYY-MM-DD`. */
  readonly today: string;
  /** Rendered Kubernetes objects of the head, if they are judged too. */
  readonly manifests?: readonly PlacedManifest[];
}

/** The judgement; without a comparison if the head has problems. */
export interface Judgement {
  /** Substrate of the stack; absent when the head has problems. */
  readonly substrate?: StackSettings["substrate"];
  readonly diff?: PlatformDiff;
  /** Problems of the head, sorted by location. */
  readonly problems: readonly Problem[];
  /** Findings of the rules on the head, including those on changes. */
  readonly rules: CheckResult;
  /** What limits the comparison. */
  readonly notes: readonly string[];
  /** Other stacks that topics of the change name, sorted, with these topics. */
  readonly touched: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Judges the change between two trees. Its verdict is `refused` if a change is, or if the head breaks a rule of level error.
 * @throws KitError `KIT_DIFF_BASE_INVALID`, `KIT_DIFF_HISTORY_MISSING`, `KIT_GIT_FAILED`.
 */
export async function judgeTrees({
  git,
  before,
  after,
  stack,
  stackFile,
  today,
  manifests,
}: JudgedTrees): Promise<Judgement> {
  const notes: string[] = [];
  const cache = new ReadingCache();
  const withNames = after.stackNames === undefined ? {} : { stackNames: after.stackNames };
  const check = (
    known: { readonly before?: ReadonlyMap<string, TopicBefore>; readonly plan?: PlatformPlan } = {},
  ): CheckResult =>
    checkDeclaration({
      files: after.files,
      stack: stackFile,
      exceptions: after.exceptions,
      today,
      cache,
      ...withNames,
      ...known,
      ...(manifests === undefined ? {} : { manifests }),
    });
  const headRead = readModel(after.files, stackFile, { cache, stacks: after.stackNames });
  if (!headRead.ok) return { problems: headRead.problems, rules: check(), notes, touched: new Map() };
  const headState = platformState(headRead.value.model, headRead.value.stack, stack);
  const base = stateOfBase(before, stack, headRead.value.stack, cache, notes);
  const pair: StatePair = { before: base.state, after: headState };
  const history = await readSchemaHistory(git, before.source, pair);
  const rules = check({ before: pair.before.planned, plan: headState.plan });
  const exceptions = (tree: DeclaredTree) => readExceptions(tree.exceptions, catalogue).exceptions;
  const diff = comparePlatforms(pair, {
    today,
    history,
    further: compareExceptions(exceptions(before), exceptions(after)),
    ruleBroken: rules.summary.errors > 0,
    placeInSchema: placesIn(after.files),
  });
  return {
    substrate: headState.stack.substrate,
    diff,
    problems: [],
    rules,
    notes,
    touched: touchedStacks(base.whole, headRead.value.whole, stack),
  };
}

/** Finds locations in schemas. JSON is YAML, so the YAML reader knows all locations. */
function placesIn(files: readonly SourceFile[]): PlaceInSchema {
  return (schemaPath, steps) => {
    const path = `${topicsFolder}/${schemaPath}`;
    const file = files.find((each) => each.path === path);
    return file !== undefined && "text" in file ? readYaml(path, file.text).document?.at.place(steps) : undefined;
  };
}

/** The base's state. A new environment is compared with an empty one of its size. */
function stateOfBase(
  before: DeclaredTree,
  stack: string,
  headStack: StackSettings,
  cache: ReadingCache,
  notes: string[],
): { readonly state: PlatformState; readonly whole: Model } {
  const file = before.stacks.get(stack);
  if (file === undefined || ("refused" in file && file.refused === "not-found")) {
    notes.push(`${before.source.label} has no stack ${stack}: everything in it is new`);
    const nothing: Model = { domains: [] };
    return { state: platformState(nothing, { ...headStack, services: {} }, stack), whole: nothing };
  }
  const reading = readModel(before.files, file, { cache });
  if (!reading.ok) throw new BaseInvalid(before.source.label, reading.problems);
  return { state: platformState(reading.value.model, reading.value.stack, stack), whole: reading.value.whole };
}

/** The base cannot be used for the comparison; `problems` says why. */
export class BaseInvalid extends KitError {
  readonly label: string;
  readonly problems: readonly Problem[];

  constructor(label: string, problems: readonly Problem[]) {
    super(
      "KIT_DIFF_BASE_INVALID",
      `${label} (${problems.length === 1 ? "one problem" : `${problems.length} problems`})`,
    );
    this.label = label;
    this.problems = problems;
  }
}
