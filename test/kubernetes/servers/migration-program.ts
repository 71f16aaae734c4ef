import { execFile } from "node:child_process";
import { MIGRATION_PROGRAM } from "../../../components/services/kubernetes/migration-job.ts";
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
      ["--disable-warning=ExperimentalWarning", MIGRATION_PROGRAM],
      { cwd: PROJECT_DIR, timeout: LIMIT_MS, env: { ...variables } },
      (error, stdout, stderr) => (error === null ? done(stdout) : fail(new Error(stderr, { cause: error }))),
    );
  });
}
