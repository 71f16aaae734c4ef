/** Displays the toolchain's progress. */
import type { ToolTable } from "../toolchain/tool.ts";
import type { ToolProgress } from "../toolchain/tools.ts";
import type { Say } from "./terminal/progress.ts";
import { formatElapsed } from "./terminal/quantities.ts";

/** Present tools are found within this time; naming each of them would be noise. In milliseconds. */
const QUIET_MS = 1_000;
/** Interval of progress messages without a terminal, in milliseconds. */
const PLAIN_INTERVAL_MS = 10_000;

/** The tools in preparation, as lines at a limited rate. */
export interface ToolLines {
  /** Processes an event. */
  take: ToolProgress;
  /** The line to print now, if any: none if no tool is in preparation, or if a line was printed a short time ago. */
  due(): string | undefined;
}

/**
 * Makes the lines of a preparation. The first comes after a second, because tools that are found at once are not named. The
 * others come every second on a terminal, else every ten seconds, even if a tool reports nothing.
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
 * Prepares tools; names those in preparation if it takes a while.
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
