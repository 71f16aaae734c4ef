/** The judgement of a change for one stack, and for every other stack that the changed topics name. */
import type { Problem } from "../../components/model/problems/problem.ts";
import { sortChanges, worstHazard } from "../../components/plan/diff/hazard.ts";
import type { Change, PlatformDiff } from "../../components/plan/diff/types.ts";
import { changeDigest, parseDigest } from "../../components/plan/digest.ts";
import { compareFindings, type Finding, sortFindings } from "../../policies/finding.ts";
import { type JudgedTrees, type Judgement, judgeTrees } from "./judge-trees.ts";

/**
 * Judges as {@link judgeTrees}, and adds results that hold only for other stacks. Their changes and findings have the stack's
 * name, and the verdict is the worst of all. Counts and capacity are the first stack's.
 * @throws KitError as {@link judgeTrees}.
 */
export async function judgeStacks(request: JudgedTrees): Promise<Judgement> {
  const main = await judgeTrees(request);
  const { manifests: _manifests, ...files } = request;
  let { diff, rules } = main;
  const problems: Problem[] = [...main.problems];
  const notes = [...main.notes];
  for (const [stack, topics] of main.touched) {
    const stackFile = request.after.stacks.get(stack);
    if (stackFile === undefined || ("refused" in stackFile && stackFile.refused === "not-found")) continue;
    const other = await judgeTrees({ ...files, stack, stackFile });
    problems.push(
      ...other.problems
        .filter((problem) => !problems.some((known) => samePlace(known, problem)))
        .map((problem) => ({ ...problem, message: inStack(stack, problem.message) })),
    );
    notes.push(...other.notes.filter((note) => !notes.includes(note)));
    if (other.diff !== undefined && diff !== undefined) diff = withOthers(diff, other.diff, stack, topics);
    rules = { ...rules, ...withFindings(rules, other.rules.findings, stack, topics) };
  }
  const { diff: _mainDiff, ...judgement } = main;
  // If the head cannot be read for one of the stacks, there is no comparison.
  return { ...judgement, rules, notes, problems, ...(diff === undefined || problems.length > 0 ? {} : { diff }) };
}

function samePlace(a: Problem, b: Problem): boolean {
  return a.rule === b.rule && a.file === b.file && a.line === b.line && a.message === b.message;
}

function inStack(stack: string, text: string): string {
  return `in ${stack}: ${text}`;
}

/**
 * Additional changes of another stack: all of the topics that name it, and those of other topics that the first stack does not
 * have.
 */
function withOthers(diff: PlatformDiff, other: PlatformDiff, stack: string, topics: ReadonlySet<string>): PlatformDiff {
  const about = ({ kind, object, field }: Change): string => JSON.stringify([kind, object, field]);
  const whole = (change: Change): string => JSON.stringify([about(change), change.before, change.after, change.hazard]);
  const known = new Set([...diff.changes.map(about), ...diff.changes.map(whole)]);
  const isOwn = (change: Change): boolean =>
    change.kind !== "setting-changed" && !known.has(topics.has(topicOf(change.object)) ? whole(change) : about(change));
  const added = other.changes.filter(isOwn).map(
    (change): Change => ({
      ...change,
      stack,
      effects: change.effects.map((effect, index) => (index === 0 ? inStack(stack, effect) : effect)),
    }),
  );
  const verdict = worstHazard([diff.verdict, other.verdict]);
  const digest = parseDigest(diff.digest);
  return {
    ...diff,
    verdict,
    changes: sortChanges([...diff.changes, ...added]),
    ...(digest === undefined ? {} : { digest: changeDigest({ ...digest, refused: verdict === "refused" }) }),
  };
}

/** The topic of `order-events` and of `order-events/order.created`. */
function topicOf(object: string): string {
  return object.split("/")[0] ?? object;
}

/** Findings of another stack that hold only there: of topics that name it, and findings that are not about one topic. */
export function withFindings(
  { findings, summary }: Judgement["rules"],
  others: readonly Finding[],
  stack: string,
  topics: ReadonlySet<string>,
): Pick<Judgement["rules"], "findings" | "summary"> {
  const known = new Set(findings.map(keyOfFinding));
  const added = others
    .filter(
      (finding) =>
        finding.file.startsWith("topics/") &&
        (finding.object === undefined || topics.has(topicOf(finding.object))) &&
        !known.has(keyOfFinding(finding)),
    )
    .map((finding) => ({ ...finding, stack, message: inStack(stack, finding.message) }));
  const all = sortFindings([...findings, ...added].sort(compareFindings));
  const count = (level: Finding["level"]): number => all.filter((finding) => finding.level === level).length;
  return { findings: all, summary: { ...summary, errors: count("error"), warnings: count("warning") } };
}

function keyOfFinding({ rule, object, message, file }: Finding): string {
  return JSON.stringify([rule, object, message, file]);
}
