/** Two versions of a text as a unified diff, for reading. */

const CONTEXT = 3;

interface Line {
  readonly kind: " " | "+" | "-";
  readonly text: string;
  /** Lines of the old and the new text up to and with this one. */
  readonly old: number;
  readonly new: number;
}

/**
 * The diff as `diff -u` prints it, with `a/` and `b/` before the path; empty when nothing changed.
 * Meant for files that people edit: time and memory grow with the product of both lengths between the first
 * and the last change.
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return "";
  const lines = compare(splitLines(before), splitLines(after));
  const shown = new Set<number>();
  lines.forEach((line, index) => {
    if (line.kind === " ") return;
    for (let near = index - CONTEXT; near <= index + CONTEXT; near += 1) if (lines[near] !== undefined) shown.add(near);
  });
  const hunks: Line[][] = [];
  for (const index of [...shown].sort((a, b) => a - b)) {
    const line = lines[index];
    if (line === undefined) continue;
    if (shown.has(index - 1)) hunks.at(-1)?.push(line);
    else hunks.push([line]);
  }
  return [`--- a/${path}`, `+++ b/${path}`, ...hunks.flatMap(printHunk)].join("\n");
}

function printHunk(lines: readonly Line[]): string[] {
  const [first] = lines;
  if (first === undefined) return [];
  const old = lines.filter((line) => line.kind !== "+");
  const fresh = lines.filter((line) => line.kind !== "-");
  const range = (sign: string, start: number, count: number): string =>
    `${sign}${count === 0 ? start - 1 : start}${count === 1 ? "" : `,${count}`}`;
  const oldStart = first.kind === "+" ? first.old + 1 : first.old;
  const newStart = first.kind === "-" ? first.new + 1 : first.new;
  return [
    `@@ ${range("-", oldStart, old.length)} ${range("+", newStart, fresh.length)} @@`,
    ...lines.map((line) => `${line.kind}${line.text}`),
  ];
}

function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The longest common subsequence, over what is left between the common beginning and the common end. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail))
    tail += 1;
  const old = before.slice(head, before.length - tail);
  const fresh = after.slice(head, after.length - tail);
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(fresh.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    const row = lengths[i];
    for (let j = fresh.length - 1; row !== undefined && j >= 0; j -= 1)
      row[j] = old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const lines: Line[] = [];
  const count = { old: 0, new: 0 };
  const add = (kind: Line["kind"], text: string): void => {
    if (kind !== "+") count.old += 1;
    if (kind !== "-") count.new += 1;
    lines.push({ kind, text, ...count });
  };
  for (const line of before.slice(0, head)) add(" ", line);
  let i = 0;
  let j = 0;
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      add(" ", old[i] ?? "");
      i += 1;
      j += 1;
    } else if (i < old.length && (j >= fresh.length || at(i + 1, j) >= at(i, j + 1))) {
      add("-", old[i] ?? "");
      i += 1;
    } else {
      add("+", fresh[j] ?? "");
      j += 1;
    }
  }
  for (const line of before.slice(before.length - tail)) add(" ", line);
  return lines;
}
