/** Formats log lines for output. */
import type { CommandContext } from "../context.ts";
import { colorsFor } from "../terminal/output.ts";
import { terminalJson, terminalText } from "../terminal/terminal-text.ts";
import type { LogLine } from "./log-lines.ts";
import { logDocument, shownFields } from "./log-lines.ts";

/** Prints lines. */
export type LineWriter = (lines: readonly LogLine[]) => void;

/** One JSON object per line. */
export function jsonWriter(context: CommandContext): LineWriter {
  return (lines) => {
    for (const line of lines) context.stdout.write(`${terminalJson(JSON.stringify(logDocument(line)))}\n`);
  };
}

/** Time, process, level, message, fields; for people. */
export function textWriter(context: CommandContext): LineWriter {
  const colors = colorsFor(context.stdout, context.env);
  let width = 0;
  return (lines) => {
    for (const { process } of lines) width = Math.max(width, process.length);
    for (const { at, process, level, message, fields } of lines) {
      // The day is usually today; `--json` has it.
      const time = at === undefined ? "            " : new Date(at).toISOString().slice(11, 23);
      const grave = level === "error" || level === "fatal";
      const paint = grave ? colors.red : level === "warn" ? colors.yellow : (text: string): string => text;
      const rest = shownFields(fields);
      context.stdout.write(
        `${colors.dim(time)} ${colors.cyan(process.padEnd(width))} ${paint((level ?? "").padEnd(5))} ${paint(terminalText(message))}${
          rest === "" ? "" : ` ${colors.dim(terminalText(rest))}`
        }\n`,
      );
    }
  };
}
