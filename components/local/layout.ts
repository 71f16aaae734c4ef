import { join } from "node:path";

/** Paths of the local substrate. All are below one git-ignored state directory. */
export interface LocalLayout {
  /** The state directory. */
  readonly stateDir: string;
  /** The substrate's folder: run records, logs, files, data. */
  readonly substrateDir: string;
  /** Returns the path of a configuration or secret file of one process or topic. */
  file(...parts: string[]): string;
  /** Returns the data folder of a server. */
  data(...parts: string[]): string;
}

/** Returns the layout of the state directory. Pure: it creates nothing. */
export function localLayout(stateDir: string): LocalLayout {
  const substrateDir = join(stateDir, "local");
  return {
    stateDir,
    substrateDir,
    file: (...parts) => join(substrateDir, "files", ...parts),
    data: (...parts) => join(substrateDir, "data", ...parts),
  };
}

/** The only address on which local servers listen. */
export const LOOPBACK = "127.0.0.1";
