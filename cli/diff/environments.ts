/** `kit diff --stack A --stack B`: what differs between two environments of one tree. */
import { readModel } from "../../components/model/read.ts";
import { ReadingCache } from "../../components/model/reading-cache.ts";
import { compareEnvironments, type EnvironmentComparison } from "../../components/plan/diff/environments.ts";
import { platformState } from "../../components/plan/diff/state.ts";
import type { CommandContext } from "../context.ts";
import { invalidModel } from "../declaration-problems.ts";
import { KitError } from "../errors.ts";
import { colorsFor, renderTable } from "../output.ts";
import { locateTree, readTree, workingTree } from "./declared-tree.ts";
import { markdownText, plain } from "./escaping.ts";

/** Topics named per field in the table; JSON has all. */
const examples = 3;

/**
 * Reads one tree for two stacks and compares them.
 * @param head - A commit's name or a folder. Default: the working tree.
 * @throws KitError `KIT_UNKNOWN_STACK`, `KIT_MODEL_INVALID`.
 */
export async function runEnvironmentDiff(context: CommandContext, stacks: readonly [string, string], head: string | undefined): Promise<EnvironmentComparison> {
  const git = { projectDir: context.projectDir, env: context.env };
  const source = head === undefined ? workingTree(context.projectDir) : await locateTree(git, head);
  const tree = await readTree(git, source, stacks);
  const cache = new ReadingCache();
  const [first, second] = stacks.map((stack) => {
    const file = tree.stacks.get(stack);
    if (file === undefined || ("refused" in file && file.refused === "not-found")) throw new KitError("KIT_UNKNOWN_STACK", `${stack} in ${source.label}`);
    const read = readModel(tree.files, file, cache);
    if (read.ok) return platformState(read.value.model, read.value.stack, stack);
    throw invalidModel(context, read.problems, head === undefined ? undefined : source.label);
  });
  if (first === undefined || second === undefined) throw new Error("two stacks are compared");
  return compareEnvironments(first, second);
}

/** Titles and rows of the comparison's tables, one after the other. */
function tablesOf({ stacks, settings, consequences, topics }: EnvironmentComparison): { titles: string[]; rows: string[][] }[] {
  const [first, second] = stacks;
  const byField = [...Map.groupBy(topics, ({ field }) => field)];
  return [
    { titles: ["SETTING", first, second], rows: settings.map((row) => [row.what, row.first ?? "–", row.second ?? "–"]) },
    { titles: ["WHAT FOLLOWS", first, second], rows: consequences.map((row) => [row.what, row.first ?? "–", row.second ?? "–"]) },
    {
      titles: ["TOPICS", first, second],
      rows: byField.flatMap(([field, same]) => [
        ...same.slice(0, examples).map((each) => [`${each.topic} ${field}`, each.first, each.second]),
        ...(same.length > examples ? [[`and ${same.length - examples} more topics with another ${field}`, "", ""]] : []),
      ]),
    },
  ].filter(({ rows }) => rows.length > 0);
}

/** Writes the comparison for a terminal. */
export function writeEnvironmentReport(context: CommandContext, comparison: EnvironmentComparison): void {
  const colors = colorsFor(context.stdout, context.env);
  const [first, second] = comparison.stacks;
  context.stdout.write(`${colors.bold(`${first} and ${second}`)}${comparison.settings.length === 0 ? ": no setting differs" : ""}\n`);
  for (const { titles, rows } of tablesOf(comparison)) {
    context.stdout.write(`\n${renderTable(titles.map((title) => ({ title })), rows.map((row) => row.map(plain)))}\n`);
  }
}

/** The comparison as Markdown tables. */
export function environmentMarkdown(comparison: EnvironmentComparison): string {
  const [first, second] = comparison.stacks;
  const tables = tablesOf(comparison).map(({ titles, rows }) => [`| ${titles.map((title) => title.toLowerCase()).join(" | ")} |`, `|${"---|".repeat(titles.length)}`, ...rows.map((row) => `| ${row.map(markdownText).join(" | ")} |`)].join("\n"));
  return `${[`## ${first} and ${second}`, ...tables].join("\n\n")}\n`;
}
