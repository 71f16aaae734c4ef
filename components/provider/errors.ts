import {
  CodedError,
  type ErrorEntry,
  filled,
  type Placeholders,
  reasonOf,
  systemCode,
} from "../machine/coded-error.ts";

/**
 * The catalogue of the provider's errors, by subject: a code, what happened, what to do. `{name}` stands for a value.
 * Every message ends with its code. A code is never renamed, because scripts may match on it.
 */
const catalogue = {
  // Requests of the engine
  "unknown-type": { message: "the provider kit has no resource type {type}", fix: "use one of: {known}" },

  // The state directory and other files
  "state-folder-unwritable": {
    message: "cannot write {path}: {reason}",
    fix: "make the folder writable for this user, or choose another one with KIT_STATE_DIR",
  },
  "state-folder-full": {
    message: "cannot write {path}: the disk is full ({reason})",
    fix: "free some space, then run the same command again",
  },
  "file-unwritable": {
    message: "cannot write the file {path}: {reason}",
    fix: "check its folder's owner, permissions and free space",
  },
  "record-unreadable": {
    message: "the run record {path} does not parse: {reason}",
    fix: "look for a process that it may describe (`ps -ef`) and stop it, then remove the file and run the same command again",
  },

  // Starting and stopping local processes
  "lock-held": {
    message: "process {name} is being started or stopped by process {holder} since {since}; waited {seconds} s",
    fix: "wait until the other `up` or `down` has finished, then run the same command again",
  },
  "command-missing": {
    message: "the program {path} of process {name} cannot be run: {reason}",
    fix: "run `npx kit doctor`; it says what is missing",
  },
  "port-taken": {
    message: "port {host}:{port} ({use}) of process {name} is taken by {holder}",
    fix: "stop that program, or move the platform to other ports with KIT_PORT_BASE",
  },
  "port-forbidden": {
    message: "port {host}:{port} ({use}) of process {name} cannot be bound: {reason}",
    fix: "choose another port or address (KIT_PORT_BASE)",
  },
  "port-still-taken": {
    message: "process {name} has ended, but its port {host}:{port} is still taken by {holder} after {seconds} s",
    fix: "stop that program, then run the same command again",
  },
  "preparation-failed": {
    message: "preparing process {name} failed: `{command}` ended with {outcome}\n{log}",
    fix: "read the log {logFile}, fix the cause and run the same command again; an unfinished preparation starts from its beginning",
  },
  "ended-early": {
    message: "process {name} ended with {outcome} before it was ready\n{log}",
    fix: "read the log {logFile}, fix the cause and run the same command again",
  },
  "not-ready": {
    message:
      "process {name} was not ready after {seconds} s ({condition}; last answer: {last}), so it was stopped\n{log}",
    fix: "read the log {logFile}; on a slow machine raise readiness.timeoutSeconds",
  },
  "launch-lost": {
    message: "process {name} was started but did not report within {seconds} s",
    fix: "read the log {logFile}, then run the same command again",
  },
  "cannot-stop": {
    message: "process {name} (pid {pid}) did not end within {seconds} s after SIGKILL",
    fix: "it hangs in the kernel, often on a dead disk: look at `ps -o stat,wchan -p {pid}`",
  },
  "cannot-drop-privileges": {
    message: "process {name} must not run as root, and the kit cannot run it as another user: {reason}",
    fix: "run the platform as an ordinary user, or set KIT_STATE_DIR to a folder that every user may enter",
  },

  // Certificates
  "issuer-missing": {
    message: "a leaf certificate needs an issuer ({name})",
    fix: "give `issuer` the certificatePem and privateKeyPem of an authority",
  },
  "issuer-invalid": {
    message: "the issuer of certificate {name} cannot be used: {reason}",
    fix: "give `issuer` the certificatePem and privateKeyPem of the same authority",
  },

  // The schema registry
  "registry-unreachable": {
    message: "the schema registry at {url} did not answer {request}: {reason}; tried {attempts} times in {seconds} s",
    fix: "check that it runs (`npx kit status`) and that the address is right, then run the same command again",
  },
  "registry-refused": { message: "the schema registry refused {request} with {status}: {reason}", fix: "{hint}" },

  // Rollouts of a Kafka cluster
  "rollout-failed": {
    message: "Kafka cluster {cluster} cannot be rolled out: {reason}\nStill waiting for {waits}",
    fix: "fix what the pod reports, or revert the change, then run the same command again",
  },
  "rollout-late": {
    message: "Kafka cluster {cluster} was not ready after {seconds} s: still waiting for {waits}",
    fix: "read `kubectl get kafka,kafkanodepool,pod -n NAMESPACE` and the operator's log; raise `kubernetes.kafka.readyWithin` to wait longer",
  },
  "rollout-cancelled": {
    message: "waiting for Kafka cluster {cluster} was cancelled: it was waiting for {waits}",
    fix: "the rollout continues in the cluster; run the same command again to wait for it",
  },
  "topic-has-more-partitions": {
    message: "topics that this stack takes over have more partitions than declared: {topics}; nothing was changed",
    fix: "declare as many as there are, for Kafka cannot take partitions away; then run the same command again",
  },

  // The Kubernetes API
  "cluster-context": {
    message: "kubeconfig has no usable context {context}: {reason}",
    fix: "set KUBECONFIG, or `kubernetes.context` in the stack's file",
  },
  "cluster-unreachable": {
    message: "the Kubernetes API at {server} (context {context}) did not answer: {reason}",
    fix: "check the address, the network and the credentials of the context, then run the same command again",
  },
  "cluster-refused": {
    message: "the Kubernetes API refused {request} with {status}: {reason}",
    fix: "check the permissions of this login, then run the same command again",
  },

  // PostgreSQL
  "administrator-refused": {
    message:
      "PostgreSQL at {host}:{port} does not let its administrator {user} act as the roles that it creates: {reason}",
    fix: "give the administrator CREATEROLE, or run as a superuser: ALTER ROLE <administrator> SET createrole_self_grant = 'set, inherit'; then run the same command again",
  },
} as const satisfies Record<string, ErrorEntry>;

