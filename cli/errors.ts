/**
 * The catalogue of the command's errors: code, exit code, message with the value, fix.
 * Any other error that reaches the top is a fault of the kit itself; its message says so.
 */
import { CodedError, type ErrorEntry, filled } from "../components/machine/coded-error.ts";

/** Exit codes of every `kit` command; scripts rely on them. */
export const EXIT = {
  /** Success, or the answer is yes. */
  good: 0,
  /** The answer is no: a rule broken, an order failed, the platform not running. */
  no: 1,
  /** Wrong input or usage. */
  usage: 2,
  /** Something that the command needs is missing. */
  missing: 3,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface KitErrorEntry extends ErrorEntry {
  readonly exitCode: ExitCode;
  /** The message when there is no value. */
  readonly withoutValue?: string;
}

/** Every expected error, by code. `{value}` stands for a path, a number or an answer. */
export const ERRORS = {
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
  KIT_UNKNOWN_STACK: {
    exitCode: EXIT.usage,
    message: "There is no stack {value}.",
    fix: "Each file stacks/Pulumi.<stack>.yaml is a stack; `local` runs on this machine.",
  },
  KIT_STACK_NOT_LOCAL: {
    exitCode: EXIT.usage,
    message: "The stack {value} does not run on this machine (its substrate is not `local`).",
    fix: "Use `pulumi up -s <stack>` with that environment's backend; this command works only with the stack `local`.",
  },
  KIT_STACK_FILE_INVALID: {
    exitCode: EXIT.usage,
    message: "A stack file cannot be read: {value}",
    fix: "Correct the YAML at that location.",
  },
  KIT_PROJECT_FILE_INVALID: {
    exitCode: EXIT.missing,
    message: "The project file is invalid: {value}",
    fix: "Run the command inside a clone of the kit, whose root has a Pulumi.yaml with a `name`.",
  },
  KIT_MODEL_INVALID: {
    exitCode: EXIT.usage,
    message: "The declaration of the platform has {value}. Nothing was changed.",
    fix: "Correct the problems listed above and run the command again.",
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
  KIT_TOPICS_UNREADABLE: {
    exitCode: EXIT.missing,
    message: "The topics could not be read to the end: {value}.",
    fix: "`npx kit status` shows which brokers run. A partition cannot be read while it has no leader.",
  },
  KIT_PROJECT_INVALID: {
    exitCode: EXIT.usage,
    message: "The project's configuration is invalid: {value}",
    fix: "Correct kit.config.ts or the module it names; docs/guide/project.md describes every part.",
  },
  KIT_PROJECT_PART_MISSING: {
    exitCode: EXIT.missing,
    message: "The project's configuration is incomplete: {value}.",
    fix: "Add it to kit.config.ts at the project's root; docs/guide/project.md describes every part.",
  },
  KIT_WITNESS_INVALID: {
    exitCode: EXIT.usage,
    message: "The witness file is invalid: {value}",
    fix: "Give a file that `kit chaos` or `kit bench` wrote; cli/witness.ts describes its fields.",
  },
  KIT_DLT_UNKNOWN_GROUP: {
    exitCode: EXIT.usage,
    message: "There is no consumer group {value}.",
    fix: "A consumer group has the same name as its service.",
  },
  KIT_DLT_UNKNOWN_LETTER: {
    exitCode: EXIT.usage,
    message: "{value}",
    fix: "`npx kit dlt list --all` shows every record. Give its id, or a unique prefix of at least 6 characters.",
  },
  KIT_DLT_RESOLVED: {
    exitCode: EXIT.no,
    message: "{value}. Nothing was written.",
    fix: "`npx kit dlt show RECORD` shows what was done; --again repeats it on purpose.",
  },
  KIT_DLT_RECORD_GONE: {
    exitCode: EXIT.no,
    message: "The dead-letter topic no longer holds the record of {value}. Nothing was written.",
    fix: "Its retention has passed. Discard the record, and correct the service's data by hand if necessary.",
  },
  KIT_DLT_FOREIGN_TOPIC: {
    exitCode: EXIT.no,
    message: "{value}. Nothing was written.",
    fix: "A replay writes only to topics that the group consumes. Add the group to the topic's consumers, or discard the record. If the group was never a consumer, find out who wrote this row.",
  },
  KIT_DLT_NOT_WRITTEN: {
    exitCode: EXIT.missing,
    message: "The replay of a dead-letter record has started and its outcome is unknown: {value}",
    fix: "Run the same command again when Kafka answers: it finishes the replay, and the group's inbox applies the event once.",
  },
  KIT_OUTBOX_UNKNOWN_SERVICE: {
    exitCode: EXIT.usage,
    message: "There is no service {value} with an outbox.",
    fix: "Give the name of a service that has a database.",
  },
  KIT_OUTBOX_UNKNOWN_EVENT: {
    exitCode: EXIT.usage,
    message: "{value}",
    fix: "`npx kit outbox list --all` shows every event. Give its id, or a unique prefix of at least 6 characters.",
  },
  KIT_OUTBOX_RESOLVED: {
    exitCode: EXIT.no,
    message: "{value}. Nothing was changed.",
    fix: "`npx kit outbox show EVENT` shows what was done.",
  },
  KIT_STOP_INCOMPLETE: {
    exitCode: EXIT.no,
    message: "Some processes did not end: {value}.",
    fix: "Run `npx kit down` again; `npx kit status` shows what is left.",
  },
  KIT_ISSUER_KEY_MISSING: {
    exitCode: EXIT.missing,
    message: "The token issuer's key is missing: {value}",
    fix: "`npx kit up` creates it.",
  },
  KIT_GATEWAY_UNREACHABLE: {
    exitCode: EXIT.missing,
    message: "The gateway does not answer: {value}",
    fix: "`npx kit status` shows whether it runs; `npx kit up` starts it again.",
  },
  KIT_ORDER_REFUSED: {
    exitCode: EXIT.no,
    message: "The gateway refused the order: {value}",
    fix: "Correct the order as the answer says; `npx kit order --help` shows an example.",
  },
  KIT_ORDER_TIMED_OUT: {
    exitCode: EXIT.no,
    message: "The order did not finish in time: {value}",
    fix: "`npx kit status` shows which service does not run, and its log file.",
  },
  KIT_SAMPLE_FAILED: {
    exitCode: EXIT.no,
    message: "A sample order did not end as expected: {value}",
    fix: "`npx kit status` lists the services' log files.",
  },
  KIT_TOOLS_MISSING: {
    exitCode: EXIT.missing,
    message: "Something is missing: {value}.",
    fix: "`npx kit doctor --fix` downloads or builds what it can; for the rest see the fixes above.",
  },
  KIT_CHAOS_FAILED: {
    exitCode: EXIT.no,
    message: "The chaos run could not continue: {value}",
    fix: "The injected faults are healed. `npx kit status` shows what runs, and the log files.",
  },
  KIT_CHAOS_VOID: {
    exitCode: EXIT.no,
    message: "The run is void ({value}): a fault had no visible effect, so the run says nothing about the platform.",
    fix: "Run it again with a higher --rate or a longer --duration; the evidence is in the report.",
  },
  KIT_CHAOS_VIOLATED: {
    exitCode: EXIT.no,
    message: "An invariant is broken after the fault ({value}).",
    fix: "The report names orders and records; `npx kit verify --witness FILE` with the run's witness.json checks again.",
  },
  KIT_BENCH_FAILED: {
    exitCode: EXIT.no,
    message: "The benchmark could not finish: {value}",
    fix: "The message above names the step that failed.",
  },
  KIT_CHECK_NO_TOPICS: {
    exitCode: EXIT.usage,
    message: "There is no folder {value}.",
    fix: "Give the folder with the domain files: `npx kit check --topics topics`.",
  },
  KIT_CHECK_NO_EXCEPTIONS: {
    exitCode: EXIT.usage,
    message: "There is no file {value}.",
    fix: "Give the file with exceptions, or omit --exceptions: the default is policies/exceptions.yaml.",
  },
  KIT_CHECK_NO_MANIFESTS: {
    exitCode: EXIT.usage,
    message: "There is no Kubernetes object in {value}.",
    fix: "Render them first: `npx kit render prod --out rendered`, then `npx kit check --stack prod --manifests rendered`.",
  },
  KIT_CHECK_MANIFEST_UNREADABLE: {
    exitCode: EXIT.usage,
    message: "A manifest can't be read: {value}.",
    fix: "Correct the YAML at that location, or leave the file out.",
  },
  KIT_DIGEST_INVALID: {
    exitCode: EXIT.usage,
    message: "{value} is not a plan digest.",
    fix: "Copy it from the output of `kit diff`: two groups of 24 hexadecimal digits with a dash between them.",
  },
  KIT_DIGEST_REFUSED: {
    exitCode: EXIT.no,
    message: "The change with digest {value} was refused. Nothing was changed.",
    fix: "`npx kit diff` shows an alternative for each refused change.",
  },
  KIT_DIGEST_OTHER_PLAN: {
    exitCode: EXIT.no,
    message: "The plan differs from the one that was judged: {value}. Nothing was changed.",
    fix: "Check out the commit that was judged, with the same --stack; or judge the current files: `npx kit diff --base <applied commit>`.",
  },
  KIT_DIGEST_OTHER_BASE: {
    exitCode: EXIT.no,
    message:
      "The plan was judged against a different state from the one that is applied now: {value}. Nothing was changed.",
    fix: "Another change was applied in the meantime. Judge the plan again against that state and use the new digest.",
  },
  KIT_DIFF_UNKNOWN_REF: {
    exitCode: EXIT.usage,
    message: "{value} is neither a commit nor a folder with topics/.",
    fix: "Give a branch, a tag or a commit of this clone (in CI: fetch it first, fetch-depth: 0), or a folder that holds topics/.",
  },
  KIT_DIFF_NO_TOPICS: {
    exitCode: EXIT.usage,
    message: "The folder {value} has no topics/.",
    fix: "Give the folder that contains topics/ and stacks/.",
  },
  KIT_DIFF_UNRELATED: {
    exitCode: EXIT.usage,
    message: "{value} have no commit in common.",
    fix: "Compare with a branch that this one started from, or write A..B to compare the two directly.",
  },
  KIT_DIFF_HISTORY_MISSING: {
    exitCode: EXIT.missing,
    message: "This clone has only part of the history, and {value} needs all of it.",
    fix: "Run `git fetch --unshallow` (in CI: fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab), then run the command again.",
  },
  KIT_DIFF_BASE_INVALID: {
    exitCode: EXIT.usage,
    message: "The base is not valid under the current rules: {value}.",
    fix: "The problems are listed above. Compare with a valid commit, such as the one that is applied.",
  },
  KIT_GIT_MISSING: {
    exitCode: EXIT.missing,
    message: "git can't be started ({value}).",
    fix: "Install git, or compare two folders.",
  },
  KIT_GIT_FAILED: {
    exitCode: EXIT.missing,
    message: "git can't read what the command needs: {value}.",
    fix: "Fetch the commit with all its files (not a partial clone), then run the command again.",
  },
  KIT_IMPORT_REFUSED: {
    exitCode: EXIT.usage,
    message: "The cluster's topics do not fit into the declaration: {value}. Nothing was written.",
    fix: "The problems are listed above. Leave those topics out with --exclude, or choose another --domain.",
  },
  KIT_RENDER_LOCAL: {
    exitCode: EXIT.usage,
    message: "The stack {value} runs on this machine and has no Kubernetes objects.",
    fix: "Choose a stack whose substrate is `kubernetes`, such as dev, staging or prod.",
  },
  KIT_RENDER_FOLDER: {
    exitCode: EXIT.usage,
    message: "The folder {value} has files that `kit render` did not write. Nothing was changed.",
    fix: "Give an empty folder, or one that `kit render` wrote earlier.",
  },
  KIT_STACK_NOT_KUBERNETES: {
    exitCode: EXIT.usage,
    message: "The stack {value} does not run on Kubernetes.",
    fix: "Choose a stack whose substrate is `kubernetes`, such as dev, staging or prod.",
  },
  KIT_IMAGE_HOST: {
    exitCode: EXIT.missing,
    message: "The images are for Linux, and the kit cannot build them on {value}.",
    fix: "Give a base by reference, so that docker, podman or buildah builds the image: --base gcr.io/distroless/cc-debian12:nonroot@sha256:…",
  },
  KIT_IMAGE_BASE: {
    exitCode: EXIT.usage,
    message: "The base cannot be used: {value}.",
    fix: "Give `host`, a reference with a digest, or an archive from `skopeo copy docker://NAME@sha256:… oci-archive:base.tar`.",
  },
  KIT_IMAGE_CODE: {
    exitCode: EXIT.usage,
    message: "The code cannot be packaged: {value}.",
    fix: "Correct that import. List a package under dependencies in package.json, then run `npm install`.",
  },
  KIT_IMAGE_PACKAGES: {
    exitCode: EXIT.missing,
    message: "The installed packages differ from package-lock.json: {value}.",
    fix: "Run `npm ci --ignore-scripts`, then this command again.",
  },
  KIT_IMAGE_BUILDER: {
    exitCode: EXIT.missing,
    message: "The image was not built from its Dockerfile: {value}",
    fix: "Check that docker, podman or buildah works and reaches the registries, or build without them: --base host, or --base ARCHIVE.",
  },
  KIT_IMAGE_UNKNOWN_SERVICE: {
    exitCode: EXIT.usage,
    message: "There is no service {value}.",
    fix: "Services are the folders of service-templates/ with a template.yaml.",
  },
  KIT_NEW_UNKNOWN_KIND: {
    exitCode: EXIT.usage,
    message: "kit new cannot create {value}.",
    fix: "`npx kit new service NAME --from TEMPLATE`; `npx kit new --help` shows an example.",
  },
  KIT_NEW_NAME_INVALID: {
    exitCode: EXIT.usage,
    message: "The name {value}.",
    fix: "Choose a name such as fraud-check-service: lower-case letters, digits and single dashes, 2 to 41 characters.",
  },
  KIT_NEW_NAME_TAKEN: {
    exitCode: EXIT.usage,
    message: "The name {value}.",
    fix: "Choose another name.",
  },
  KIT_NEW_UNKNOWN_TEMPLATE: {
    exitCode: EXIT.usage,
    message: "There is no template {value}.",
    fix: "Templates are the folders of service-templates/ with a template.yaml.",
  },
  KIT_NEW_OWNER_CONFLICT: {
    exitCode: EXIT.usage,
    message: "{value}",
    fix: "Leave --team out, or choose a name whose domain is new.",
  },
  KIT_NEW_UNEDITABLE: {
    exitCode: EXIT.usage,
    message: "A file cannot be edited: {value}. Nothing was written.",
    fix: "Write that part in YAML's block style, as the other files do, and run the command again.",
  },
  KIT_NEW_REFUSED: {
    exitCode: EXIT.no,
    message: "The result would be invalid: {value}. Nothing was written.",
    fix: "Each problem above says what is wrong and, where it is known, what to write instead.",
  },
  KIT_NEW_NOT_WRITTEN: {
    exitCode: EXIT.no,
    message: "The changes were not written: {value}. Files that were already written are restored.",
    fix: "Correct that problem and run the command again.",
  },
} as const satisfies Record<string, KitErrorEntry>;

/** Code of an expected error. */
export type ErrorCode = keyof typeof ERRORS;

/** An expected error: shown as code, message and fix, without a stack trace. */
export class KitError extends CodedError<ErrorCode> {
  override readonly name = "KitError";
  /** The value that the message names. */
  readonly value: string;
  readonly exitCode: ExitCode;

  /**
   * @param code - Code in the catalogue.
   * @param value - Replaces `{value}` in the message.
   * @param options - `cause`, and a `fix` that is more specific than the catalogue's.
   */
  constructor(code: ErrorCode, value: string, options: { cause?: unknown; fix?: string } = {}) {
    const entry: KitErrorEntry = ERRORS[code];
    const message = value === "" && entry.withoutValue !== undefined ? entry.withoutValue : entry.message;
    super(code, filled(message, { value }), options.fix ?? entry.fix, options.cause);
    this.value = value;
    this.exitCode = entry.exitCode;
  }
}

/** What the user sees of an error. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly exitCode: ExitCode;
  /** True for errors of a catalogue; false for a fault of the kit itself. */
  readonly expected: boolean;
}

/**
 * Turns any thrown value into what the user sees. Other packages' catalogues (tools, provider)
 * throw errors with `code` and `fix`; they mean that something is missing.
 */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof KitError) {
    return { code: error.code, message: error.message, fix: error.fix, exitCode: error.exitCode, expected: true };
  }
  if (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    "fix" in error &&
    typeof error.fix === "string"
  ) {
    return { code: error.code, message: error.message, fix: error.fix, exitCode: EXIT.missing, expected: true };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "KIT_INTERNAL",
    message: `Unexpected: ${message}`,
    fix: "This is a fault of the kit. Run again with KIT_DEBUG=1 for the stack trace.",
    exitCode: EXIT.no,
    expected: false,
  };
}
