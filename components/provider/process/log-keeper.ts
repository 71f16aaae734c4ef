/**
 * The log keeper: `node log-keeper.ts <stateDir>` limits the logs of the recorded processes every second. It is one of
 * those processes itself. Processes write to their logs directly, so none depends on it.
 */
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { reasonOf } from "../../machine/coded-error.ts";
import { boundLog } from "./log-file.ts";
import { pathsOf, readRecord, recordedNames } from "./record.ts";

/** Limits every log once. Returns the names of the processes whose log was truncated. */
export async function keepLogs(
  stateDir: string,
  onError: (message: string) => void = () => undefined,
): Promise<string[]> {
  const cut: string[] = [];
  for (const name of await recordedNames(stateDir)) {
    try {
      const record = await readRecord(pathsOf(stateDir, name));
      if (record !== undefined && (await boundLog(record.log.path, record.log.maxBytes))) cut.push(name);
    } catch (error) {
      onError(`${name}: ${reasonOf(error)}`);
    }
  }
  return cut;
}

async function main(): Promise<void> {
  const [stateDir] = process.argv.slice(2);
  if (stateDir === undefined) {
    console.error("usage: node log-keeper.ts <stateDir>");
    process.exitCode = 2;
    return;
  }
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  console.log(`keeping the logs of ${stateDir}`);
  // A persistent error is reported once, not every second.
  let told = "";
  while (!stop.signal.aborted) {
    const errors: string[] = [];
    await keepLogs(stateDir, (message) => errors.push(message)).catch((error: unknown) => errors.push(reasonOf(error)));
    const text = errors.join("; ");
    if (text !== told && text !== "") console.error(text);
    told = text;
    await delay(1000, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
