/** The diff for a terminal. */
import type { Capacity, CapacityComparison, TeamFigure } from "../../components/plan/capacity/capacity.ts";
import { resourceTexts } from "../../components/plan/diff/capacity-hazards.ts";
import { sortedSet } from "../../components/plan/diff/hazard.ts";
import type { DeltaCounts } from "../../components/plan/diff/plan-delta.ts";
import type { Change, Hazard } from "../../components/plan/diff/types.ts";
import { percent } from "../../components/plan/diff/words.ts";
import type { Finding } from "../../policies/finding.ts";
import type { CommandContext } from "../context.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { plain } from "./escaping.ts";
import type { DiffOutcome } from "./run-diff.ts";
import { verdictLine } from "./verdict.ts";

type Colors = ReturnType<typeof colorsFor>;

/** Changes shown in full; the rest is only counted. `--format json` has all. */
const shownChanges = 200;

/** Writes the whole report to stdout. */
export function writeDiffReport(context: CommandContext, outcome: DiffOutcome): void {
  const colors = colorsFor(context.stdout, context.env);
  const lines: string[] = [];
  const { diff, stack, base, head, notes, problems, findings } = outcome;
  lines.push(`${colors.bold(plain(`${base} → ${head}`))}, stack ${plain(stack)}`);
  if (diff === undefined) {
    lines.push(
      paint(
        colors,
        "refused",
      )(
        `refused: ${problems.length === 1 ? "one problem" : `${problems.length} problems`} in ${plain(head)}, listed above`,
      ),
    );
    context.stdout.write(`${lines.join("\n")}\n`);
    return;
  }
  const errors = findings.filter(({ level }) => level === "error");
  lines.push(paint(colors, diff.verdict)(verdictLine(diff.verdict, diff.changes, errors.length)), "");
  for (const finding of errors) lines.push(...findingLines(finding, colors), "");
  const counts = countsLine(diff.counts);
  if (counts !== "") lines.push(counts, "");
  for (const change of diff.changes.slice(0, shownChanges)) lines.push(...changeLines(change, colors), "");
  if (diff.changes.length > shownChanges)
    lines.push(`and ${diff.changes.length - shownChanges} more changes; --format json lists all`, "");
  lines.push(capacityTable(diff.capacity), "");
  const teams = teamTable(diff.capacity);
  if (teams !== undefined) lines.push(teams, "");
  for (const note of notes) lines.push(`${colors.yellow("note")} ${plain(note)}`);
  lines.push(`digest ${diff.digest}`);
  context.stdout.write(`${lines.join("\n")}\n`);
}

function findingLines({ rule, file, line, message, fix, object }: Finding, colors: Colors): string[] {
  return [
    `${paint(colors, "refused")("refused".padEnd(12))} ${colors.bold(plain(object ?? file))} ${rule}${colors.dim(`  ${plain(file)}:${line}`)}`,
    `             ${plain(message)}`,
    ...(fix === undefined ? [] : [`             ${colors.cyan("instead")} ${plain(fix)}`]),
  ];
}

function changeLines(change: Change, colors: Colors): string[] {
  const { kind, object, field, before, after, hazard, effects, advice = [], reviewers, source } = change;
  const values = before === undefined && after === undefined ? "" : ` ${shown(before)} → ${shown(after)}`;
  const title = `${paint(colors, hazard)(hazard.padEnd(12))} ${colors.bold(plain(object))} ${kind}${field === undefined ? "" : ` ${plain(field)}`}${values}`;
  const place = source === undefined ? "" : colors.dim(`  ${plain(source.file)}:${source.line}`);
  return [
    `${title}${place}`,
    ...effects.map((effect) => `             ${plain(effect)}`),
    ...advice.map((each) => `             ${colors.cyan("instead")} ${plain(each)}`),
    ...(reviewers.length === 0 ? [] : [`             ${colors.cyan("approval of")} ${plain(reviewers.join(", "))}`]),
  ];
}

