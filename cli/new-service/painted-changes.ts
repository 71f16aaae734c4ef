/** New and changed files as lines for a terminal, for `--dry-run`. */
import type { Colors } from "../terminal/output.ts";
import type { ChangedFile, CreatedFile } from "./file-change.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** The lines of a new file, each as an addition, followed by an empty one. */
export function paintedCreation({ content }: CreatedFile, colors: Colors): readonly string[] {
  const lines = String(content).trimEnd().split("\n");
  return [...lines.map((line) => painted(`+${line}`, colors)), ""];
}

/** The unified diff of a changed file, followed by an empty line. */
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
