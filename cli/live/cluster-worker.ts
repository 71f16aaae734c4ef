/** Runs in a worker: reads a cluster and hands over what it read, or why it could not. See cluster-reading.ts. */
import { parentPort, workerData } from "node:worker_threads";
import type { ErrorCode } from "../errors.ts";
import { KitError } from "../errors.ts";
import type { ClusterLogin, ClusterReading } from "./cluster-reader.ts";
import { readCluster } from "./cluster-reader.ts";

/** What the worker is given. */
export interface ReadingTask {
  readonly login: ClusterLogin;
  readonly wantedKeys: ReadonlySet<string>;
  /** Folder of the compile cache; absent where there is none. */
  readonly compileCache?: string;
}

/** What it gives back. */
export type ReadingOutcome =
  | { readonly reading: ClusterReading }
  | { readonly failure: { readonly code: ErrorCode; readonly value: string } };

async function outcomeOf({ login, wantedKeys }: ReadingTask): Promise<ReadingOutcome> {
  try {
    return { reading: await readCluster(login, wantedKeys) };
  } catch (error) {
    // A class does not survive the way to the other thread; what it was made of does.
    if (error instanceof KitError) return { failure: { code: error.code, value: error.value } };
    throw error;
  }
}

parentPort?.postMessage(await outcomeOf(workerData as ReadingTask));
