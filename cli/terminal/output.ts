import Table from "cli-table3";
import picocolors from "picocolors";
import type { CommandContext } from "../context.ts";
import type { ErrorReport } from "../errors.ts";
import { colouredText, terminalJson, terminalLines } from "./terminal-text.ts";

/** The colours of one stream. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** Colours for a stream: only on a terminal, never with `NO_COLOR` or `TERM=dumb`. */
export function colorsFor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Colors {
  const wanted = stream.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
  return picocolors.createColors(wanted);
}

/** Writes one JSON document, indented, with a line end. It contains every text exactly; control characters are escaped. */
export function writeJson(context: CommandContext, document: unknown): void {
  context.stdout.write(`${terminalJson(JSON.stringify(document, null, 2))}\n`);
}

const NO_BORDERS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Format of a column. */
export interface Column {
  readonly title: string;
  /** Default: left. */
  readonly align?: "left" | "right";
}

/**
 * A table as text, without borders, without trailing blanks, with only the colours of the cells. Other control characters in
 * cells are escaped.
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: columns.map((column) => column.title),
    colAligns: columns.map((column) => column.align ?? "left"),
    chars: NO_BORDERS,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => row.map(colouredText)));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Shows an error on stderr: code and message, then the fix. */
export function writeError(context: CommandContext, report: ErrorReport, cause: unknown): void {
  const colors = colorsFor(context.stderr, context.env);
  context.stderr.write(`${colors.red("error")} ${colors.bold(report.code)}: ${terminalLines(report.message)}\n`);
  if (report.fix !== undefined) context.stderr.write(`  ${colors.cyan("fix")}: ${terminalLines(report.fix)}\n`);
  if (context.env.KIT_DEBUG === "1" && cause instanceof Error)
    context.stderr.write(
      terminalLines(
        `${cause.stack ?? ""}\n${cause.cause instanceof Error ? `caused by ${cause.cause.stack ?? ""}\n` : ""}`,
      ),
    );
}
