/** Errors of applying migrations. Scripts may match on the code at the end of every message. */

/** Every code with its fix. */
const FIXES = {
  "database-unreachable":
    "check that the server runs (`npx kit status`) and accepts that user, then run the same command again",
  "migration-failed":
    "nothing of this file was kept, the files before it were; mend the SQL and run the same command again",
  "preamble-failed": "it must be allowed to the login that applies the migrations, and safe to repeat",
  "migration-locked": "wait for it, or look for it in pg_locks (locktype advisory), then run the same command again",
  "migration-changed": "restore the file as it was applied and put the change into a new file with a higher version",
  "migration-vanished": "restore the file; undo what it did in a new file with a higher version",
  "migration-late": "give it a version above the newest",
} as const satisfies Record<string, string>;

/** Code of a migration error. */
export type MigrationErrorCode = keyof typeof FIXES;

/** An error that a user can fix. Its message contains the problem, the fix, and the code. */
export class MigrationError extends Error {
  readonly code: MigrationErrorCode;
  /** How to fix the error. */
  readonly fix: string;

  /**
   * @param problem - What happened, with the values.
   * @param options.fix - Replaces the catalogue's fix if it can name the value to write.
   */
  constructor(code: MigrationErrorCode, problem: string, options: { cause?: unknown; fix?: string } = {}) {
    const fix = options.fix ?? FIXES[code];
    super(
      `${problem}\nTo fix it: ${fix}. [${code}]`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = "MigrationError";
    this.code = code;
    this.fix = fix;
  }
}
