/**
 * Reads a cluster in a thread of its own, at the same time as the caller reads the declaration: neither waits for the
 * other's processor time, and answers of the brokers are decoded as they come.
 */
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { KitError } from "../errors.ts";
import type { ClusterLogin, ClusterReading } from "./cluster-reader.ts";
import type { ReadingOutcome, ReadingTask } from "./cluster-worker.ts";

/** A reading under way. */
export interface RunningReading {
  /** Rejects with KitError `KIT_SERVER_UNREACHABLE` or `KIT_LOGIN_REFUSED`. */
  readonly done: Promise<ClusterReading>;
  /** Ends it, done or not. */
  stop(): Promise<void>;
}

/**
 * Starts reading.
 * @param wantedKeys - Configuration keys of which the inherited value is wanted too.
 */
export function startClusterReading(login: ClusterLogin, wantedKeys: ReadonlySet<string>): RunningReading {
  // Node names the folder of its own version within the cache; a thread turns the cache on for itself, by the cache's folder.
  const cache = getCompileCacheDir();
  const task: ReadingTask = { login, wantedKeys, ...(cache === undefined ? {} : { compileCache: dirname(cache) }) };
  const worker = new Worker(new URL("./cluster-worker.mjs", import.meta.url), { workerData: task });
  const done = new Promise<ClusterReading>((resolve, reject) => {
    worker.once("message", (outcome: ReadingOutcome) => {
      if ("reading" in outcome) resolve(outcome.reading);
      else reject(new KitError(outcome.failure.code, outcome.failure.value));
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread that reads the cluster ended without an answer")));
  });
  // Who waits for something else first must not be ended by it.
  done.catch(() => undefined);
  return {
    done,
    async stop() {
      await worker.terminate();
    },
  };
}
