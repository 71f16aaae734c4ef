/**
 * The catalogue of the command's errors: code, exit code, message with the value, what to do.
 * Anything else that reaches the top is a fault of the kit itself and says so.
 */
import { CodedError, type ErrorEntry, filled } from "../components/machine/coded-error.ts";

/** Exit codes of every `kit` command; scripts rely on them. */
export const EXIT = {
  /** It worked, or the answer is yes. */
  good: 0,
  /** The answer is no: a rule broken, an order failed, the platform not running. */
  no: 1,
  /** Wrong input or usage. */
  usage: 2,
  /** Something the command needs is not there. */
  missing: 3,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface KitErrorEntry extends ErrorEntry {
  readonly exitCode: ExitCode;
  /** The message where there is no value. */
  readonly withoutValue?: string;
}

/** Every expected error, by code. `{value}` is what the message is about: a path, a number, an answer. */
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
    fix: "Stacks are the files stacks/Pulumi.<stack>.yaml; the one for this machine is `local`.",
  },
  KIT_STACK_NOT_LOCAL: {
    exitCode: EXIT.usage,
    message: "The stack {value} does not run on this machine (its substrate is not `local`).",
    fix: "Use `pulumi up -s <stack>` with that environment's backend; this command serves the stack `local`.",
  },
  KIT_STACK_FILE_INVALID: {
    exitCode: EXIT.usage,
    message: "A stack file cannot be read: {value}",
    fix: "Correct the YAML at the place named.",
  },
  KIT_PROJECT_FILE_INVALID: {
    exitCode: EXIT.missing,
    message: "The project file is not usable: {value}",
    fix: "Run the command inside a clone of the kit; Pulumi.yaml must stand in its root and have a `name`.",
  },
  KIT_MODEL_INVALID: {
    exitCode: EXIT.usage,
    message: "The declaration of the platform has {value}. Nothing was touched.",
    fix: "Correct the places listed above and run the command again.",
  },
  KIT_STATE_UNWRITABLE: {
    exitCode: EXIT.missing,
    message: "The state folder cannot be written: {value}",
    fix: "Give your user write access to it, or point KIT_STATE_DIR to a folder that is writable.",
  },
  KIT_STATE_NO_SPACE: {
    exitCode: EXIT.missing,
    message: "Too little disk space for the platform's data: {value}",
    fix: "Free some space, or point KIT_STATE_DIR to a folder on a larger disk.",
  },
  KIT_WRONG_PASSPHRASE: {
    exitCode: EXIT.usage,
    message: "The passphrase in {value} does not open this platform's state.",
    fix: "Put the passphrase this state was made with back into that file (or unset PULUMI_CONFIG_PASSPHRASE). If it is lost, `npx kit down --delete-data` starts from an empty state.",
  },
  KIT_PLATFORM_BUSY: {
    exitCode: EXIT.no,
    message: "Another run is changing this platform: {value}.",
    fix: "Wait until it has ended, or end it with Ctrl-C where it runs, then repeat this command.",
  },
  KIT_ENGINE_FAILED: {
    exitCode: EXIT.no,
    message: "{value}",
    fix: "Correct what is named above and run the command again: it continues where this run stopped.",
  },
  KIT_ENGINE_UNREADABLE: {
    exitCode: EXIT.no,
    message: "Pulumi ended with code {value} before it changed anything.",
    fix: "Its own words are above. `npx kit doctor` checks the tools.",
  },
  KIT_CANCELLED: {
    exitCode: EXIT.no,
    message: "Cancelled ({value}). What was finished stays.",
    withoutValue: "Cancelled. What was finished stays.",
    fix: "Run the command again to continue, or `npx kit down` to stop everything.",
  },
  KIT_PLATFORM_NOT_RUNNING: {
    exitCode: EXIT.missing,
    message: "The platform is not running ({value}).",
    fix: "Start it with `npx kit up`.",
  },
  KIT_STATUS_UNREADABLE: {
    exitCode: EXIT.missing,
    message: "The platform's status file is not readable: {value}",
    fix: "`npx kit up` writes it again.",
  },
  KIT_SERVER_UNREACHABLE: {
    exitCode: EXIT.missing,
    message: "A server of the platform does not answer: {value}",
    fix: "`npx kit status` shows what runs; `npx kit up` starts what is missing.",
  },
  KIT_LOGIN_REFUSED: {
    exitCode: EXIT.missing,
    message: "Kafka refused the login: {value}",
    fix: "Give a principal that may Describe and DescribeConfigs the cluster and all topics, such as platform-auditor.",
  },
  KIT_FILE_UNREADABLE: {
    exitCode: EXIT.usage,
    message: "A file cannot be read: {value}",
    fix: "Correct the path, or give your user read access.",
  },
  KIT_TOPICS_UNREADABLE: {
    exitCode: EXIT.missing,
    message: "The topics could not be read to their ends: {value}.",
    fix: "`npx kit status` shows which brokers run; a partition without a leader cannot be read until one is back.",
  },
  KIT_PROJECT_INVALID: {
    exitCode: EXIT.usage,
    message: "What the project tells the kit about itself is not usable: {value}",
    fix: "Correct kit.config.ts or what it names; docs/guide/project.md describes every part.",
  },
  KIT_PROJECT_PART_MISSING: {
    exitCode: EXIT.missing,
    message: "The project is not known well enough: {value}.",
    fix: "Name it in kit.config.ts at the project's root; docs/guide/project.md describes every part.",
  },
  KIT_WITNESS_INVALID: {
    exitCode: EXIT.usage,
    message: "The witness is not usable: {value}",
    fix: "Give a file as `kit chaos` and `kit bench` write it; cli/witness.ts describes its fields.",
  },
  KIT_DLT_UNKNOWN_GROUP: {
    exitCode: EXIT.usage,
    message: "There is no consumer group {value}.",
    fix: "A group is called like its service.",
  },
  KIT_DLT_UNKNOWN_LETTER: {
    exitCode: EXIT.usage,
    message: "{value}",
    fix: "`npx kit dlt list --all` shows every letter; give its id, or at least 6 characters from its beginning that no other shares.",
  },
  KIT_DLT_RESOLVED: {
    exitCode: EXIT.no,
    message: "{value}. Nothing was written.",
    fix: "`npx kit dlt show LETTER` tells what was done; --again repeats it on purpose.",
  },
  KIT_DLT_RECORD_GONE: {
    exitCode: EXIT.no,
    message: "The dead-letter topic no longer holds the record of {value}. Nothing was written.",
    fix: "Its retention has passed: discard the letter, and mend the state by hand if it still matters.",
  },
  KIT_DLT_FOREIGN_TOPIC: {
    exitCode: EXIT.no,
    message: "{value}. Nothing was written.",
    fix: "A replay goes only to topics that the group consumes. Add the group to the topic's consumers if it should, or discard the dead letter; if nobody removed the consumer, find out who wrote this row.",
  },
  KIT_DLT_NOT_WRITTEN: {
    exitCode: EXIT.missing,
    message: "The replay of a letter was begun and is in doubt: {value}",
    fix: "Run the same command again once Kafka answers: it finishes the replay, and the group's inbox applies the event once.",
  },
  KIT_OUTBOX_UNKNOWN_SERVICE: {
    exitCode: EXIT.usage,
    message: "There is no service with an outbox called {value}.",
    fix: "Give the name of a service that has a database.",
  },
  KIT_OUTBOX_UNKNOWN_EVENT: {
    exitCode: EXIT.usage,
    message: "{value}",
    fix: "`npx kit outbox list --all` shows every event; give its id, or at least 6 characters from its beginning that no other shares.",
  },
  KIT_OUTBOX_RESOLVED: {
    exitCode: EXIT.no,
    message: "{value}. Nothing was done about it now.",
    fix: "`npx kit outbox show EVENT` tells what was done.",
  },
  KIT_STOP_INCOMPLETE: {
    exitCode: EXIT.no,
    message: "Some processes did not end: {value}.",
    fix: "Run `npx kit down` again; `npx kit status` shows what is left.",
  },
  KIT_ISSUER_KEY_MISSING: {
    exitCode: EXIT.missing,
    message: "The token issuer's key is not there: {value}",
    fix: "`npx kit up` makes it.",
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
    message: "The order did not end in time: {value}",
    fix: "`npx kit status` shows which service is missing; its log file is named there.",
  },
  KIT_SAMPLE_FAILED: {
    exitCode: EXIT.no,
    message: "A sample order did not end as it should: {value}",
    fix: "The services' log files are listed by `npx kit status`.",
  },
  KIT_TOOLS_MISSING: {
    exitCode: EXIT.missing,
    message: "Not everything is there: {value}.",
    fix: "`npx kit doctor --fix` prepares what can be prepared; for the rest see the fixes above.",
  },
  KIT_CHAOS_FAILED: {
    exitCode: EXIT.no,
    message: "The chaos run could not go on: {value}",
    fix: "What was broken is healed. `npx kit status` shows what runs; the processes' log files are named there.",
  },
  KIT_CHAOS_VOID: {
    exitCode: EXIT.no,
    message: "The run is void ({value}): a fault left no trace, so it says nothing about the platform.",
    fix: "Run it again with a higher --rate or a longer --duration; the evidence is in the report.",
  },
  KIT_CHAOS_VIOLATED: {
    exitCode: EXIT.no,
    message: "An invariant is broken after the fault ({value}).",
    fix: "The report names orders and records; `npx kit verify --witness FILE` with the run's witness.json judges again.",
  },
  KIT_BENCH_FAILED: {
    exitCode: EXIT.no,
    message: "The benchmark could not finish: {value}",
    fix: "The words above say which step failed.",
  },
  KIT_CHECK_NO_TOPICS: {
    exitCode: EXIT.usage,
    message: "There is no folder {value}.",
    fix: "Give the folder with the domain files: `npx kit check --topics topics`.",
  },
  KIT_CHECK_NO_EXCEPTIONS: {
    exitCode: EXIT.usage,
    message: "There is no file {value}.",
    fix: "Give the file with exceptions, or leave --exceptions out: the project's own is policies/exceptions.yaml.",
  },
  KIT_CHECK_NO_MANIFESTS: {
    exitCode: EXIT.usage,
    message: "There is no Kubernetes object in {value}.",
    fix: "Render them first: `npx kit render prod --out rendered`, then `npx kit check --stack prod --manifests rendered`.",
  },
  KIT_CHECK_MANIFEST_UNREADABLE: {
    exitCode: EXIT.usage,
    message: "A manifest can't be read: {value}.",
    fix: "Correct the YAML there, or leave the file out.",
  },
  KIT_DIGEST_INVALID: {
    exitCode: EXIT.usage,
    message: "{value} is no digest of a plan.",
    fix: "Copy it as `kit diff` prints it: two groups of 24 hexadecimal digits with a dash between them.",
  },
  KIT_DIGEST_REFUSED: {
    exitCode: EXIT.no,
    message: "The change of the digest {value} was refused. Nothing was touched.",
    fix: "`npx kit diff` says what to do instead of each refused change.",
  },
  KIT_DIGEST_OTHER_PLAN: {
    exitCode: EXIT.no,
    message: "The plan is another than the one that was judged: {value}. Nothing was touched.",
    fix: "Check out the commit that was judged, for the same --stack; or judge what is here: `npx kit diff --base <what is applied>`.",
  },
  KIT_DIGEST_OTHER_BASE: {
    exitCode: EXIT.no,
    message: "The plan was judged against another state than what is applied now: {value}. Nothing was touched.",
    fix: "Somebody applied a change in between: judge the plan again against that state, and use the new digest.",
  },
  KIT_DIFF_UNKNOWN_REF: {
    exitCode: EXIT.usage,
    message: "There is neither a commit nor a folder with topics/ called {value}.",
    fix: "Give a branch, a tag or a commit of this clone (in CI: fetch it first, fetch-depth: 0), or a folder that holds topics/.",
  },
  KIT_DIFF_NO_TOPICS: {
    exitCode: EXIT.usage,
    message: "The folder {value} holds no topics/.",
    fix: "Name the folder above topics/ and stacks/.",
  },
  KIT_DIFF_UNRELATED: {
    exitCode: EXIT.usage,
    message: "{value} have no commit in common.",
    fix: "Compare with a branch that this one came from, or write A..B to compare the two as they are.",
  },
  KIT_DIFF_HISTORY_MISSING: {
    exitCode: EXIT.missing,
    message: "This clone holds only a part of the history, and all of it is needed for {value}.",
    fix: "Get it with `git fetch --unshallow` (in CI: fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab), then repeat.",
  },
  KIT_DIFF_BASE_INVALID: {
    exitCode: EXIT.usage,
    message: "The base is not valid by today's rules: {value}.",
    fix: "The problems are listed above. Compare with a commit that is valid; changes are judged against what is applied.",
  },
  KIT_GIT_MISSING: {
    exitCode: EXIT.missing,
    message: "git can't be started ({value}).",
    fix: "Install git, or compare two folders.",
  },
  KIT_GIT_FAILED: {
    exitCode: EXIT.missing,
    message: "git can't give what is needed: {value}.",
    fix: "Fetch the commit with all its files (no partial clone), then run the command again.",
  },
  KIT_IMPORT_REFUSED: {
    exitCode: EXIT.usage,
    message: "What the cluster holds does not fit into the declaration: {value}. Nothing was written.",
    fix: "The problems are listed above. Leave those topics out with --exclude, or choose another --domain.",
  },
  KIT_RENDER_LOCAL: {
    exitCode: EXIT.usage,
    message: "The stack {value} runs on this machine and has no Kubernetes objects.",
    fix: "Render a stack whose substrate is `kubernetes`: dev, staging or prod.",
  },
  KIT_RENDER_FOLDER: {
    exitCode: EXIT.usage,
    message: "The folder {value} holds files that `kit render` did not write. Nothing was touched.",
    fix: "Name an empty folder, or one that was rendered before.",
  },
  KIT_STACK_NOT_KUBERNETES: {
    exitCode: EXIT.usage,
    message: "The stack {value} does not run on Kubernetes.",
    fix: "Name a stack whose substrate is `kubernetes`: dev, staging or prod.",
  },
  KIT_IMAGE_HOST: {
    exitCode: EXIT.missing,
    message: "Images are made for Linux, and the kit itself cannot make them on {value}.",
    fix: "Name a base by reference, so that docker, podman or buildah builds: --base gcr.io/distroless/cc-debian12:nonroot@sha256:…",
  },
  KIT_IMAGE_BASE: {
    exitCode: EXIT.usage,
    message: "The base cannot be used: {value}.",
    fix: "Give `host`, a reference with its digest, or an archive as `skopeo copy docker://NAME@sha256:… oci-archive:base.tar` writes it.",
  },
  KIT_IMAGE_CODE: {
    exitCode: EXIT.usage,
    message: "The code cannot be packed: {value}.",
    fix: "Mend the import that is named; a package belongs under dependencies in package.json, followed by `npm install`.",
  },
  KIT_IMAGE_PACKAGES: {
    exitCode: EXIT.missing,
    message: "The installed packages are not those of package-lock.json: {value}.",
    fix: "Run `npm ci --ignore-scripts`, then this command again.",
  },
  KIT_IMAGE_BUILDER: {
    exitCode: EXIT.missing,
    message: "The image was not built from its Dockerfile: {value}",
    fix: "Check that docker, podman or buildah works and reaches the registries; or build without them: --base host, or --base ARCHIVE.",
  },
  KIT_IMAGE_UNKNOWN_SERVICE: {
    exitCode: EXIT.usage,
    message: "There is no service {value}.",
    fix: "Services are the folders of service-templates/ with a template.yaml.",
  },
  KIT_NEW_UNKNOWN_KIND: {
    exitCode: EXIT.usage,
    message: "There is nothing to make by the name of {value}.",
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
    message: "A file cannot be added to: {value}. Nothing was written.",
    fix: "Write that part in YAML's block style, as the other files do, and run the command again.",
  },
  KIT_NEW_REFUSED: {
    exitCode: EXIT.no,
    message: "The outcome would not fit: {value}. Nothing was written.",
    fix: "Each place above says what is wrong and, where it is known, what to give instead.",
  },
  KIT_NEW_NOT_WRITTEN: {
    exitCode: EXIT.no,
    message: "The changes were not written: {value}. What had been written was taken back.",
    fix: "Mend what is named and run the command again.",
  },
} as const satisfies Record<string, KitErrorEntry>;

/** Code of an expected error. */
export type ErrorCode = keyof typeof ERRORS;

/** An expected error: shown as code, message and fix, without a stack trace. */
export class KitError extends CodedError<ErrorCode> {
  override readonly name = "KitError";
  /** What the message is about. */
  readonly value: string;
  readonly exitCode: ExitCode;

  /**
   * @param code - Code in the catalogue.
   * @param value - What the message is about.
   * @param options - `cause`, and `fix` where the place knows a better one than the catalogue.
   */
  constructor(code: ErrorCode, value: string, options: { cause?: unknown; fix?: string } = {}) {
    const entry: KitErrorEntry = ERRORS[code];
    const message = value === "" && entry.withoutValue !== undefined ? entry.withoutValue : entry.message;
    super(code, filled(message, { value }), options.fix ?? entry.fix, options.cause);
    this.value = value;
    this.exitCode = entry.exitCode;
  }
}

/** What the reader sees of an error. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly exitCode: ExitCode;
  /** True for errors of a catalogue; false for a fault of the kit itself. */
  readonly expected: boolean;
}

/**
 * Turns whatever was thrown into what the reader sees. Other packages' catalogues (tools, provider)
 * throw errors with `code` and `fix`: they mean that something needed is not there.
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