/** Code of an error of the provider. */
export type ProviderErrorCode = keyof typeof catalogue;

/** All codes, sorted. */
export const providerErrorCodes: readonly ProviderErrorCode[] = (Object.keys(catalogue) as ProviderErrorCode[]).sort();

type Entry<C extends ProviderErrorCode> = (typeof catalogue)[C];
/** The values that the texts of an error need, by name. */
export type ProviderErrorValues<C extends ProviderErrorCode> = Record<
  Placeholders<Entry<C>["message"]> | Placeholders<Entry<C>["fix"]>,
  string | number
>;

/**
 * An error that a user can act on. Its message holds what happened, the fix and the code. {@link providerError} creates
 * it.
 */
export class ProviderError extends CodedError<ProviderErrorCode> {
  override readonly name = "ProviderError";
  /** What happened, without the fix and the code. */
  readonly problem: string;

  constructor(code: ProviderErrorCode, problem: string, fix: string, cause?: unknown) {
    super(code, `${problem}\nTo fix it: ${fix}. [${code}]`, fix, cause);
    this.problem = problem;
  }
}

/**
 * Returns the error of a code.
 * @param values - One value for each `{name}` in the texts of the code, which the compiler checks.
 * @param cause - The caught error. Default: none.
 */
export function providerError<C extends ProviderErrorCode>(
  code: C,
  values: ProviderErrorValues<C>,
  cause?: unknown,
): ProviderError {
  const { message, fix } = catalogue[code];
  return new ProviderError(code, filled(message, values), filled(fix, values), cause);
}

/**
 * Returns the error of a failed write: `state-folder-full` or `state-folder-unwritable`. An error that is not a system
 * error is returned unchanged.
 */
export function writeFailure(path: string, error: unknown): Error {
  if (error instanceof ProviderError) return error;
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") return providerError("state-folder-full", { path, reason: code }, error);
  if (code !== undefined) return providerError("state-folder-unwritable", { path, reason: reasonOf(error) }, error);
  return error instanceof Error ? error : new Error(reasonOf(error));
}
