/**
 * Connections to the services' servers: Kafka as its administrator, each service's database as the server's administrator.
 * Commands that inspect internals (verify, dead-letter records, chaos) use these, never the services' own APIs.
 */
import { readFile } from "node:fs/promises";
import { Admin } from "@platformatic/kafka";
import pg from "pg";
import { ADMIN_PRINCIPAL } from "../../components/certificates/admin-identity.ts";
import { replayerPrincipal } from "../../components/plan/access/replayer.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import type { Address, DeclaredStatus } from "./platform-status.ts";
import { readDeclaredStatus } from "./platform-status.ts";

/** Connection options of a Kafka client; spread into the options of `Admin`, `Consumer` and `Producer`. */
export interface KafkaConnection {
  readonly clientId: string;
  readonly bootstrapBrokers: string[];
  /** Absent: plain text. Without its own certificate, the client logs in as a user. */
  readonly tls?: {
    readonly ca: string;
    readonly cert?: string;
    readonly key?: string;
    readonly rejectUnauthorized: true;
  };
  readonly sasl?: { readonly mechanism: "SCRAM-SHA-512"; readonly username: string; readonly password: string };
  readonly retries: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds. */
  readonly requestTimeout: number;
}

/** Addresses and credentials of one platform's servers. */
export interface ServerSettings {
  readonly kafka: {
    /** `host:port` of brokers. */
    readonly brokers: readonly string[];
    /** PEM; absent if the listener is plain text. */
    readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
    /** Login of {@link replayerPrincipal} at the listener for services; absent if the platform has none yet. */
    readonly replayer?: { readonly brokers: readonly string[]; readonly ca: string; readonly password: string };
  };
  readonly postgres: Address & {
    readonly user: string;
    /** Absent if the server trusts the connection. */
    readonly password?: string;
    /** PEM; absent: no TLS. */
    readonly ca?: string;
  };
  /** Database by the name of its service. */
  readonly databases: Readonly<Record<string, string>>;
  /** A service's own login to its database, by its name. */
  readonly logins?: Readonly<Record<string, { readonly user: string; readonly password: string }>>;
  /** Base URL of the registry's Confluent-compatible API, with `/apis/ccompat/v7`. */
  readonly registry: string;
}

/** Open connections to a platform's servers. */
export interface ServerAccess {
  /** Admin client with all rights. */
  readonly admin: Admin;
  /** For further clients with the same rights. */
  readonly kafka: KafkaConnection;
  /**
   * For a producer that may only write to consumed topics; dead-letter records are replayed with it.
   * @throws KitError `KIT_STATUS_UNREADABLE` when the platform has no such user yet.
   */
  replayer(): KafkaConnection;
  /** Base URL of the registry's Confluent-compatible API. */
  readonly registry: string;
  /** Services that have a database, sorted. */
  readonly services: readonly string[];
  /**
   * A new connection to a service's database with the server's administrator login; `close` ends it if the caller did not.
   * @throws KitError `KIT_SERVER_UNREACHABLE`.
   */
  database(service: string): Promise<pg.Client>;
  /**
   * The same with the service's own login, which may read and write rows of only that database.
   * @throws KitError `KIT_SERVER_UNREACHABLE`, `KIT_STATUS_UNREADABLE` when its login is unknown.
   */
  databaseAsService(service: string): Promise<pg.Client>;
  close(): Promise<void>;
}

/** Open connections to the running platform. */
export interface PlatformAccess extends ServerAccess {
  /** Its addresses and files, from `status.json`. */
  readonly status: DeclaredStatus;
}

/** Login data of one principal in the credentials file. */
interface Login {
  readonly kafka?: string;
  readonly postgres?: string;
  readonly postgresUser?: string;
  readonly postgresDatabase?: string;
}

const CLIENT_ID = "kit";
const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 20_000;

