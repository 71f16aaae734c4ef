import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { stateDirectory } from "../components/substrates/local/state-directory.ts";
import { guardedTerminal } from "./terminal/terminal-text.ts";

/** What a command works with; tests give their own. */
export interface CommandContext {
  /** Root of the clone. */
  readonly projectDir: string;
  /** State folder of the local platform: `KIT_STATE_DIR`, else `.kit` in the project. */
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Results. With `--json` nothing but one JSON document goes here. */
  readonly stdout: NodeJS.WriteStream;
  /** Everything a human reads on the way. */
  readonly stderr: NodeJS.WriteStream;
  /** Current time in milliseconds. */
  readonly now: () => number;
}

/** The context of a real run of the command. */
export function processContext(): CommandContext {
  const projectDir = dirname(dirname(fileURLToPath(import.meta.url)));
  return {
    projectDir,
    stateDir: stateDirectory(projectDir, process.env),
    env: process.env,
    stdout: guardedTerminal(process.stdout),
    stderr: guardedTerminal(process.stderr),
    now: Date.now,
  };
}
