/**
 * The resources of the in-project provider `kit`, as classes for the Pulumi program.
 * The plugin behind them is started by the engine from this folder (`Pulumi.yaml`, `plugins.providers`).
 */
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

/** The issuer of a leaf: an authority, or its two outputs. */
export interface CertificateIssuer {
  certificatePem: pulumi.Input<string>;
  /** Secret. */
  privateKeyPem: pulumi.Input<string>;
}

/** Arguments of {@link Certificate}. */
export interface CertificateArgs {
  /** `authority`: self-signed, may sign leaves. `leaf`: signed by `issuer`, which it needs. */
  kind: pulumi.Input<"authority" | "leaf">;
  /** The subject is exactly `CN=<commonName>`. */
  commonName: pulumi.Input<string>;
  issuer?: pulumi.Input<CertificateIssuer>;
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Extended key usages of a leaf. Default: server and client. */
  usages?: pulumi.Input<pulumi.Input<"server" | "client">[]>;
  /** From now; a leaf never outlives its issuer. */
  validityHours: pulumi.Input<number>;
  /** Renewed by the first `up` that runs so many hours before the end, or later. */
  renewBeforeHours: pulumi.Input<number>;
}

/** Only the two texts, also when a whole authority is given: a resource would travel as a mere reference. */
function issuerPair(issuer: pulumi.Input<CertificateIssuer>): pulumi.Input<CertificateIssuer> {
  if (pulumi.Output.isInstance(issuer) || issuer instanceof Promise) {
    return pulumi
      .output(issuer)
      .apply((value) =>
        pulumi
          .all([value.certificatePem, value.privateKeyPem])
          .apply(([certificatePem, privateKeyPem]) => ({ certificatePem, privateKeyPem })),
      );
  }
  return { certificatePem: issuer.certificatePem, privateKeyPem: issuer.privateKeyPem };
}

/**
 * An X.509 certificate with its key, EC P-256. A renewed authority keeps its key, so leaves that
 * are out there stay valid; a renewed leaf gets a new one.
 */
export class Certificate extends pulumi.CustomResource {
  /** PEM. */
  declare readonly certificatePem: pulumi.Output<string>;
  /** PEM: the leaf, then its issuer. An authority: itself. */
  declare readonly chainPem: pulumi.Output<string>;
  /** PKCS #8 PEM. Secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /** JSON text of the public key as a JWK with `kid` (its RFC 7638 thumbprint), `alg` ES256, `use` sig. */
  declare readonly publicJwk: pulumi.Output<string>;
  /** ISO 8601. */
  declare readonly notAfter: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, options?: pulumi.CustomResourceOptions) {
    super(
      "kit:index:Certificate",
      name,
      {
        ...args,
        ...(args.issuer !== undefined && { issuer: issuerPair(args.issuer) }),
        certificatePem: undefined,
        chainPem: undefined,
        privateKeyPem: undefined,
        publicJwk: undefined,
        notAfter: undefined,
      },
      pulumi.mergeOptions({ additionalSecretOutputs: ["privateKeyPem"] }, options ?? {}),
    );
  }
}

/** Arguments of {@link Password}. */
export interface PasswordArgs {
  /** Characters, 16 to 256. Default 32, which is 192 bits. A change makes a new password. */
  length?: pulumi.Input<number>;
}

/** A random password of letters, digits, `-` and `_`, kept in the stack's state as a secret. */
export class Password extends pulumi.CustomResource {
  /** Secret. */
  declare readonly value: pulumi.Output<string>;

  constructor(name: string, args: PasswordArgs = {}, options?: pulumi.CustomResourceOptions) {
    super(
      "kit:index:Password",
      name,
      { ...args, value: undefined },
      pulumi.mergeOptions({ additionalSecretOutputs: ["value"] }, options ?? {}),
    );
  }
}

/** Arguments of {@link File}. */
export interface FileArgs {
  /** Absolute path. A change makes a new file and removes the old one. */
  path: pulumi.Input<string>;
  /** Text, UTF-8. May be secret. */
  content: pulumi.Input<string>;
  /** Octal permission bits. Default `"0600"`. */
  mode?: pulumi.Input<string>;
}

