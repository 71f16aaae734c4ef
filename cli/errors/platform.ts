/** Errors of the command line, the project and the running platform. */
import { EXIT, type KitErrorEntry } from "./entry.ts";

export const platformErrors = {
  KIT_USAGE: {
    exitCode: EXIT.usage,
    message: "{value}",
    fix: "Run the command with --help for its options and an example.",
  },
  KIT_BAD_DURATION: {
    exitCode: EXIT.usage,
    message: "{value} is not a duration.",
    fix: "Write a whole number and a unit: 500ms, 30s, 5m, 1h, 2d.",
  },
  KIT_STACK_NOT_LOCAL: {
    exitCode: EXIT.usage,
    message: "The stack {value} does not run on this machine (its substrate is not `local`).",
    fix: "Use `pulumi up -s <stack>` with that environment's backend; this command works only with the stack `local`.",
  },
  KIT_PROJECT_FILE_INVALID: {
    exitCode: EXIT.missing,
    message: "The project file is invalid: {value}",
    fix: "Run the command inside a clone of the kit, whose root has a Pulumi.yaml with a `name`.",
  },
  KIT_STATE_UNWRITABLE: {
    exitCode: EXIT.missing,
    message: "The state directory is not writable: {value}",
    fix: "Give your user write access to it, or set KIT_STATE_DIR to a writable directory.",
  },
  KIT_STATE_NO_SPACE: {
    exitCode: EXIT.missing,
    message: "There is too little disk space for the platform's data: {value}",
    fix: "Free some space, or set KIT_STATE_DIR to a directory on a larger disk.",
  },
  KIT_WRONG_PASSPHRASE: {
    exitCode: EXIT.usage,
    message: "The passphrase in {value} does not decrypt this platform's state.",
    fix: "Restore the original passphrase in that file (or unset PULUMI_CONFIG_PASSPHRASE). If it is lost, `npx kit down --delete-data` starts from an empty state.",
  },
  KIT_PLATFORM_BUSY: {
    exitCode: EXIT.no,
    message: "Another run is changing this platform: {value}.",
    fix: "Wait until it ends, or stop it with Ctrl-C in its terminal, then run this command again.",
  },
  KIT_ENGINE_FAILED: {
    exitCode: EXIT.no,
    message: "{value}",
    fix: "Correct the problem named above and run the command again: it continues where this run stopped.",
  },
  KIT_ENGINE_UNREADABLE: {
    exitCode: EXIT.no,
    message: "Pulumi exited with code {value} before it changed anything.",
    fix: "Pulumi's own message is above. `npx kit doctor` checks the tools.",
  },
  KIT_CANCELLED: {
    exitCode: EXIT.no,
    message: "Cancelled ({value}). Finished steps are kept.",
    withoutValue: "Cancelled. Finished steps are kept.",
    fix: "Run the command again to continue, or `npx kit down` to stop everything.",
  },
  KIT_PLATFORM_NOT_RUNNING: {
    exitCode: EXIT.missing,
    message: "The platform is not running ({value}).",
    fix: "Start it with `npx kit up`.",
  },
  KIT_STATUS_UNREADABLE: {
    exitCode: EXIT.missing,
    message: "The platform's status file cannot be read: {value}",
    fix: "`npx kit up` writes it again.",
  },
  KIT_SERVER_UNREACHABLE: {
    exitCode: EXIT.missing,
    message: "A server of the platform does not answer: {value}",
    fix: "`npx kit status` shows what runs; `npx kit up` starts the missing processes.",
  },
  KIT_LOGIN_REFUSED: {
    exitCode: EXIT.missing,
    message: "Kafka refused the login: {value}",
    fix: "Use a principal with Describe and DescribeConfigs on the cluster and all topics, such as platform-auditor.",
  },
  KIT_FILE_UNREADABLE: {
    exitCode: EXIT.usage,
    message: "A file cannot be read: {value}",
    fix: "Correct the path, or give your user read access.",
  },
  KIT_STOP_INCOMPLETE: {
    exitCode: EXIT.no,
    message: "Some processes did not end: {value}.",
    fix: "Run `npx kit down` again; `npx kit status` shows what is left.",
  },
  KIT_TOOLS_MISSING: {
    exitCode: EXIT.missing,
    message: "Something is missing: {value}.",
    fix: "`npx kit doctor --fix` downloads or builds what it can; for the rest see the fixes above.",
  },
} as const satisfies Record<string, KitErrorEntry>;
