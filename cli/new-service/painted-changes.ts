/** New and changed files as lines for a terminal: what `--dry-run` shows. */
import type { Colors } from "../terminal/output.ts";
import type { ChangedFile, CreatedFile } from "./file-change.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** The lines of a new file, each an addition, and an empty one behind them. */
export function paintedCreation({ content }: CreatedFile, colors: Colors): readonly string[] {
  const lines = String(content).trimEnd().split("\n");
  return [...lines.map((line) => painted(`+${line}`, colors)), ""];
}

/** The unified diff of a changed file, and an empty line behind it. */
export function paintedChange({ path, before, after }: ChangedFile, colors: Colors): readonly string[] {
  return [
    ...unifiedDiff(path, before, after)
      .split("\n")
      .map((line) => painted(line, colors)),
    "",
  ];
}

function painted(line: string, colors: Colors): string {
  if (line.startsWith("+")) return colors.green(line);
  return line.startsWith("-") ? colors.red(line) : line;
}