function shown(value: string | number | undefined): string {
  const text = value === undefined ? "–" : plain(String(value));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function paint(colors: Colors, hazard: Hazard): (text: string) => string {
  return { safe: colors.green, approval: colors.yellow, irreversible: colors.magenta, refused: colors.red }[hazard];
}

/** `topics +1 ~2 -0, access rules +4`, without unchanged kinds. */
export function countsLine(counts: DeltaCounts): string {
  const names: readonly [keyof DeltaCounts, string][] = [
    ["topics", "topics"],
    ["subjects", "schemas"],
    ["acls", "access rules"],
    ["quotas", "quotas"],
    ["principals", "users"],
  ];
  return names
    .flatMap(([key, name]) => {
      const { created, changed, deleted } = counts[key];
      const parts = [
        created > 0 ? `+${created}` : "",
        changed > 0 ? `~${changed}` : "",
        deleted > 0 ? `-${deleted}` : "",
      ].filter((part) => part !== "");
      return parts.length === 0 ? [] : [`${name} ${parts.join(" ")}`];
    })
    .join(", ");
}

/** Rows of the capacity table: name, before, after, limit, used, with one zone lost. */
export function capacityRows({ before, after }: CapacityComparison): string[][] {
  const old = new Map(before.perBroker.map((figure) => [figure.resource, figure]));
  return after.perBroker.map(({ resource, value, limit, afterZoneLoss, basis }) => {
    const { name, text } = resourceTexts[resource];
    const was = old.get(resource)?.value;
    return [
      `${name}${basis === "ceiling" ? " (at most)" : ""}`,
      was === undefined ? "–" : text(was),
      text(value),
      limit === undefined ? "–" : text(limit),
      limit === undefined ? "–" : percent(value / limit),
      afterZoneLoss === undefined
        ? "–"
        : `${text(afterZoneLoss)}${limit === undefined ? "" : ` (${percent(afterZoneLoss / limit)})`}`,
    ];
  });
}

/** Rows of the teams' table: each team whose use changes or that has a budget, including a team without remaining topics. */
export function teamRows({ before, after }: CapacityComparison): string[][] {
  const byName = (teams: readonly TeamFigure[]): Map<string, TeamFigure> =>
    new Map(teams.map((team) => [team.team, team]));
  const [old, fresh] = [byName(before.teams), byName(after.teams)];
  const rate = resourceTexts["network-in"].text;
  return sortedSet([...old.keys(), ...fresh.keys()]).flatMap((name) => {
    const was = old.get(name);
    const team = fresh.get(name) ?? { team: name, partitions: 0, rate: 0, basis: "declared" as const };
    const budgeted = team.partitionBudget !== undefined || team.rateBudget !== undefined;
    if (!budgeted && was?.partitions === team.partitions && was.rate === team.rate) return [];
    return [
      [
        name,
        String(was?.partitions ?? 0),
        String(team.partitions),
        String(team.partitionBudget ?? "–"),
        rate(was?.rate ?? 0),
        `${rate(team.rate)}${team.basis === "ceiling" ? " at most" : ""}`,
        team.rateBudget === undefined ? "–" : rate(team.rateBudget),
      ],
    ];
  });
}

/** Titles of {@link capacityRows}. */
export const capacityTitles = ["PER BROKER", "BEFORE", "AFTER", "LIMIT", "USED", "ONE ZONE LOST"];
/** Titles of {@link teamRows}. */
export const teamTitles = ["TEAM", "PARTITIONS", "AFTER", "BUDGET", "WRITES", "AFTER", "BUDGET"];

function capacityTable(capacity: CapacityComparison): string {
  const columns = capacityTitles.map((title, index) => ({
    title,
    align: index === 0 ? ("left" as const) : ("right" as const),
  }));
  return `${renderTable(columns, capacityRows(capacity))}\n${summary(capacity.after)}`;
}

function teamTable(capacity: CapacityComparison): string | undefined {
  const rows = teamRows(capacity);
  return rows.length === 0
    ? undefined
    : renderTable(
        teamTitles.map((title, index) => ({ title, align: index === 0 ? "left" : "right" })),
        rows,
      );
}

/** The cluster in one line. */
export function summary({
  brokers,
  zones,
  topics,
  partitions,
  replicas,
  unboundedTopics,
  stoppedByZoneLoss,
}: Capacity): string {
  const unbounded = unboundedTopics === 0 ? "" : `; ${unboundedTopics} of unbounded size not counted on disk`;
  const stopped =
    stoppedByZoneLoss.length === 0 ? "" : `; ${stoppedByZoneLoss.length} can't be written with a zone lost`;
  return `${brokers} brokers in ${zones} zones, ${topics} topics, ${partitions} partitions, ${replicas} replicas${unbounded}${stopped}`;
}
