/** Runs the command line of this process. `main.mjs` starts it with the compile cache on. */
import { processContext } from "./context.ts";
import { runProgram } from "./program.ts";

// A closed output pipe (`kit status | head`) is not an error of the command.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await runProgram(processContext(), process.argv.slice(2));