/** Connections by settings; Kafka and the databases are connected at the first use. */
export function openServers(settings: ServerSettings): ServerAccess {
  const { tls, brokers, replayer } = settings.kafka;
  const kafka: KafkaConnection = {
    clientId: CLIENT_ID,
    bootstrapBrokers: [...brokers],
    ...(tls === undefined ? {} : { tls: { ...tls, rejectUnauthorized: true } }),
    retries: 3,
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  };
  const admin = new Admin(kafka);
  const open = new Set<pg.Client>();
  async function connect(
    service: string,
    login: { readonly user: string; readonly password?: string },
  ): Promise<pg.Client> {
    const database = Object.hasOwn(settings.databases, service) ? settings.databases[service] : undefined;
    if (database === undefined) throw new KitError("KIT_SERVER_UNREACHABLE", `${service} has no database`);
    const { host, port, ca } = settings.postgres;
    const client = new pg.Client({
      host,
      port,
      database,
      ...login,
      ...(ca === undefined ? {} : { ssl: { ca, rejectUnauthorized: true } }),
      application_name: CLIENT_ID,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // If the server goes down, the current query fails; without a listener the error would end the process.
    client.on("error", () => undefined);
    client.once("end", () => open.delete(client));
    await client.connect().catch((cause: unknown) => {
      throw new KitError(
        "KIT_SERVER_UNREACHABLE",
        `PostgreSQL at ${host}:${port}, database ${database}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    });
    open.add(client);
    return client;
  }
  return {
    admin,
    kafka,
    replayer() {
      if (replayer === undefined)
        throw new KitError("KIT_STATUS_UNREADABLE", `the credentials have no Kafka password of ${replayerPrincipal}`);
      const { ca, password } = replayer;
      const sasl = { mechanism: "SCRAM-SHA-512", username: replayerPrincipal, password } as const;
      return { ...kafka, bootstrapBrokers: [...replayer.brokers], tls: { ca, rejectUnauthorized: true }, sasl };
    },
    registry: settings.registry,
    services: Object.keys(settings.databases).toSorted(),
    database: (service) =>
      connect(service, {
        user: settings.postgres.user,
        ...(settings.postgres.password === undefined ? {} : { password: settings.postgres.password }),
      }),
    async databaseAsService(service) {
      const login =
        settings.logins !== undefined && Object.hasOwn(settings.logins, service) ? settings.logins[service] : undefined;
      if (login === undefined)
        throw new KitError("KIT_STATUS_UNREADABLE", `the credentials have no PostgreSQL login of ${service}`);
      return await connect(service, login);
    },
    async close() {
      await Promise.allSettled([...open].map((client) => client.end()));
      await admin.close();
    },
  };
}

/**
 * Connections to the platform of a state directory, found through its `status.json`.
 * @throws KitError `KIT_PLATFORM_NOT_RUNNING` when it was never brought up, `KIT_STATUS_UNREADABLE`.
 */
export async function openPlatform(context: Pick<CommandContext, "stateDir">): Promise<PlatformAccess> {
  const status = await readDeclaredStatus(context.stateDir);
  if (status === undefined) throw new KitError("KIT_PLATFORM_NOT_RUNNING", "it was never brought up");
  const { endpoints, files } = status;
  const [ca, cert, key, credentials] = await Promise.all(
    [files.ca, files.adminCert, files.adminKey, files.credentials].map(read),
  );
  const logins = parseLogins(credentials ?? "", files.credentials);
  const administrator = logins[ADMIN_PRINCIPAL];
  if (administrator?.postgresUser === undefined || administrator.postgres === undefined) {
    throw new KitError("KIT_STATUS_UNREADABLE", `${files.credentials} has no PostgreSQL login of ${ADMIN_PRINCIPAL}`);
  }
  const databases = Object.entries(logins).flatMap(([name, login]) =>
    name === ADMIN_PRINCIPAL || login.postgresDatabase === undefined ? [] : [[name, login.postgresDatabase] as const],
  );
  const ownLogins = Object.entries(logins).flatMap(([name, { postgresUser, postgres }]) =>
    name === ADMIN_PRINCIPAL || postgresUser === undefined || postgres === undefined
      ? []
      : [[name, { user: postgresUser, password: postgres }] as const],
  );
  const replayerPassword = logins[replayerPrincipal]?.kafka;
  const servers = openServers({
    kafka: {
      brokers: endpoints.kafka.admin,
      tls: { ca: ca ?? "", cert: cert ?? "", key: key ?? "" },
      ...(replayerPassword === undefined
        ? {}
        : { replayer: { brokers: endpoints.kafka.bootstrap, ca: ca ?? "", password: replayerPassword } }),
    },
    postgres: {
      ...endpoints.postgres,
      user: administrator.postgresUser,
      password: administrator.postgres,
      ca: ca ?? "",
    },
    databases: Object.fromEntries(databases),
    logins: Object.fromEntries(ownLogins),
    registry: endpoints.registry,
  });
  return { ...servers, status };
}

async function read(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((cause: unknown) => {
    throw new KitError("KIT_STATUS_UNREADABLE", file, { cause });
  });
}

function parseLogins(text: string, file: string): Readonly<Record<string, Login>> {
  try {
    return JSON.parse(text) as Record<string, Login>;
  } catch (cause) {
    throw new KitError("KIT_STATUS_UNREADABLE", file, { cause });
  }
}
