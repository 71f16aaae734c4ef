import { execFile } from "node:child_process";
import { PROJECT_DIR } from "../../platform/kit-command.ts";

const LIMIT_MS = 60_000;

/**
 * Runs the program that a service's image holds for its job, with the job's variables; gives what it says.
 * @throws {Error} with what it complains of.
 */
export function runMigrationProgram(variables: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((done, fail) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "components/databases/migrate.ts"],
      { cwd: PROJECT_DIR, timeout: LIMIT_MS, env: { ...variables } },
      (error, stdout, stderr) => (error === null ? done(stdout) : fail(new Error(stderr, { cause: error }))),
    );
  });
}