/** A file that follows the program: written by `up`, mended when missing or changed by hand, removed by `destroy`. */
export class File extends pulumi.CustomResource {
  declare readonly path: pulumi.Output<string>;
  declare readonly content: pulumi.Output<string>;
  declare readonly mode: pulumi.Output<string | undefined>;

  constructor(name: string, args: FileArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:File", name, { ...args }, options);
  }
}

/** A reference from one schema to a version of another subject. */
export interface SchemaReference {
  name: pulumi.Input<string>;
  subject: pulumi.Input<string>;
  version: pulumi.Input<number>;
}

/** Arguments of {@link SchemaSubject}. */
export interface SchemaSubjectArgs {
  /** Base of a Confluent-compatible API, for Apicurio with `/apis/ccompat/v7`. */
  registryUrl: pulumi.Input<string>;
  /** A change registers a new subject and removes the old one. */
  subject: pulumi.Input<string>;
  /** The schema as text. */
  schema: pulumi.Input<string>;
  /** Default `AVRO`. */
  schemaType?: pulumi.Input<"AVRO" | "JSON" | "PROTOBUF">;
  references?: pulumi.Input<pulumi.Input<SchemaReference>[]>;
  /** Compatibility level of the subject. */
  compatibility: pulumi.Input<
    "BACKWARD" | "BACKWARD_TRANSITIVE" | "FORWARD" | "FORWARD_TRANSITIVE" | "FULL" | "FULL_TRANSITIVE" | "NONE"
  >;
}

/**
 * A subject of the schema registry with its newest schema. The registry is asked during preview
 * whether the schema is compatible; a registry that is not there yet is not an error then.
 * Removing the resource soft-deletes the subject: use `deletedWith` where the registry goes too.
 */
export class SchemaSubject extends pulumi.CustomResource {
  declare readonly registryUrl: pulumi.Output<string>;
  declare readonly subject: pulumi.Output<string>;
  declare readonly schema: pulumi.Output<string>;
  declare readonly compatibility: pulumi.Output<string>;
  /** Id in the wire format's header. */
  declare readonly schemaId: pulumi.Output<number>;
  /** Version within the subject, from 1. */
  declare readonly version: pulumi.Output<number>;

  constructor(name: string, args: SchemaSubjectArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:SchemaSubject", name, { ...args, schemaId: undefined, version: undefined }, options);
  }
}

/** Where and as whom the plugin connects to PostgreSQL. */
export interface PostgresConnection {
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  database: pulumi.Input<string>;
  user: pulumi.Input<string>;
  /** Secret. */
  password: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate (verify-full). Absent: no TLS. */
  caPem?: pulumi.Input<string>;
}

/** One migration file. */
export interface MigrationFile {
  /** Orders the files, for example `0001`. Unique. */
  version: pulumi.Input<string>;
  name: pulumi.Input<string>;
  /** Plain SQL, run in one transaction. */
  sql: pulumi.Input<string>;
}

/** Arguments of {@link Migration}. */
export interface MigrationArgs {
  connection: pulumi.Input<PostgresConnection>;
  /** Role that runs the files and owns what they make (`SET ROLE`). Default: the connection's user. */
  role?: pulumi.Input<string>;
  /** All files, in any order. An applied one must not change or vanish. */
  migrations: pulumi.Input<pulumi.Input<MigrationFile>[]>;
  /** Statements that may be repeated, run as the connection's user before the files. */
  preamble?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * The schema of one database: ordered SQL files, each applied once, in a transaction of its own,
 * remembered with its checksum in the table `schema_migrations`. Removing the resource leaves the data.
 */
export class Migration extends pulumi.CustomResource {
  declare readonly applied: pulumi.Output<{ version: string; name: string; checksum: string }[]>;

  constructor(name: string, args: MigrationArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:Migration", name, { ...args, applied: undefined }, options);
  }
}

/** Arguments of {@link PostgresAdministrator}. */
export interface PostgresAdministratorArgs {
  /** As the administrator, to any database. */
  connection: pulumi.Input<PostgresConnection>;
}

/**
 * A PostgreSQL administrator without superuser rights that may act as the roles it makes: from PostgreSQL 16 on it needs a setting of its
 * role for that, without which no database can have another owner. The setting stays when the resource goes.
 */
export class PostgresAdministrator extends pulumi.CustomResource {
  declare readonly prepared: pulumi.Output<boolean>;

