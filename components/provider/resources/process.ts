import * as pulumi from "@pulumi/pulumi";

/** A file that a process needs at start. */
export interface ProcessFile {
  /** Absolute path. Missing parent folders are created (0755, or 0700 if only the owner may read the file). */
  path: pulumi.Input<string>;
  /** Text, UTF-8. May be secret: mark it with `pulumi.secret` and keep the default of `mode`. */
  content: pulumi.Input<string>;
  /** Octal permission bits. Default: `"0600"`. */
  mode?: pulumi.Input<string>;
}

/** A data folder of a process. It is created before the start, and deleted only with the resource. */
export interface ProcessDirectory {
  /** Absolute path. */
  path: pulumi.Input<string>;
  /** Octal permission bits. Default: `"0700"`. */
  mode?: pulumi.Input<string>;
}

/** A one-time preparation, for example `initdb`. */
export interface ProcessPreparation {
  /** Argument vector with the absolute path of the program first. Never secrets. */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Path that exists after the step. If it exists, the step is skipped. An interrupted preparation is not trusted: its
   * output in folders that were empty before is removed, and the step runs again.
   */
  creates: pulumi.Input<string>;
  /** Variables that are added to the environment of the process. Default: none. */
  env?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** A TCP port that a process listens on. */
export interface ProcessPort {
  /** Purpose of the port, for example `client`. */
  name: pulumi.Input<string>;
  /** Address that the process binds, for example `127.0.0.1`. */
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
}

/** Condition under which a process counts as started: exactly one of `tcp`, `http`, `log`, `command`. */
export interface ProcessReadiness {
  /** Ready when the address accepts a connection. */
  tcp?: pulumi.Input<{ host: pulumi.Input<string>; port: pulumi.Input<number> }>;
  /** Ready when a GET answers with `status` (default: 200). */
  http?: pulumi.Input<{ url: pulumi.Input<string>; status?: pulumi.Input<number> }>;
  /** Ready when a line written since this start matches the regular expression. */
  log?: pulumi.Input<{ pattern: pulumi.Input<string> }>;
  /** Ready when the command exits with 0. Argument vector with the absolute path of the program first. */
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /** Timeout of the whole wait, in seconds. */
  timeoutSeconds: pulumi.Input<number>;
}

/** How a process is stopped: `signal` to its process group, then SIGKILL after `graceSeconds`. */
export interface ProcessStop {
  /** `SIGTERM`, `SIGINT` or `SIGQUIT`. Default: `SIGTERM`. */
  signal?: pulumi.Input<"SIGTERM" | "SIGINT" | "SIGQUIT">;
  /** Default: 10. */
  graceSeconds?: pulumi.Input<number>;
}

/** Arguments of {@link Process}. */
export interface ProcessArgs {
  /** Name, unique in the state directory: letters, digits, `-`, `_` and `.`. A change replaces the process. */
  name: pulumi.Input<string>;
  /** Role in the platform. `kit down` stops the processes role by role. Display only. */
  role: pulumi.Input<"controller" | "broker" | "registry" | "database" | "cache" | "service" | "maintenance">;
  /** Failure domain of the process, for example `zone-a`. Display only. */
  zone?: pulumi.Input<string>;
  /** Argument vector with the absolute path of the program first. Never secrets: any user of the machine can read it. */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /** The whole environment besides PATH, HOME, LANG and TZ, which are inherited. No secrets: use files for them. */
  env?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Default: the state directory. */
  workingDirectory?: pulumi.Input<string>;
  /**
   * Files, written atomically before the start, only if different. They are restored if changed by hand, and removed
   * with the resource.
   */
  files?: pulumi.Input<pulumi.Input<ProcessFile>[]>;
  /** Data folders. */
  directories?: pulumi.Input<pulumi.Input<ProcessDirectory>[]>;
  /** Preparations, run in order before the start. Each runs only while the path that it creates does not exist. */
  prepare?: pulumi.Input<pulumi.Input<ProcessPreparation>[]>;
  /** Whether to switch to another user if the platform runs as root, because some servers refuse root. Default: false. */
  unprivileged?: pulumi.Input<boolean>;
  /** Ports that must be free before the start. They are free again after the end. */
  ports: pulumi.Input<pulumi.Input<ProcessPort>[]>;
  readiness: pulumi.Input<ProcessReadiness>;
  stop?: pulumi.Input<ProcessStop>;
  /** `maxBytes` limits the log (default: 10 MiB). One older part stays beside it as `.1`. */
  log?: pulumi.Input<{ maxBytes?: pulumi.Input<number> }>;
  /** Absolute path of the substrate's folder: records in `run/`, logs in `logs/`. A change replaces the process. */
  stateDir: pulumi.Input<string>;
  /** Token whose change restarts the process, for example a digest of the code that the command runs. */
  restartToken?: pulumi.Input<string>;
}

/**
 * A supervised process on this machine. It outlives the engine. It is restarted only if its specification changed, and
 * the next `pulumi up` restarts it if it was killed. Updates of `role`, `zone`, `prepare`, `readiness`, `stop` and
 * `log` change the record, not the process.
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
  /** Process id; 0 if the process is known not to run. */
  declare readonly pid: pulumi.Output<number>;
  /** ISO 8601. */
  declare readonly startedAt: pulumi.Output<string>;
  /** Absolute path of its log: standard output and standard error together. */
  declare readonly logFile: pulumi.Output<string>;
  /** Digest of everything whose change restarts the process. */
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
