import { checkFit } from "../components/model/fit/fit.ts";
import type { Problem } from "../components/model/problems/problem.ts";
import type { Located } from "../components/model/problems/validation.ts";
import { type SourceFile, stackOfPath } from "../components/model/source-file.ts";
import type { StackSettings } from "../components/model/stack/stack.ts";
import { readStackFile } from "../components/model/stack/stack-file.ts";
import { modelFor, unknownStackNames } from "../components/model/topics/environment.ts";
import { readTopicsAsFarAsGood } from "../components/model/topics/read-topics.ts";
import type { ReadingCache } from "../components/model/topics/reading-cache.ts";
import type { Model } from "../components/model/types.ts";
import { planPlatform } from "../components/plan/plan.ts";
import type { PlatformPlan } from "../components/plan/types.ts";
import { catalogue } from "./catalogue.ts";
import { ActiveChecks, evaluate } from "./evaluate.ts";
import { applyExceptions, readExceptions } from "./exceptions.ts";
import { type Finding, sortFindings } from "./finding.ts";
import { checkManifests, type PlacedManifest } from "./manifests.ts";
import { factsOfPlan } from "./plan-facts.ts";
import type { CheckKind, Scope, TopicBefore } from "./rule.ts";
import { type RuleSettings, readRuleSettings } from "./rule-settings.ts";

/** Input of a check. */
export interface CheckInput {
  /** Everything below `topics/`. */
  readonly files: readonly SourceFile[];
  /** The stack's file. */
  readonly stack: SourceFile;
  /** Names of all stacks. Default: unknown; settings for other stacks are then not checked. */
  readonly stackNames?: readonly string[];
  /** `policies/exceptions.yaml`. Absent if there is none. */
  readonly exceptions?: SourceFile;
  /** Topics before the change, if there is a state to compare with. */
  readonly before?: ReadonlyMap<string, TopicBefore>;
  /** Rendered Kubernetes objects, if they are to be judged too. */
  readonly manifests?: readonly PlacedManifest[];
  /** `YYYY-MM-DD`. */
  readonly today: string;
  /** Cache that other reads of the same files share. */
  readonly cache?: ReadingCache;
  /** The plan of these files for the stack, if the caller already has it. */
  readonly plan?: PlatformPlan;
}

/** Result of a check. */
export interface CheckResult {
  /** Sorted by location. */
  readonly findings: readonly Finding[];
  /** Findings that exceptions cover. */
  readonly excepted: readonly Finding[];
  readonly summary: {
    readonly errors: number;
    readonly warnings: number;
    readonly files: number;
    readonly topics: number;
    readonly manifests?: number;
  };
}

/** Kinds of checks that need only the files. */
const kindsInFiles: ReadonlySet<CheckKind> = new Set<CheckKind>([
  "topic",
  "subject",
  "acl",
  "quota",
  "user",
  "cluster",
  "declaration",
]);
/** Kinds of checks on rendered Kubernetes objects. */
const kindsOfManifests: ReadonlySet<CheckKind> = new Set<CheckKind>(["manifest", "manifests"]);
/** Kinds of checks on a single declared object. They are valid even if other files cannot be read. */
const kindsOfSoundFiles: ReadonlySet<CheckKind> = new Set<CheckKind>(["topic", "subject"]);

/**
 * Checks the declaration for one stack and reports everything at once. Pure. If a file cannot be read, the declarations
 * of other files are still judged by the checks that need only one object.
 */
export function checkDeclaration(input: CheckInput): CheckResult {
  const { model: whole, problems } = readTopicsAsFarAsGood(input.files, input.cache);
  const stackName = stackOfPath(input.stack.path);
  const model = modelFor(whole, stackName);
  const stack = readStackFile(input.stack);
  const refusals: Problem[] = [...problems, ...(stack.ok ? [] : stack.problems)];
  if (stack.ok && problems.length === 0) refusals.push(...checkFit(model, stack.value, stack.at));
  if (input.stackNames !== undefined) refusals.push(...unknownStackNames(whole, input.stackNames));
  const findings: Finding[] = refusals.map((problem) => ({ ...problem, level: "error" }));
  const exceptions =
    input.exceptions === undefined ? { exceptions: [], findings: [] } : readExceptions(input.exceptions, catalogue);
  findings.push(...exceptions.findings);
  let lookedAt = (_rule: string): boolean => false;
  if (stack.ok) {
    const rules = readRuleSettings(catalogue, stack.value.policies, placesOfPolicies(stack.at));
    findings.push(...rules.findings);
    const sound = refusals.length === 0;
    const kinds = new Set([
      ...(sound ? kindsInFiles : kindsOfSoundFiles),
      ...(input.manifests === undefined ? [] : kindsOfManifests),
    ]);
    findings.push(
      ...judge(
        sound ? model : withoutFiles(model, new Set(refusals.map(({ file }) => file))),
        stack.value,
        rules.settings,
        kinds,
        input,
      ),
    );
    if (sound) lookedAt = (rule) => catalogue.get(rule)?.kinds.some((kind) => kinds.has(kind)) === true;
  }
  const left = applyExceptions(findings, exceptions.exceptions, { stack: stackName, today: input.today, lookedAt });
  const sorted = sortFindings(left.findings);
  return {
    findings: sorted,
    excepted: sortFindings(left.excepted),
    summary: {
      errors: sorted.filter(({ level }) => level === "error").length,
      warnings: sorted.filter(({ level }) => level === "warning").length,
      files: input.files.filter(({ path }) => !path.endsWith("/")).length,
      topics: model.domains.reduce((sum, domain) => sum + domain.topics.length, 0),
      ...(input.manifests === undefined ? {} : { manifests: input.manifests.length }),
    },
  };
}

function judge(
  model: Model,
  stack: StackSettings,
  settings: RuleSettings,
  kinds: ReadonlySet<CheckKind>,
  { before, today, manifests = [], plan = planPlatform(model, stack) }: CheckInput,
): Finding[] {
  const cluster = factsOfPlan(model, plan);
  const declarations = new Map(model.domains.flatMap((domain) => domain.topics).map((topic) => [topic.name, topic]));
  const scope: Scope = {
    stack,
    today,
    declarationOf: (topic) => declarations.get(topic),
    before: (topic) => before?.get(topic),
  };
  const active = new ActiveChecks(settings, kinds);
  return [...evaluate(active, { model, plan }, cluster, scope), ...checkManifests(active, manifests, scope)];
}

/** Returns the domains whose own file has no fault. */
function withoutFiles(model: Model, faulty: ReadonlySet<string>): Model {
  return { domains: model.domains.filter(({ source }) => !faulty.has(source.file)) };
}

function placesOfPolicies(at: Located | undefined): Located | undefined {
  return at === undefined ? undefined : { place: (path, part) => at.place(["policies", ...path], part) };
}
