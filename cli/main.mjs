// Entry of the `kit` command; `kit.mjs` starts it on a Node that runs TypeScript as it is. Plain JavaScript: a first file
// in TypeScript would have Node load its type stripper (60 ms of processor time) before the compile cache, which holds
// stripped code as well, can be turned on.
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const caches =
  process.env.KIT_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "event-platform-kit");
enableCompileCache(join(caches, "compile"));
await import("./main.ts");