  constructor(name: string, args: PostgresAdministratorArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:PostgresAdministrator", name, { ...args, prepared: undefined }, options);
  }
}

/** Arguments of {@link TopicLedger}. */
export interface TopicLedgerArgs {
  /** Every topic of the platform by name; `declared` where a product team declares it. */
  topics: pulumi.Input<Record<string, pulumi.Input<{ partitions: pulumi.Input<number>; declared?: boolean }>>>;
  /** The stack's factor on every topic's partitions; a refusal names it where it went down. */
  partitionFactor?: pulumi.Input<number>;
  /** Declared topics that may be removed; absent: every one may. */
  removals?: pulumi.Input<readonly string[]>;
}

/**
 * The memory of the topics that were applied. Lowering a partition count is refused before anything is
 * touched, because the Kafka provider would delete the topic with its data to make it anew; so is the removal
 * of a declared topic, where removals need a permission.
 * Let the topics depend on the ledger.
 */
export class TopicLedger extends pulumi.CustomResource {
  declare readonly topics: pulumi.Output<Record<string, { partitions: number }>>;

  constructor(name: string, args: TopicLedgerArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:TopicLedger", name, { ...args }, options);
  }
}

/** Arguments of {@link ClusterLedger}: the footprint that `components/plan/cluster-guard.ts` judges. */
export interface ClusterLedgerArgs {
  cluster: pulumi.Input<string>;
  /** In order: a zone's place gives its brokers their ids. */
  zones: pulumi.Input<readonly string[]>;
  brokersPerZone: pulumi.Input<number>;
  controllers: pulumi.Input<number>;
  /** Largest replication factor of any topic. */
  replicationFactor: pulumi.Input<number>;
  /** Bytes. */
  brokerVolumes: pulumi.Input<readonly number[]>;
  /** Bytes. */
  controllerVolume: pulumi.Input<number>;
  /** Empty: the cluster's default. */
  brokerStorageClass: pulumi.Input<string>;
  controllerStorageClass: pulumi.Input<string>;
  metadataVersion: pulumi.Input<string>;
  /** Whether partitions are moved away from brokers before they go. */
  rebalances: pulumi.Input<boolean>;
}

/**
 * The memory of the size a cluster was given. A change that would lose or strand data (a zone or a volume taken away, fewer
 * brokers than replicas, a smaller disk, another number of controllers) is refused before anything is touched.
 */
export class ClusterLedger extends pulumi.CustomResource {
  constructor(name: string, args: ClusterLedgerArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:ClusterLedger", name, { ...args }, options);
  }
}

/** Arguments of {@link KafkaRollout}. */
export interface KafkaRolloutArgs {
  /** Context of the kubeconfig. Default: the current one. */
  context?: pulumi.Input<string>;
  /** A change makes a new resource. */
  namespace: pulumi.Input<string>;
  /** Name of the Kafka resource. A change makes a new resource. */
  cluster: pulumi.Input<string>;
  /** Pools of the cluster, and how many pods each must have ready. */
  pools: pulumi.Input<readonly { readonly name: string; readonly replicas: number }[]>;
  /** Digest of what is declared: a change of it is what is waited for. */
  declared: pulumi.Input<string>;
  timeoutSeconds: pulumi.Input<number>;
}

/**
 * Waits until Strimzi has rolled out what is declared of a Kafka cluster: the Kafka resource is Ready, every pool was seen by the operator and has all its
 * pods ready. Tells conditions as they come, and fails early when a pod crash-loops, cannot be scheduled, or has no image. Let it depend on the objects.
 */
export class KafkaRollout extends pulumi.CustomResource {
  /** Listeners as the Kafka resource's status reports them, read again in each run. */
  declare readonly listeners: pulumi.Output<unknown[]>;

  constructor(name: string, args: KafkaRolloutArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:KafkaRollout", name, { ...args, listeners: undefined }, options);
  }
}
