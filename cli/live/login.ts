/** Makes a read-only login from a command's options or from the running local platform. */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { auditorPrincipal } from "../../components/plan/access/auditor.ts";
import { flag, text } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import { readDeclaredStatus } from "../platform/platform-status.ts";
import type { ClusterLogin } from "./broker-connection.ts";

/** Addresses to read from. */
export interface LiveLogin {
  readonly cluster: ClusterLogin;
  /** Base address of the registry's Confluent-compatible API; absent: the registry is not read. */
  readonly registry?: string;
}

/** Adds the options of {@link liveLogin} to a command. */
export function configureLogin(command: Command): Command {
  return command
    .option("--bootstrap <host:port,…>", "brokers to ask (default: the local platform's)")
    .option("--ca <file>", "certificate of the authority that signed the brokers' (PEM)")
    .option("--username <name>", `SCRAM-SHA-512 user, such as ${auditorPrincipal}`)
    .option("--password-file <file>", "file with its password")
    .option("--cert <file>", "client certificate (PEM) instead of a user")
    .option("--key <file>", "its key (PEM)")
    .option("--plaintext", "no TLS, for a test cluster")
    .option("--registry <url>", "schema registry's Confluent-compatible API");
}

/**
 * The login from the options; without `--bootstrap` the local platform's auditor.
 * @throws KitError `KIT_USAGE`, `KIT_FILE_UNREADABLE`, `KIT_PLATFORM_NOT_RUNNING`, `KIT_STATUS_UNREADABLE`.
 */
export async function liveLogin(
  context: CommandContext,
  options: Readonly<Record<string, unknown>>,
): Promise<LiveLogin> {
  const registry = text(options, "registry");
  const bootstrap = text(options, "bootstrap");
  if (bootstrap === undefined) return await localLogin(context, registry);
  const brokers = bootstrap
    .split(",")
    .map((broker) => broker.trim())
    .filter((broker) => broker !== "");
  const wrong = brokers.find((broker) => {
    const port = /^.+:(\d{1,5})$/.exec(broker)?.[1];
    return port === undefined || Number(port) > 65_535;
  });
  if (wrong !== undefined || brokers.length === 0)
    throw new KitError(
      "KIT_USAGE",
      `--bootstrap wants host:port, several with commas; got ${JSON.stringify(wrong ?? bootstrap)}`,
    );
  return {
    cluster: { brokers, ...(await tlsOf(options)), ...(await userOf(options)) },
    ...(registry === undefined ? {} : { registry }),
  };
}

async function tlsOf(options: Readonly<Record<string, unknown>>): Promise<Pick<ClusterLogin, "tls">> {
  const [ca, cert, key] = [text(options, "ca"), text(options, "cert"), text(options, "key")];
  if ((cert === undefined) !== (key === undefined)) throw new KitError("KIT_USAGE", "--cert and --key belong together");
  if (flag(options, "plaintext")) return {};
  if (ca === undefined) throw new KitError("KIT_USAGE", "--bootstrap wants --ca (or --plaintext for a test cluster)");
  return {
    tls: {
      ca: await read(ca),
      ...(cert === undefined || key === undefined ? {} : { cert: await read(cert), key: await read(key) }),
    },
  };
}

async function userOf(options: Readonly<Record<string, unknown>>): Promise<Pick<ClusterLogin, "user">> {
  const [name, file] = [text(options, "username"), text(options, "passwordFile")];
  if ((name === undefined) !== (file === undefined))
    throw new KitError("KIT_USAGE", "--username and --password-file belong together");
  return name === undefined || file === undefined ? {} : { user: { name, password: (await read(file)).trim() } };
}

async function localLogin(context: CommandContext, registry: string | undefined): Promise<LiveLogin> {
  const status = await readDeclaredStatus(context.stateDir);
  if (status === undefined) throw new KitError("KIT_PLATFORM_NOT_RUNNING", "it was never brought up");
  const { endpoints, files } = status;
  const logins: unknown = JSON.parse(await read(files.credentials));
  const password = passwordOf(logins, auditorPrincipal);
  if (password === undefined)
    throw new KitError("KIT_STATUS_UNREADABLE", `${files.credentials} has no Kafka password of ${auditorPrincipal}`);
  return {
    cluster: {
      brokers: endpoints.kafka.bootstrap,
      tls: { ca: await read(files.ca) },
      user: { name: auditorPrincipal, password },
    },
    registry: registry ?? endpoints.registry,
  };
}

function passwordOf(logins: unknown, principal: string): string | undefined {
  if (typeof logins !== "object" || logins === null || !Object.hasOwn(logins, principal)) return undefined;
  const login: unknown = Object.entries(logins).find(([name]) => name === principal)?.[1];
  return typeof login === "object" && login !== null && "kafka" in login && typeof login.kafka === "string"
    ? login.kafka
    : undefined;
}

async function read(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((cause: unknown) => {
    throw new KitError("KIT_FILE_UNREADABLE", `${file} (${cause instanceof Error ? cause.message : String(cause)})`, {
      cause,
    });
  });
}
