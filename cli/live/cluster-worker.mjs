// Where the thread that reads a cluster starts. Plain JavaScript: a first file in TypeScript would have Node load its type
// stripper (60 ms of processor time) before the compile cache, which holds stripped code as well, can be turned on.
import { enableCompileCache } from "node:module";
import { workerData } from "node:worker_threads";

if (workerData.compileCache !== undefined) enableCompileCache(workerData.compileCache);
await import("./cluster-worker.ts");
