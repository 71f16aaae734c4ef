/** Dead-letter records as text for the terminal and as JSON documents. */
import type { CommandContext } from "../context.ts";
import { colorsFor, renderTable } from "../terminal/output.ts";
import { formatAge } from "../terminal/quantities.ts";
import { forTerminal, terminalText } from "../terminal/terminal-text.ts";
import { adviceFor, nextSteps } from "./advice.ts";
import type { Content } from "./content.ts";
import { writeContent } from "./content-report.ts";
import type { DeadLetterRecord } from "./dead-letter-records.ts";
import { replayHeaders } from "./dead-letter-records.ts";
import type { DeadLetter } from "./dead-letters.ts";
import { needsWork } from "./dead-letters.ts";
import type { Aftermath, Replayed } from "./resolve.ts";

/** Longest message in a table, in characters. */
const MESSAGE_COLUMN = 60;
/** Digits of an id in a table; the commands accept such a prefix. */
const SHORT_ID = 13;

/** Document of `kit dlt list --json`. */
export function listDocument(deadLetters: readonly DeadLetter[], all: boolean): object {
  const shown = deadLetters.filter(({ state }) => all || needsWork(state));
  const groups = [
    ...Map.groupBy(
      deadLetters.filter(({ state }) => needsWork(state)),
      ({ group }) => group,
    ),
  ].map(([group, open]) => [group, open.length]);
  return {
    letters: shown,
    summary: {
      shown: shown.length,
      open: deadLetters.filter(({ state }) => needsWork(state)).length,
      byGroup: Object.fromEntries(groups),
    },
  };
}

/** Writes dead-letter records by group, the oldest first. */
export function writeList(context: CommandContext, found: readonly DeadLetter[], all: boolean): void {
  const deadLetters = forTerminal(found.map((deadLetter) => ({ ...deadLetter, message: shorten(deadLetter.message) })));
  const colors = colorsFor(context.stdout, context.env);
  const shown = deadLetters.filter(({ state }) => all || needsWork(state));
  const resolved = deadLetters.length - deadLetters.filter(({ state }) => needsWork(state)).length;
  if (shown.length === 0) {
    context.stdout.write(
      `${colors.green("No open dead-letter records")}${resolved === 0 ? "" : `; ${resolved} are resolved (--all shows them)`}.\n`,
    );
    return;
  }
  for (const [group, ofGroup] of [...Map.groupBy(shown, ({ group }) => group)].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    const open = ofGroup.filter(({ state }) => needsWork(state)).length;
    context.stdout.write(`${colors.bold(group)}: ${open === 0 ? "none open" : colors.red(`${open} open`)}\n`);
    const rows = ofGroup.map((deadLetter) => [
      deadLetter.letterId.slice(0, SHORT_ID),
      ...(all
        ? [
            deadLetter.state === "open" || deadLetter.state === "in-doubt"
              ? colors.red(deadLetter.state)
              : deadLetter.state,
          ]
        : []),
      formatAge(deadLetter.ageMs),
      `${deadLetter.origin.topic}/${deadLetter.origin.partition}@${deadLetter.origin.offset}`,
      deadLetter.eventType,
      deadLetter.code,
      String(deadLetter.attempts),
      deadLetter.message,
    ]);
    const columns = ["RECORD", ...(all ? ["STATE"] : []), "AGE", "ORIGIN", "EVENT", "CODE", "TRIES", "MESSAGE"].map(
      (title) => ({ title, ...(title === "AGE" || title === "TRIES" ? { align: "right" as const } : {}) }),
    );
    context.stdout.write(`${renderTable(columns, rows)}\n\n`);
  }
  const [first] = shown;
  context.stdout.write(
    `Next:\n  npx kit dlt show ${first?.letterId.slice(0, SHORT_ID) ?? "RECORD"}\n  npx kit dlt replay --group ${first?.group ?? "GROUP"} --all-open --dry-run\n`,
  );
}

function shorten(message: string): string {
  const line = message.replaceAll(/\s+/gu, " ");
  return line.length <= MESSAGE_COLUMN ? line : `${line.slice(0, MESSAGE_COLUMN - 1)}…`;
}

/** Document of `kit dlt show --json`. */
export function deadLetterDocument(
  deadLetter: DeadLetter,
  record: DeadLetterRecord | undefined,
  content: Content | undefined,
): object {
  return {
    ...deadLetter,
    advice: adviceFor(deadLetter),
    record:
      record === undefined
        ? null
        : {
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            key: record.key?.toString("utf8") ?? null,
            headers: Object.fromEntries(record.headers.map(([name, value]) => [name, value.toString("utf8")])),
          },
    content: content ?? null,
    next: nextSteps(deadLetter),
  };
}

