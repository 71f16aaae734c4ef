/** Entry of the `kit` command; `kit.mjs` starts it on a Node that runs TypeScript as it is. */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const caches = process.env["KIT_CACHE_DIR"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "event-platform-kit");
enableCompileCache(join(caches, "compile"));

// Imported after the cache is on, so that the command's own modules are taken from it.
const [{ runProgram }, { processContext }] = await Promise.all([import("./program.ts"), import("./context.ts")]);

// A reader that goes away (`kit status | head`) is no fault of the command.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await runProgram(processContext(), process.argv.slice(2));
