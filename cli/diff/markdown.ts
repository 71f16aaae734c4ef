/** The diff as the comment of a pull request: nine parts, within GitHub's size limit. */
import type { Problem } from "../../components/model/problems/problem.ts";
import { compareHazards, sortedSet } from "../../components/plan/diff/hazard.ts";
import type { Change, ChangeKind, Hazard, PlatformDiff } from "../../components/plan/diff/types.ts";
import { counted } from "../../components/plan/diff/words.ts";
import { parseDigest, wantedFingerprintVariable } from "../../components/plan/digest.ts";
import type { Finding } from "../../policies/finding.ts";
import { markdownCode, markdownCodeCell, markdownText } from "./escaping.ts";
import { rollbackSteps } from "./rollback.ts";
import type { DiffOutcome } from "./run-diff.ts";
import { capacityRows, capacityTitles, countsLine, summary, teamRows, teamTitles } from "./text-report.ts";

/** Maximum size of a comment in characters. GitHub accepts 65,536; some tools that post comments cut off earlier. */
export const commentLimit = 60_000;

/** Amount of detail of each part; the first level that fits is used. */
interface Detail {
  readonly rows: number;
  readonly effects: number;
  readonly characters: number;
}

const details: readonly Detail[] = [
  { rows: 200, effects: 30, characters: 1_000 },
  { rows: 80, effects: 8, characters: 400 },
  { rows: 30, effects: 4, characters: 240 },
  { rows: 12, effects: 2, characters: 160 },
  { rows: 3, effects: 1, characters: 80 },
];

/** Tables with more rows are collapsed, so that the verdict is visible first. */
const foldFrom = 15;

/** Renders the comment. Its first line is a marker with which a later run finds and replaces it. */
export function diffMarkdown(outcome: DiffOutcome): string {
  let text = "";
  for (const detail of details) {
    text = render(outcome, detail);
    if (text.length <= commentLimit) return text;
  }
  return text.slice(0, commentLimit);
}

/** The marker of a stack's comment. */
export function commentMarker(stack: string): string {
  return `<!-- kit diff: ${stack.replace(/[^a-z0-9-]/g, "")} -->`;
}

function render(outcome: DiffOutcome, detail: Detail): string {
  const { stack, diff, problems, notes } = outcome;
  const parts = [
    commentMarker(stack),
    ...(diff === undefined ? brokenHead(outcome) : comparison(outcome, diff, detail)),
  ];
  if (problems.length > 0) parts.push(rulesPart(problems, command(outcome), detail));
  for (const note of notes) parts.push(`> ${markdownText(note)}`);
  return `${parts.join("\n\n")}\n`;
}

function brokenHead({ stack, problems }: DiffOutcome): string[] {
  return [
    `## Topics and access, stack ${markdownText(stack)}: **blocked** (${problems.length})`,
    `${counted(problems.length, "problem")} in the files; nothing can be compared until they are gone.`,
  ];
}

