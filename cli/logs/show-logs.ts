/** Reads several logs as one, and follows them. */
import { setTimeout as delay } from "node:timers/promises";
import type { LogSource } from "./log-files.ts";
import { logTail, readLog } from "./log-files.ts";
import type { LineFilter, LogLine } from "./log-lines.ts";
import { inOrder, lineMatcher, withTime, withTimes } from "./log-lines.ts";

export interface ShowLogsOptions extends LineFilter {
  /** Maximum number of existing lines, the latest. @default all */
  readonly lines?: number;
  /** Follows additions until it is aborted. @default ends at once */
  readonly follow?: AbortSignal;
  /** Polling interval in milliseconds. @default 250 */
  readonly everyMs?: number;
}

const EVERY_MS = 250;

/** Shows lines in the order of their times; returns their number. */
export async function showLogs(
  sources: readonly LogSource[],
  options: ShowLogsOptions,
  show: (lines: readonly LogLine[]) => void,
): Promise<number> {
  const matcher = lineMatcher(options);
  // The end of another log may be the first to name a trace.
  if (options.id !== undefined) for (const source of sources) await readLog(source, (line) => matcher.learn(line));
  const found: LogLine[] = [];
  const tails = new Map<string, { readonly next: () => Promise<readonly LogLine[]>; at: number | undefined }>();
  for (const source of sources) {
    const kept: LogLine[] = [];
    let at: number | undefined;
    const read = await readLog(source, (line) => {
      const timed = withTime(line, at);
      at = timed.at;
      if (!matcher.matches(timed)) return;
      kept.push(timed);
      // Twice as many lines are kept before the older half is removed: moving the array for each line would take quadratic
      // time.
      if (options.lines !== undefined && kept.length >= 2 * options.lines) kept.splice(0, options.lines);
    });
    found.push(...kept);
    tails.set(source.process, { next: logTail(source, read).next, at });
  }
  const ordered = inOrder(found);
  const first = options.lines === undefined ? ordered : ordered.slice(-options.lines);
  show(first);
  let count = first.length;
  while (options.follow !== undefined && !options.follow.aborted) {
    const added: LogLine[] = [];
    for (const tail of tails.values()) {
      const lines = withTimes(await tail.next(), tail.at);
      tail.at = lines.at(-1)?.at ?? tail.at;
      added.push(...lines.filter((line) => matcher.matches(line)));
    }
    if (added.length > 0) show(inOrder(added));
    count += added.length;
    await delay(options.everyMs ?? EVERY_MS, undefined, { signal: options.follow }).catch(() => undefined);
  }
  return count;
}
