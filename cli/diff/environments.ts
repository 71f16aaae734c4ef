/** `kit diff --stack A --stack B`: the differences between two environments of one tree. */
import { readModel } from "../../components/model/read.ts";
import { ReadingCache } from "../../components/model/topics/reading-cache.ts";
import type { Model } from "../../components/model/types.ts";
import { compareEnvironments, type EnvironmentComparison } from "../../components/plan/diff/environments.ts";
import type { Lead } from "../../components/plan/diff/promotion.ts";
import { platformState } from "../../components/plan/diff/state.ts";
import { counted } from "../../components/plan/diff/words.ts";
import type { CommandContext } from "../context.ts";
import { invalidModel } from "../declaration/declaration-problems.ts";
import { todayOf } from "../declaration/today.ts";
import { KitError } from "../errors.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { locateTree, readTree, workingTree } from "./declared-tree.ts";
import { markdownText, plain } from "./escaping.ts";

/** Maximum number of topics per field in the table; JSON lists all. */
const examples = 3;

/**
 * Reads one tree for two stacks and compares them.
 * @param head - A commit's name or a folder. Default: the working tree.
 * @throws KitError `KIT_UNKNOWN_STACK`, `KIT_MODEL_INVALID`.
 */
export async function runEnvironmentDiff(
  context: CommandContext,
  stacks: readonly [string, string],
  head: string | undefined,
): Promise<EnvironmentComparison> {
  const git = { projectDir: context.projectDir, env: context.env };
  const source = head === undefined ? workingTree(context.projectDir) : await locateTree(git, head);
  const tree = await readTree(git, source, stacks);
  const cache = new ReadingCache();
  let whole: Model = { domains: [] };
  const [first, second] = stacks.map((stack) => {
    const file = tree.stacks.get(stack);
    if (file === undefined || ("refused" in file && file.refused === "not-found"))
      throw new KitError("KIT_UNKNOWN_STACK", `${stack} in ${source.label}`);
    const read = readModel(tree.files, file, { cache, stacks: tree.stackNames });
    if (read.ok) {
      ({ whole } = read.value);
      return platformState(read.value.model, read.value.stack, stack);
    }
    throw invalidModel(context, read.problems, head === undefined ? undefined : source.label);
  });
  if (first === undefined || second === undefined) throw new Error("two stacks are compared");
  return compareEnvironments(first, second, whole, todayOf(context));
}

/** Titles and rows of the comparison's tables, one after the other. */
function tablesOf({
  stacks,
  settings,
  consequences,
  topics,
}: EnvironmentComparison): { titles: string[]; rows: string[][] }[] {
  const [first, second] = stacks;
  const byField = [...Map.groupBy(topics, ({ field }) => field)];
  return [
    {
      titles: ["SETTING", first, second],
      rows: settings.map((row) => [row.what, row.first ?? "–", row.second ?? "–"]),
    },
    {
      titles: ["WHAT FOLLOWS", first, second],
      rows: consequences.map((row) => [row.what, row.first ?? "–", row.second ?? "–"]),
    },
    {
      titles: ["TOPICS", first, second],
      rows: byField.flatMap(([field, same]) => [
        ...same.slice(0, examples).map((each) => [`${each.topic} ${field}`, each.first, each.second]),
        ...(same.length > examples
          ? [[`and ${same.length - examples} more topics with another ${field}`, "", ""]]
          : []),
      ]),
    },
  ].filter(({ rows }) => rows.length > 0);
}

/** `staging is ahead of prod by 1 topic and 2 settings; promoting all of it needs approval of checkout`. */
function leadLine({ stack, behind, rows, verdict, reviewers }: Lead): string {
  const topics = rows.filter(({ field }) => field === undefined).length;
  const parts = [
    ...(topics === 0 ? [] : [counted(topics, "topic")]),
    ...(rows.length === topics ? [] : [counted(rows.length - topics, "setting")]),
  ];
  const of = reviewers.length === 0 ? "" : ` of ${reviewers.join(", ")}`;
  const judged = {
    safe: "is safe",
    approval: `needs approval${of}`,
    irreversible: `can't be taken back, and needs approval${of}`,
    refused: "would be refused",
  }[verdict];
  return `${stack} is ahead of ${behind} by ${parts.join(" and ")}; promoting all of it ${judged}`;
}

function leadTitles({ stack, behind }: Lead): string[] {
  return ["AHEAD BY", stack, behind, `FOR ${behind}`, "TO PROMOTE, WRITE"];
}

function leadRows({ rows }: Lead): string[][] {
  return rows.map(({ topic, field, here, there, hazard, effects, write }) => [
    field === undefined ? topic : `${topic} ${field}`,
    here,
    there,
    hazard === "safe" || effects[0] === undefined ? hazard : `${hazard}: ${effects[0]}`,
    write,
  ]);
}

/** Writes the comparison for a terminal. */
export function writeEnvironmentReport(context: CommandContext, comparison: EnvironmentComparison): void {
  const colors = colorsFor(context.stdout, context.env);
  const [first, second] = comparison.stacks;
  context.stdout.write(
    `${colors.bold(`${first} and ${second}`)}${comparison.settings.length === 0 ? ": no setting differs" : ""}\n`,
  );
  for (const lead of comparison.ahead)
    context.stdout.write(
      `\n${leadLine(lead)}\n${renderTable(
        leadTitles(lead).map((title) => ({ title })),
        leadRows(lead).map((row) => row.map(plain)),
      )}\n`,
    );
  for (const { titles, rows } of tablesOf(comparison)) {
    context.stdout.write(
      `\n${renderTable(
        titles.map((title) => ({ title })),
        rows.map((row) => row.map(plain)),
      )}\n`,
    );
  }
}

/** The comparison as Markdown tables. */
export function environmentMarkdown(comparison: EnvironmentComparison): string {
  const [first, second] = comparison.stacks;
  const tables = tablesOf(comparison).map(({ titles, rows }) =>
    [
      `| ${titles.map((title) => title.toLowerCase()).join(" | ")} |`,
      `|${"---|".repeat(titles.length)}`,
      ...rows.map((row) => `| ${row.map(markdownText).join(" | ")} |`),
    ].join("\n"),
  );
  const leads = comparison.ahead.flatMap((lead) => [
    markdownText(leadLine(lead)),
    [
      `| ${leadTitles(lead)
        .map((title) => markdownText(title.toLowerCase()))
        .join(" | ")} |`,
      `|${"---|".repeat(5)}`,
      ...leadRows(lead).map((row) => `| ${row.map(markdownText).join(" | ")} |`),
    ].join("\n"),
  ]);
  return `${[`## ${first} and ${second}`, ...leads, ...tables].join("\n\n")}\n`;
}
