/** Output of `kit import` for people and programs. */
import { BEGUN_TOPICS_VARIABLE } from "../../components/kafka/begun-topics.ts";
import { counted } from "../../components/plan/diff/words.ts";
import type { CommandContext } from "../context.ts";
import { unifiedDiff } from "../new-service/unified-diff.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { forTerminal } from "../terminal/terminal-text.ts";
import type { ImportOutcome } from "./import.ts";

const SHOWN = 100;

/** The JSON document: `{stack, dryRun, topics, leftOut, notes, created, changed: [{path, diff}], effects, adoptFile}`. */
export function importDocument({
  stack,
  dryRun,
  topics,
  leftOut,
  notes,
  files,
  effects,
  adoptFile,
}: ImportOutcome): object {
  return {
    stack,
    dryRun,
    topics,
    leftOut,
    notes,
    effects,
    created: files.created.map(({ path }) => path),
    changed: files.changed.map(({ path, before, after }) => ({ path, diff: unifiedDiff(path, before, after) })),
    adoptFile: adoptFile ?? null,
  };
}

/** Writes the outcome as text and tables. */
export function writeImport(context: CommandContext, outcome: ImportOutcome): void {
  const { topics, leftOut, notes, files, effects, dryRun } = forTerminal(outcome);
  const colors = colorsFor(context.stdout, context.env);
  const write = (text: string): void => void context.stdout.write(`${text}\n`);
  if (topics.length === 0) write("Nothing to import: every topic that was asked for is declared, or can't be.");
  else {
    write(`${dryRun ? "Would import" : "Imported"} ${colors.bold(counted(topics.length, "topic"))}\n`);
    const rows = topics
      .slice(0, SHOWN)
      .map(({ name, domain, partitions, events, producers, consumers }) => [
        name,
        domain,
        String(partitions),
        list(events.map(({ type }) => type)),
        list(producers.map(({ service }) => service)),
        list(consumers.map(({ service }) => service)),
      ]);
    write(
      renderTable(
        ["topic", "domain", "partitions", "events", "writers", "readers"].map((title) => ({ title })),
        rows,
      ),
    );
    if (topics.length > SHOWN) write(`and ${topics.length - SHOWN} more; --json has all`);
  }
  section(
    write,
    colors.bold("Left out"),
    leftOut.map(({ object, reason }) => `${object}: ${reason}`),
  );
  section(write, colors.bold("To look at"), notes);
  section(
    write,
    colors.bold("What the next up changes on the cluster"),
    effects.map(({ class: kind, kind: what, object, field, declared, live }) =>
      kind === "missing"
        ? `new ${what} ${object}`
        : `${what} ${object}: ${field ?? ""} ${live ?? ""} → ${declared ?? ""}`,
    ),
  );
  section(write, colors.bold("Files"), [
    ...files.changed.map(({ path }) => `${path} (added to)`),
    ...files.created.map(({ path }) => path),
  ]);
  if (topics.length > 0) write(`\n${dryRun ? "Nothing was written. Without --dry-run it is." : next(outcome)}`);
}

function next({ stack, adoptFile }: ImportOutcome): string {
  const apply =
    adoptFile === undefined ? "`npx kit up`" : `\`${BEGUN_TOPICS_VARIABLE}=${adoptFile} pulumi up -s ${stack}\``;
  return `Next: fill in the descriptions, \`npx kit check\`, then ${apply}, which takes the topics over as they are.`;
}

function section(write: (text: string) => void, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  write(`\n${title}`);
  for (const line of lines.slice(0, SHOWN)) write(`  ${line}`);
  if (lines.length > SHOWN) write(`  and ${lines.length - SHOWN} more; --json has all`);
}

function list(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")}, …` : names.join(", ");
}
