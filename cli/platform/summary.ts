/** The output at the end of `up`. */

import type { CommandContext } from "../context.ts";
import { colorsFor } from "../terminal/output.ts";
import { formatBytes, formatElapsed } from "../terminal/quantities.ts";
import type { BringUpResult } from "./bring-up.ts";
import { writeEndpoints } from "./status-report.ts";

const NEXT_COMMANDS = [
  "npx kit order       # place an order and watch it",
  "npx kit status      # processes, memory, logs",
  "npx kit token       # an access token for the gateway",
  "npx kit down        # stop everything; data stays",
];

/** Writes what changed, the endpoints, the files and the next commands to stdout. */
export function writeSummary(context: CommandContext, result: BringUpResult): void {
  const colors = colorsFor(context.stdout, context.env);
  const { status, changes } = result;
  const changed = Object.entries(changes)
    .filter(([operation]) => operation !== "same")
    .map(([operation, count]) => `${count} ${operation}`);
  context.stdout.write(
    `\n${colors.green("The platform runs")}: ${status.processes.length} processes, ${formatBytes(status.rssBytes)}; ` +
      `${changed.length === 0 ? "nothing had to change" : changed.join(", ")} (${formatElapsed(result.elapsedMs)})\n`,
  );
  writeEndpoints(context, status);
  context.stdout.write(`\nNext:\n${NEXT_COMMANDS.map((line) => `  ${line}`).join("\n")}\n`);
}
