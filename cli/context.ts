import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { stateDirectory } from "../components/substrates/local/state-directory.ts";
import { guardedTerminal } from "./terminal/terminal-text.ts";

/** Environment of a command; tests pass their own. */
export interface CommandContext {
  /** Root of the clone. */
  readonly projectDir: string;
  /** State directory of the local platform: `KIT_STATE_DIR`, else `.kit` in the project. */
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Results. With `--json` it contains only one JSON document. */
  readonly stdout: NodeJS.WriteStream;
  /** Progress and messages for people. */
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
