import { join } from "node:path";

/** Where the local substrate keeps everything: all below one git-ignored state folder. */
export interface LocalLayout {
  /** The state folder itself. */
  readonly stateDir: string;
  /** The substrate's folder: run records, logs, files, data. */
  readonly substrateDir: string;
  /** Path of a configuration or secret file of one process or topic of its own. */
  file(...parts: string[]): string;
  /** Data folder of a server. */
  data(...parts: string[]): string;
}

/** Lays out the state folder; pure, nothing is created. */
export function localLayout(stateDir: string): LocalLayout {
  const substrateDir = join(stateDir, "local");
  return {
    stateDir,
    substrateDir,
    file: (...parts) => join(substrateDir, "files", ...parts),
    data: (...parts) => join(substrateDir, "data", ...parts),
  };
}

/** The one address local servers listen on. */
export const LOOPBACK = "127.0.0.1";
