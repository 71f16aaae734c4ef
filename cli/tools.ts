/** The toolchain's progress as the command shows it. */
import type { ToolName } from "../toolchain/tool.ts";
import type { Say } from "./terminal/progress.ts";
import { formatElapsed } from "./terminal/quantities.ts";

/** Tools that are there are found within this; to name each of them is noise. */
const QUIET_MS = 1_000;

/** Prepares tools, by default what the local stack needs; says which tools are being worked on once it takes a while. */
export async function preparedTools(say: Say, names?: readonly ToolName[]): Promise<void> {
  const { LOCAL_TOOLS, prepareTools } = await import("../toolchain/tools.ts");
  const working = new Map<string, string>();
  let lastSaid = performance.now();
  await prepareTools(names ?? LOCAL_TOOLS, (event) => {
    if (event.state === "done" || event.state === "failed") working.delete(event.tool);
    else
      working.set(
        event.tool,
        `${event.tool}${event.detail === undefined ? "" : `: ${event.detail}`}${event.elapsedMs < 1000 ? "" : ` (${formatElapsed(event.elapsedMs)})`}`,
      );
    if (working.size === 0 || performance.now() - lastSaid < QUIET_MS) return;
    lastSaid = performance.now();
    say([...working.values()].join(" · "));
  });
}
