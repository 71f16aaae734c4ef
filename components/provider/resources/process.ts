import * as pulumi from "@pulumi/pulumi";

/** A file that a process finds in place when it starts. */
export interface ProcessFile {
  /** Absolute path. Missing parent folders are made (0755, or 0700 where the file is only the owner's). */
  path: pulumi.Input<string>;
  /** Text, UTF-8. May be secret: mark it with `pulumi.secret` and keep `mode` at its default. */
  content: pulumi.Input<string>;
  /** Octal permission bits. Default `"0600"`. */
  mode?: pulumi.Input<string>;
}

/** A data folder of a process: made before the start, deleted with the resource and never earlier. */
export interface ProcessDirectory {
  /** Absolute path. */
  path: pulumi.Input<string>;
  /** Octal permission bits. Default `"0700"`. */
  mode?: pulumi.Input<string>;
}

/** A one-time preparation, for example `initdb`. */
export interface ProcessPreparation {
  /** Argument vector, absolute program first. Never secrets. */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Path that exists once the step is done; the step is skipped then. An interrupted preparation is
   * not trusted: what it left in the folders it had found empty is removed, and it runs again.
   */
  creates: pulumi.Input<string>;
  /** Added to the environment of the process. */
  env?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** A TCP port that a process listens on. */
export interface ProcessPort {
  /** What the port is for, for example `client`. */
  name: pulumi.Input<string>;
  /** Address it is bound to, for example `127.0.0.1`. */
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
}

/** When a process counts as started: exactly one of `tcp`, `http`, `log`, `command`. */
export interface ProcessReadiness {
  /** Ready when a connection is accepted. */
  tcp?: pulumi.Input<{ host: pulumi.Input<string>; port: pulumi.Input<number> }>;
  /** Ready when a GET answers with `status` (default 200). */
  http?: pulumi.Input<{ url: pulumi.Input<string>; status?: pulumi.Input<number> }>;
  /** Ready when a line written since this start matches the regular expression. */
  log?: pulumi.Input<{ pattern: pulumi.Input<string> }>;
  /** Ready when the command ends with 0. Argument vector, absolute program first. */
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /** Limit of the whole wait, in seconds. */
  timeoutSeconds: pulumi.Input<number>;
}

/** How a process is ended: `signal` to its process group, then SIGKILL after `graceSeconds`. */
export interface ProcessStop {
  /** `SIGTERM` (default), `SIGINT` or `SIGQUIT`. */
  signal?: pulumi.Input<"SIGTERM" | "SIGINT" | "SIGQUIT">;
  /** Default 10. */
  graceSeconds?: pulumi.Input<number>;
}

/** Arguments of {@link Process}. */
export interface ProcessArgs {
  /** Unique in the state folder; letters, digits, `-`, `_` and `.`. A change makes a new process. */
  name: pulumi.Input<string>;
  /** What it is in the platform; `kit down` stops role by role. A display field. */
  role: pulumi.Input<"controller" | "broker" | "registry" | "database" | "cache" | "service" | "maintenance">;
  /** Failure domain it belongs to, for example `zone-a`. A display field. */
  zone?: pulumi.Input<string>;
  /** Argument vector, absolute program first. Never secrets: any user of the machine can read it. */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /** The whole environment besides PATH, HOME, LANG and TZ, which are inherited. No secrets: give files. */
  env?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Default: the state folder. */
  workingDirectory?: pulumi.Input<string>;
  /** Written before the start, atomically, only when different; mended when changed by hand; removed with the resource. */
  files?: pulumi.Input<pulumi.Input<ProcessFile>[]>;
  /** Data folders. */
  directories?: pulumi.Input<pulumi.Input<ProcessDirectory>[]>;
  /** Run in order before the start, each only while what it creates does not exist. */
  prepare?: pulumi.Input<pulumi.Input<ProcessPreparation>[]>;
  /** When the platform runs as root, drop to another user (some servers refuse root). Default false. */
  unprivileged?: pulumi.Input<boolean>;
  /** Must be free before the start, and are free again after the end. */
  ports: pulumi.Input<pulumi.Input<ProcessPort>[]>;
  readiness: pulumi.Input<ProcessReadiness>;
  stop?: pulumi.Input<ProcessStop>;
  /** `maxBytes` bounds the log (default 10 MiB); one older piece is kept beside it as `.1`. */
  log?: pulumi.Input<{ maxBytes?: pulumi.Input<number> }>;
  /** Absolute path of the substrate's folder: records in `run/`, logs in `logs/`. A change makes a new process. */
  stateDir: pulumi.Input<string>;
  /** Any change restarts the process, for example a digest of code that the command runs. */
  restartToken?: pulumi.Input<string>;
}

/**
 * A supervised process on this machine. It outlives the engine, is restarted only when its
 * specification changed, and comes back on the next `pulumi up` when it was killed.
 * Updates of `role`, `zone`, `prepare`, `readiness`, `stop` and `log` touch the record, not the process.
 */
export class Process extends pulumi.CustomResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly role: pulumi.Output<string>;
  declare readonly zone: pulumi.Output<string | undefined>;
  declare readonly command: pulumi.Output<string[]>;
  declare readonly env: pulumi.Output<Record<string, string> | undefined>;
  declare readonly workingDirectory: pulumi.Output<string | undefined>;
  declare readonly files: pulumi.Output<{ path: string; content: string; mode?: string }[] | undefined>;
  declare readonly directories: pulumi.Output<{ path: string; mode?: string }[] | undefined>;
  declare readonly prepare: pulumi.Output<
    { command: string[]; creates: string; env?: Record<string, string> }[] | undefined
  >;
  declare readonly unprivileged: pulumi.Output<boolean | undefined>;
  declare readonly ports: pulumi.Output<{ name: string; host: string; port: number }[]>;
  declare readonly stateDir: pulumi.Output<string>;
  declare readonly restartToken: pulumi.Output<string | undefined>;
  /** Process id; 0 while it is known not to run. */
  declare readonly pid: pulumi.Output<number>;
  /** ISO 8601. */
  declare readonly startedAt: pulumi.Output<string>;
  /** Absolute path of its log: standard output and standard error together. */
  declare readonly logFile: pulumi.Output<string>;
  /** Digest of everything that a change of restarts the process for. */
  declare readonly specification: pulumi.Output<string>;

  constructor(name: string, args: ProcessArgs, options?: pulumi.CustomResourceOptions) {
    super(
      "kit:index:Process",
      name,
      { ...args, pid: undefined, startedAt: undefined, logFile: undefined, specification: undefined },
      options,
    );
  }
}
