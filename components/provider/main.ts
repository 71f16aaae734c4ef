/** Entry point of the plugin. It serves the provider, prints its port on the first line, and ends with the engine. */
import { fstatSync } from "node:fs";
import { serve } from "./server.ts";

const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-"));

process.on("uncaughtException", (error) => {
  console.error(error);
  process.exit(1);
});

// The engine holds the other end of this pipe. If the engine is killed, no client is left to answer. Started work is on
// record, and the next `up` continues from there.
if (fstatSync(0).isFIFO() || fstatSync(0).isSocket()) {
  process.stdin
    .on("end", () => process.exit(0))
    .on("error", () => process.exit(0))
    .resume();
}

console.log(String(await serve(engineAddress)));