function comparison(outcome: DiffOutcome, diff: PlatformDiff, detail: Detail): string[] {
  const { verdict, changes, counts, digest } = diff;
  const { findings } = outcome;
  const errors = findings.filter(({ level }) => level === "error").length;
  const blocked = verdict === "refused";
  const parts = [
    `## Topics and access, stack ${markdownText(outcome.stack)}: ${verdictText(verdict, changes, errors)}`,
  ];
  const touched = countsLine(counts);
  parts.push(
    `${markdownText(outcome.base)} → ${markdownText(outcome.head)}: ${touched === "" ? "no resource is touched" : markdownText(touched)}.`,
  );
  const partOf = (kinds: (kind: ChangeKind) => boolean): Change[] => changes.filter((change) => kinds(change.kind));
  const tables: readonly [string, Change[]][] = [
    ["Changes", partOf((kind) => !isAccess(kind) && !isSchema(kind) && !isCapacity(kind))],
    ["Access", partOf(isAccess)],
    ["Schemas", partOf(isSchema)],
  ];
  for (const [title, rows] of tables) if (rows.length > 0) parts.push(changePart(title, rows, outcome, detail));
  parts.push(capacityPart(diff, partOf(isCapacity), outcome, detail));
  if (findings.length > 0)
    parts.push(
      rulesPart(
        findings,
        `npx kit check --base ${outcome.base}${outcome.head === "the working tree" ? "" : ` --head ${outcome.head}`} --stack ${outcome.stack}`,
        detail,
      ),
    );
  const refused = changes.filter(({ hazard }) => hazard === "refused");
  if (refused.length > 0)
    parts.push(
      list(
        "Refused: what to do instead",
        refused.flatMap((change) =>
          (change.advice ?? []).map((advice) => `${markdownCode(change.object)}: ${cut(advice, detail)}`),
        ),
        detail,
        outcome,
      ),
    );
  const irreversible = changes.filter(({ hazard }) => hazard === "irreversible");
  if (irreversible.length > 0) {
    parts.push(
      list(
        "Irreversible: a rollback does not bring this back",
        irreversible.map(
          (change) =>
            `${subject(change)}: ${cut(change.effects[0] ?? "", detail)}${change.advice?.[0] === undefined ? "" : `. Better: ${cut(change.advice[0], detail)}`}`,
        ),
        detail,
        outcome,
      ),
    );
    parts.push(
      blocked
        ? "There is no token for it as long as something is refused or a rule is broken."
        : `Apply it only with this token, which names exactly this change: ${markdownCode(applyCommand(outcome, digest))}`,
    );
  }
  if (changes.length > 0)
    parts.push(
      list(
        "Rollback",
        rollbackSteps(changes).map((step) => cut(step, detail)),
        detail,
        outcome,
      ),
    );
  const teams = sortedSet(changes.flatMap(({ reviewers }) => reviewers));
  parts.push(
    [
      `**Reviewers:** ${teams.length === 0 ? "none needed" : teams.map((team) => markdownCode(team)).join(", ")}`,
      `**Plan digest:** ${markdownCode(digest)}. ${verdict === "refused" ? "Nothing applies a refused plan." : `${markdownCode(applyCommand(outcome, digest))} applies this plan and no other.`}`,
      `**See it yourself:** ${markdownCode(command(outcome))}. How changes are judged: ${markdownCode("docs/guide/changes.md")}.`,
    ].join("  \n"),
  );
  return parts;
}

function verdictText(verdict: Hazard, changes: readonly Change[], errors: number): string {
  const number = (hazard: Hazard): number => changes.filter((change) => change.hazard === hazard).length;
  const teams = sortedSet(changes.flatMap(({ reviewers }) => reviewers))
    .map(markdownText)
    .join(", ");
  switch (verdict) {
    case "safe":
      return changes.length === 0 ? "**no change**" : "**safe**";
    case "approval":
      return `**needs approval** by ${teams}`;
    case "irreversible":
      return `**irreversible** (${number("irreversible")}), needs approval by ${teams}`;
    case "refused":
      return `**blocked** (${number("refused") + errors})`;
  }
}

function isAccess(kind: ChangeKind): boolean {
  return /^(access|producer|consumer|quota)-/.test(kind);
}

function isSchema(kind: ChangeKind): boolean {
  return /^(event|schema)-/.test(kind);
}

function isCapacity(kind: ChangeKind): boolean {
  return kind === "capacity-exceeded" || kind === "capacity-unknown" || kind === "budget-exceeded";
}

function changePart(title: string, changes: readonly Change[], outcome: DiffOutcome, detail: Detail): string {
  const shown = changes.slice(0, detail.rows);
  const rows = shown.map(
    (change) =>
      `| ${change.hazard} | ${subject(change)} | ${valuesOf(change, detail)} | ${effectsOf(change, detail)} |`,
  );
  const table = ["| | what | old → new | effect |", "|---|---|---|---|", ...rows].join("\n");
  return folded(
    title,
    counted(changes.length, "change"),
    `${table}${leftOut(changes.slice(detail.rows), outcome)}`,
    shown.length >= foldFrom,
  );
}

function capacityPart(
  { capacity }: PlatformDiff,
  changes: readonly Change[],
  outcome: DiffOutcome,
  detail: Detail,
): string {
  const table = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
    [
      `| ${titles.map((title) => title.toLowerCase()).join(" | ")} |`,
      `|---|${"---:|".repeat(titles.length - 1)}`,
      ...rows.map((row) => `| ${row.map(markdownText).join(" | ")} |`),
    ].join("\n");
  const teams = teamRows(capacity);
  const texts = [table(capacityTitles, capacityRows(capacity)), `${markdownText(summary(capacity.after))}.`];
  if (teams.length > 0)
    texts.push(
      `${table(teamTitles, teams.slice(0, detail.rows))}${teams.length > detail.rows ? `\n\n${teams.length - detail.rows} more teams are left out here.` : ""}`,
    );
  const body = folded("Capacity", "per broker, with one zone lost, per team", texts.join("\n\n"), changes.length === 0);
  return changes.length === 0 ? body : `${changePart("Capacity: limits", changes, outcome, detail)}\n\n${body}`;
}

