/** The toolchain's progress as the command shows it. */
import type { Say } from "./progress.ts";
import { formatElapsed } from "./quantities.ts";

/** Prepares what the local stack needs; says which tools are being worked on. */
export async function preparedTools(say: Say): Promise<void> {
  const { LOCAL_TOOLS, prepareTools } = await import("../toolchain/tools.ts");
  const working = new Map<string, string>();
  await prepareTools(LOCAL_TOOLS, (event) => {
    if (event.state === "done" || event.state === "failed") working.delete(event.tool);
    else working.set(event.tool, `${event.tool}${event.detail === undefined ? "" : `: ${event.detail}`}${event.elapsedMs < 1000 ? "" : ` (${formatElapsed(event.elapsedMs)})`}`);
    if (working.size > 0) say([...working.values()].join(" · "));
  });
}
