/** The verdict for people: one line per invariant, then the violations, then the groups. */
import type { CommandContext } from "../context.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { formatElapsed } from "../terminal/quantities.ts";
import { forTerminal } from "../terminal/terminal-text.ts";
import type { Figures, JudgedInvariant } from "./verdict.ts";
import type { VerifyDocument } from "./verify-platform.ts";

/** Ids of the invariants whose figures are by group. */
const CONSUMED = 7;
const LAG = 10;

/** Writes the verdict to stdout. */
export function writeVerdict(context: CommandContext, judged: VerifyDocument): void {
  const document = forTerminal(judged);
  const colors = colorsFor(context.stdout, context.env);
  const { stdout } = context;
  const rows = document.invariants.map((invariant) => [
    String(invariant.id),
    invariant.holds ? colors.green("holds") : colors.red("BROKEN"),
    invariant.name,
    figuresLine(invariant.figures),
  ]);
  stdout.write(
    `${renderTable([{ title: "#", align: "right" }, { title: "VERDICT" }, { title: "INVARIANT" }, { title: "FIGURES" }], rows)}\n`,
  );
  writeGroups(context, document);
  for (const { id, name, notes } of document.invariants) {
    if (notes.length > 0)
      stdout.write(`\n${colors.dim(`${id} ${name}`)}\n${notes.map((note) => `  ${note}`).join("\n")}\n`);
  }
  for (const invariant of document.invariants) if (!invariant.holds) writeViolations(context, invariant);
  const { settlement, elapsedMs } = document;
  if (settlement !== undefined && !settlement.settled) {
    stdout.write(
      `\n${colors.yellow(`Not at rest after ${formatElapsed(settlement.waitedMs)}`)}, judged as it was: ${settlement.open.join("; ")}\n`,
    );
  }
  const broken = document.invariants.filter(({ holds }) => !holds);
  const words = document.holds
    ? colors.green("All invariants hold")
    : colors.red(
        `${broken.length} of ${document.invariants.length} invariants broken: ${broken.map(({ id }) => id).join(", ")}`,
      );
  stdout.write(
    `\n${words} (waited ${formatElapsed(elapsedMs.settle)}, collected in ${formatElapsed(elapsedMs.collect)}, judged in ${formatElapsed(elapsedMs.judge)})\n`,
  );
}

function writeViolations(context: CommandContext, { id, name, violations, problems }: JudgedInvariant): void {
  const colors = colorsFor(context.stdout, context.env);
  context.stdout.write(
    `\n${colors.red(`${id} ${name}`)}: ${violations} ${violations === 1 ? "violation" : "violations"}\n`,
  );
  for (const { subject, message } of problems) context.stdout.write(`  ${colors.bold(subject)} ${message}\n`);
  if (violations > problems.length) context.stdout.write(`  and ${violations - problems.length} more\n`);
}

/** Outcomes of each group's records. */
function writeGroups(context: CommandContext, { invariants }: VerifyDocument): void {
  const consumed = invariants.find(({ id }) => id === CONSUMED)?.figures ?? {};
  const lag = invariants.find(({ id }) => id === LAG)?.figures.byGroup;
  const groups = Object.entries(consumed).flatMap(([group, figures]) =>
    typeof figures === "number" ? [] : [{ group, figures }],
  );
  if (groups.length === 0) return;
  const names = [...new Set(groups.flatMap(({ figures }) => Object.keys(figures)))];
  const rows = groups.map(({ group, figures }) => [
    group,
    ...names.map((name) => count(figures[name] ?? 0)),
    count(typeof lag === "object" ? (lag[group] ?? 0) : 0),
  ]);
  const columns = [
    { title: "GROUP" },
    ...[...names, "lag"].map((name) => ({ title: words(name).toUpperCase(), align: "right" as const })),
  ];
  context.stdout.write(`\n${renderTable(columns, rows)}\n`);
}

/** Figures in one line: the first always, others if they are not zero. */
function figuresLine(figures: Figures): string {
  const plain = Object.entries(figures).flatMap(([name, value]) =>
    typeof value === "number" ? [[name, value] as const] : [],
  );
  return plain
    .filter(([, value], place) => value !== 0 || place === 0)
    .map(([name, value]) => `${count(value)} ${words(name)}`)
    .join(", ");
}

function count(value: number): string {
  return value.toLocaleString("en");
}

/** `waitingForRetry` as `waiting for retry`. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (deadLetter) => ` ${deadLetter.toLowerCase()}`);
}
