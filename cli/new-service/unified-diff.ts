/** Two versions of a text as a unified diff, for reading. */
import { structuredPatch } from "diff";

const CONTEXT = 3;

/** The diff as `diff -u` prints it, with `a/` and `b/` before the path; empty when nothing changed. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return "";
  const { hunks } = structuredPatch(path, path, before, after, undefined, undefined, { context: CONTEXT });
  const printed = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`,
    ...lines,
  ]);
  return [`--- a/${path}`, `+++ b/${path}`, ...printed].join("\n");
}

/** The package always writes the count; `diff -u` and git omit a count of one. */
function range(start: number, count: number): string {
  return count === 1 ? String(start) : `${count === 0 ? start - 1 : start},${count}`;
}