/** Broken rules, each with its location, its fix, and its level if that is not error. */
function rulesPart(problems: readonly (Problem | Finding)[], reproduce: string, detail: Detail): string {
  const levels = [...problems].sort((a, b) => levelOf(a) - levelOf(b));
  const rows = levels.slice(0, detail.rows).map((problem) => {
    const { rule, file, line, column, message, fix } = problem;
    const mild = "level" in problem && problem.level !== "error" ? ` (${problem.level})` : "";
    return `| ${markdownCodeCell(rule)}${mild} | ${markdownCodeCell(`${file}:${line}:${column}`)} | ${cut(message, detail)} | ${fix === undefined ? "" : cut(fix, detail)} |`;
  });
  const rest = problems.length - rows.length;
  return [
    `### Rules broken (${problems.length})`,
    ["| rule | place | what is wrong | what to write |", "|---|---|---|---|", ...rows].join("\n"),
    ...(rest > 0 ? [`${rest} more are left out here.`] : []),
    `Rules and their reasons: ${markdownCode("docs/guide/policies.md")}. The same on your machine: ${markdownCode(reproduce)}`,
  ].join("\n\n");
}

function levelOf(problem: Problem | Finding): number {
  return "level" in problem && problem.level !== "error" ? 1 : 0;
}

function list(title: string, items: readonly string[], detail: Detail, outcome: DiffOutcome): string {
  const shown = items.slice(0, detail.rows);
  const rest = items.length - shown.length;
  return `### ${title}\n\n${shown.map((item) => `- ${item}`).join("\n")}${rest > 0 ? `\n- and ${rest} more: ${markdownCode(command(outcome))}` : ""}`;
}

function subject({ kind, object, field }: Change): string {
  return `${markdownCodeCell(object)} ${markdownText(field ?? kind.replace("-", " "))}`;
}

function valuesOf({ before, after }: Change, detail: Detail): string {
  if (before === undefined && after === undefined) return "";
  const shown = (value: string | number | undefined): string =>
    value === undefined ? "–" : cut(String(value), detail);
  return `${shown(before)} → ${shown(after)}`;
}

function effectsOf({ effects, reviewers, source }: Change, detail: Detail): string {
  const shown = effects.slice(0, detail.effects).map((effect) => cut(effect, detail));
  if (effects.length > shown.length) shown.push(`and ${effects.length - shown.length} more`);
  if (reviewers.length > 0)
    shown.push(
      `approval of ${reviewers.slice(0, 12).map(markdownText).join(", ")}${reviewers.length > 12 ? ` and ${reviewers.length - 12} more` : ""}`,
    );
  if (source !== undefined) shown.push(markdownCodeCell(`${source.file}:${source.line}`));
  return shown.join("<br>");
}

/** Number of omitted entries of a part, by hazard, and how to see them. */
function leftOut(changes: readonly Change[], outcome: DiffOutcome): string {
  if (changes.length === 0) return "";
  const byHazard = [...Map.groupBy(changes, ({ hazard }) => hazard)]
    .sort(([a], [b]) => compareHazards(b, a))
    .map(([hazard, same]) => `${same.length} ${hazard}`);
  return `\n\n${counted(changes.length, "more change")} left out here (${byHazard.join(", ")}): ${markdownCode(command(outcome))}`;
}

function folded(title: string, what: string, body: string, fold: boolean): string {
  return fold
    ? `<details><summary><b>${title}</b>: ${what}</summary>\n\n${body}\n\n</details>`
    : `### ${title}\n\n${body}`;
}

function cut(text: string, { characters }: Detail): string {
  return markdownText(text.length > characters ? `${text.slice(0, characters - 1)}…` : text);
}

/** On Kubernetes the user runs Pulumi directly; the program then compares the head's half of the digest. */
function applyCommand({ stack, substrate }: DiffOutcome, digest: string): string {
  return substrate === "kubernetes"
    ? `${wantedFingerprintVariable}=${parseDigest(digest)?.head ?? digest} pulumi up -s ${stack}`
    : `npx kit up --stack ${stack} --digest ${digest}`;
}

function command({ base, head, stack }: DiffOutcome): string {
  return `npx kit diff --base ${base}${head === "the working tree" ? "" : ` --head ${head}`} --stack ${stack}`;
}
