/** The toolchain's progress as the command shows it. */
import type { ToolTable } from "../toolchain/tool.ts";
import type { ToolProgress } from "../toolchain/tools.ts";
import type { Say } from "./terminal/progress.ts";
import { formatElapsed } from "./terminal/quantities.ts";

/** Tools that are there are found within this; to name each of them is noise. In milliseconds. */
const QUIET_MS = 1_000;
/** How often the progress is told without a terminal, in milliseconds. */
const PLAIN_INTERVAL_MS = 10_000;

/** Which tools are being worked on, as lines that come at most so often. */
export interface ToolLines {
  /** Takes in an event. */
  take: ToolProgress;
  /** The line that is to be said now, if any: none while nothing is worked on, or one was said a short time ago. */
  due(): string | undefined;
}

/**
 * Makes the lines of a preparation. The first comes after a second, for what is found at once is not named; the others
 * come every second on a terminal, else every ten seconds, also while a tool says nothing of itself.
 *
 * @param live - Whether a line replaces the one before, as on a terminal.
 * @param now - The time in milliseconds.
 */
export function toolLines(live: boolean, now: () => number): ToolLines {
  const working = new Map<string, { readonly detail: string | undefined; readonly startedAt: number }>();
  let dueAt = now() + QUIET_MS;
  return {
    take({ tool, state, detail, elapsedMs }) {
      if (state === "done" || state === "failed") working.delete(tool);
      else working.set(tool, { detail, startedAt: now() - elapsedMs });
    },
    due() {
      if (working.size === 0 || now() < dueAt) return undefined;
      dueAt = now() + (live ? QUIET_MS : PLAIN_INTERVAL_MS);
      return [...working]
        .map(([tool, { detail, startedAt }]) => {
          const elapsed = now() - startedAt;
          return `${tool}${detail === undefined ? "" : `: ${detail}`}${elapsed < 1000 ? "" : ` (${formatElapsed(elapsed)})`}`;
        })
        .join(" · ");
    },
  };
}

/**
 * Prepares tools; says which are being worked on once it takes a while.
 *
 * @param live - Whether a line replaces the one before, as on a terminal.
 * @param tools - Which, and how they are made. Default: what the local stack needs.
 */
export async function preparedTools(
  say: Say,
  live: boolean,
  tools?: { readonly names: readonly string[]; readonly table: ToolTable },
): Promise<void> {
  const { LOCAL_TOOLS, prepareTools } = await import("../toolchain/tools.ts");
  const lines = toolLines(live, () => performance.now());
  const look = (): void => {
    const line = lines.due();
    if (line !== undefined) say(line);
  };
  const timer = setInterval(look, QUIET_MS);
  try {
    await prepareTools(
      tools?.names ?? LOCAL_TOOLS,
      (event) => {
        lines.take(event);
        look();
      },
      tools?.table,
    );
  } finally {
    clearInterval(timer);
  }
}