/** Writes everything that is known of a dead-letter record, and the possible actions. */
export function writeDeadLetter(
  context: CommandContext,
  found: DeadLetter,
  record: DeadLetterRecord | undefined,
  content: Content | undefined,
): void {
  const deadLetter = forTerminal(found);
  const colors = colorsFor(context.stdout, context.env);
  const { stdout } = context;
  const title = (text: string): void => void stdout.write(`\n${colors.bold(text)}\n`);
  const { origin } = deadLetter;
  stdout.write(
    `${colors.bold(`Dead-letter record ${deadLetter.letterId}`)}: ${needsWork(deadLetter.state) ? colors.red(deadLetter.state) : colors.green(deadLetter.state)}\n`,
  );
  stdout.write(
    `${renderTable(
      [{ title: "" }, { title: "" }],
      [
        ["group", deadLetter.group],
        ["origin", `${origin.topic}, partition ${origin.partition}, offset ${origin.offset}`],
        ["event", `${deadLetter.eventType} ${deadLetter.eventId ?? "(no event-id)"}`],
        [
          "failed",
          `${deadLetter.failedAt} (${formatAge(deadLetter.ageMs)} ago) after ${deadLetter.attempts} ${deadLetter.attempts === 1 ? "attempt" : "attempts"}`,
        ],
        ...(deadLetter.replayOf === undefined ? [] : [["replay of", deadLetter.replayOf]]),
        ...(deadLetter.failedAgainAs === undefined ? [] : [["failed again as", deadLetter.failedAgainAs]]),
      ],
    )
      .split("\n")
      .slice(1)
      .join("\n")}\n`,
  );
  title("Error");
  stdout.write(
    `  ${colors.red(deadLetter.code)}: ${deadLetter.message}\n  ${colors.cyan("fix")}: ${adviceFor(deadLetter)}\n`,
  );
  if (record === undefined) {
    title("Record");
    stdout.write(
      `  ${colors.red("gone")}: the dead-letter topic no longer has the record, so it cannot be replayed.\n`,
    );
  } else {
    title(`Record (${terminalText(record.topic)}, partition ${record.partition}, offset ${record.offset})`);
    stdout.write(`  key  ${terminalText(record.key?.toString("utf8") ?? "(none)")}\n`);
    for (const [name, value] of record.headers)
      stdout.write(`  ${colors.dim(terminalText(name))}  ${terminalText(value.toString("utf8"))}\n`);
  }
  if (content !== undefined) writeContent(context, record?.value ?? undefined, content);
  title("Audit trail");
  if (deadLetter.actions.length === 0) stdout.write("  no action yet\n");
  for (const { at, action, actor, reason, written } of deadLetter.actions) {
    const place =
      action === "replay"
        ? `, ${written === undefined ? colors.red("in doubt: started, but the write was not confirmed") : `written to ${written.topic}/${written.partition}@${written.offset}`}`
        : "";
    stdout.write(`  ${at}  ${action} by ${actor ?? "unknown"}${place}${reason === undefined ? "" : `: ${reason}`}\n`);
  }
  title("Possible actions");
  for (const { command, purpose } of nextSteps(deadLetter)) stdout.write(`  ${command}\n    ${colors.dim(purpose)}\n`);
}

/** Writes what a replay or a discard would do. */
export function writeDryRun(
  context: CommandContext,
  action: "replay" | "discard",
  deadLetters: readonly DeadLetter[],
  records: ReadonlyMap<string, DeadLetterRecord>,
): void {
  const rows = forTerminal(deadLetters).map((deadLetter) => {
    const record = records.get(deadLetter.letterId);
    const headers = record === undefined ? 0 : replayHeaders(deadLetter, record).size;
    return [
      deadLetter.letterId.slice(0, SHORT_ID),
      deadLetter.group,
      deadLetter.eventType,
      deadLetter.code,
      ...(action === "replay"
        ? [
            `${deadLetter.origin.topic}/${deadLetter.origin.partition}`,
            terminalText(record?.key?.toString("utf8") ?? ""),
            `${record?.value?.length ?? 0} bytes, ${headers} headers`,
          ]
        : []),
    ];
  });
  const titles = ["RECORD", "GROUP", "EVENT", "CODE", ...(action === "replay" ? ["TO", "KEY", "CONTENT"] : [])];
  context.stdout.write(
    `${renderTable(
      titles.map((title) => ({ title })),
      rows,
    )}\n\nDry run: nothing was written. ${deadLetters.length} dead-letter ${deadLetters.length === 1 ? "record" : "records"} would be ${action === "replay" ? "replayed, only for the named group" : "discarded"}.\n`,
  );
}

/** Writes the target and the outcome of each replay. */
export function writeReplayed(
  context: CommandContext,
  replayed: readonly Replayed[],
  aftermaths: ReadonlyMap<string, Aftermath>,
): void {
  const colors = colorsFor(context.stdout, context.env);
  const rows = forTerminal(replayed).map(({ letter, topic, partition, offset }) => {
    const aftermath = forTerminal(aftermaths.get(letter.letterId));
    const words =
      aftermath === undefined || aftermath.outcome === "not-taken-up"
        ? colors.yellow("not consumed yet")
        : aftermath.outcome === "applied"
          ? colors.green("applied")
          : `${colors.red("failed again")} as ${aftermath.letterId.slice(0, SHORT_ID)} (${aftermath.code})`;
    return [
      letter.letterId.slice(0, SHORT_ID),
      letter.group,
      letter.eventType,
      `${topic}/${partition}@${offset}`,
      words,
    ];
  });
  context.stdout.write(
    `${renderTable([{ title: "RECORD" }, { title: "GROUP" }, { title: "EVENT" }, { title: "WRITTEN TO" }, { title: "OUTCOME" }], rows)}\n`,
  );
}
