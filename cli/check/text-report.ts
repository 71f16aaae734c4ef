import { counted } from "../../components/plan/diff/words.ts";
import { catalogue } from "../../policies/catalogue.ts";
import type { Finding } from "../../policies/finding.ts";
import { plain } from "../../policies/plain-text.ts";
import type { Level } from "../../policies/rule.ts";
import type { colorsFor } from "../terminal/output.ts";
import type { CheckOutcome } from "./check-project.ts";

type Colors = ReturnType<typeof colorsFor>;

/** Widest excerpt of a line, in characters. */
const width = 110;
/**
 * Maximum number of findings of one rule that are shown in full, unless they are errors: a project that adopts a rule may have
 * thousands.
 */
const shownOfRule = 20;

/**
 * Findings for people: by file, each with its location, the line, a caret and the fix. Text from files is shown without control
 * characters. Findings that are not errors are only counted after the {@link shownOfRule}th of a rule.
 */
export function textReport({ stack, result, texts }: CheckOutcome, colors: Colors, verbose: boolean): string {
  const told = result.findings.filter(({ level }) => verbose || level !== "info");
  const [seen, left] = [new Map<string, number>(), new Map<string, number>()];
  const shown = told.filter(({ rule, level }) => {
    const before = seen.get(rule) ?? 0;
    seen.set(rule, before + 1);
    if (verbose || level === "error" || before < shownOfRule) return true;
    left.set(rule, (left.get(rule) ?? 0) + 1);
    return false;
  });
  const lines: string[] = [];
  const linesOf = new Map<string, readonly string[]>();
  for (const [file, findings] of Map.groupBy(shown, ({ file }) => file)) {
    lines.push(colors.bold(plain(file)));
    const text = texts.get(file);
    if (text !== undefined) linesOf.set(file, text.split("\n"));
    for (const finding of findings) lines.push(...describe(finding, linesOf.get(file), colors, verbose));
    lines.push("");
  }
  if (verbose && result.excepted.length > 0) {
    lines.push(colors.bold("excepted"));
    for (const { rule, object, message } of result.excepted)
      lines.push(`  ${rule}  ${plain(object ?? "")}  ${colors.dim(plain(message))}`);
    lines.push("");
  }
  for (const [rule, count] of left) lines.push(`and ${count} more of [${rule}]; --verbose shows all`);
  if (left.size > 0) lines.push("");
  const hidden = result.findings.length - told.length;
  const { errors, warnings, files, topics, manifests } = result.summary;
  const verdict = [
    counted(errors, "error"),
    counted(warnings, "warning"),
    ...(hidden > 0 ? [`${hidden} informative (--verbose)`] : []),
    ...(result.excepted.length > 0 ? [`${result.excepted.length} excepted`] : []),
  ].join(", ");
  const colour = errors > 0 ? colors.red : warnings > 0 ? colors.yellow : colors.green;
  lines.push(
    `${colour(verdict)} in ${counted(files, "file")}, ${counted(topics, "topic")}${manifests === undefined ? "" : `, ${counted(manifests, "manifest")}`}, for the stack ${stack}`,
  );
  return `${lines.join("\n")}\n`;
}

function describe(finding: Finding, lines: readonly string[] | undefined, colors: Colors, verbose: boolean): string[] {
  const { rule, level, line, column, message, fix, object } = finding;
  const colour = colourOf(level, colors);
  const about = object === undefined ? "" : ` ${colors.dim(plain(object))}`;
  const text = [`  ${line}:${column}  ${colour(level)}  ${plain(message)}  ${colors.dim(`[${rule}]`)}${about}`];
  const excerpt = lines === undefined ? undefined : excerptOf(lines[line - 1], column);
  if (excerpt !== undefined)
    text.push(
      `    ${colors.dim("|")} ${excerpt.text}`,
      `    ${colors.dim("|")} ${" ".repeat(excerpt.caret)}${colour("^")}`,
    );
  if (fix !== undefined) text.push(`    ${colors.cyan("fix")}: ${plain(fix)}`);
  if (verbose) text.push(`    ${colors.dim(`why: ${catalogue.get(rule)?.rationale ?? ""}`)}`);
  return text;
}

/** The part of a line around a column. Tabs become blanks, so that the caret is in the right column. */
function excerptOf(
  line: string | undefined,
  column: number,
): { readonly text: string; readonly caret: number } | undefined {
  if (line === undefined || line.trim() === "") return undefined;
  const clean = plain(line.replaceAll("\t", " ").replace(/\r$/, ""));
  const from = column > width - 20 ? column - 40 : 0;
  const part = clean.slice(from, from + width);
  return {
    text: `${from > 0 ? "…" : ""}${part}${clean.length > from + width ? "…" : ""}`,
    caret: column - 1 - from + (from > 0 ? 1 : 0),
  };
}

function colourOf(level: Level, colors: Colors): (text: string) => string {
  return level === "error" ? colors.red : level === "warning" ? colors.yellow : colors.cyan;
}
