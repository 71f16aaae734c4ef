/** A connection to one broker of a cluster through the Kafka client. It converts the client's errors to the kit's. */
import type { EventEmitter } from "node:events";
import { isIP, type Socket } from "node:net";
import { AuthenticationError, Connection, NetworkError, ProtocolError, ResponseError } from "@platformatic/kafka";
import { KitError } from "../errors.ts";

/** Addresses and credentials of a cluster. */
export interface ClusterLogin {
  /** `host:port`, an IPv6 host in brackets; the first that answers is used. */
  readonly brokers: readonly string[];
  /** Absent: plain text. `cert` and `key` for mutual TLS; all PEM. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
  /** SCRAM-SHA-512. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** Timeouts. */
export interface BrokerLimits {
  /** For the connection, including TLS and login, in ms. */
  readonly connectMs: number;
  /** For the answer to one request, in ms. */
  readonly requestMs: number;
  /** Closes the connection at once: a failed caller must not wait for a server. */
  readonly signal?: AbortSignal;
}

const CLIENT_ID = "kit-audit";

/**
 * Connects to the first broker that answers, and logs in.
 * @throws KitError `KIT_SERVER_UNREACHABLE`, `KIT_LOGIN_REFUSED`.
 */
export async function connectCluster(login: ClusterLogin, limits: BrokerLimits): Promise<Connection> {
  let failure: unknown;
  for (const broker of login.brokers) {
    if (limits.signal?.aborted === true) break;
    try {
      return await connectBroker(broker, login, limits);
    } catch (cause) {
      failure = cause;
    }
  }
  throw readingError(failure, login);
}

async function connectBroker(address: string, { tls, user }: ClusterLogin, limits: BrokerLimits): Promise<Connection> {
  const colon = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), Number(address.slice(colon + 1))];
  const connection = new Connection(CLIENT_ID, {
    connectTimeout: limits.connectMs,
    requestTimeout: limits.requestMs,
    ...(tls === undefined ? {} : { tls }),
    // Certificates may be issued to an address, but TLS server names must be host names.
    tlsServerName: isIP(host) === 0,
    ...(user === undefined
      ? {}
      : { sasl: { mechanism: "SCRAM-SHA-512", username: user.name, password: user.password } }),
  });
  // The client also rejects the requests in progress; an error event without a listener would end the process.
  connection.on("error", () => undefined);
  try {
    const connected = connection.connect(host, port);
    endOnFault(connection.socket);
    limits.signal?.addEventListener("abort", () => connection.socket.destroy(new Error("the reading was stopped")), {
      once: true,
    });
    await connected;
    return connection;
  } catch (error) {
    // The client closes only its own half; a server that keeps the other half open would keep the process running.
    connection.socket.destroy();
    throw error;
  }
}

/**
 * Closes a connection whose bytes the client cannot read. The client throws in the socket's callback, where an error ends the
 * process. The requests in progress then fail with a closed connection.
 */
function endOnFault(socket: Socket): void {
  const emitter: EventEmitter = socket;
  const emit = emitter.emit.bind(emitter);
  emitter.emit = (event, ...args: unknown[]) => {
    try {
      return emit(event, ...args);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
      return true;
    }
  };
}

/** A broker's answers to a principal without a right or with wrong credentials. */
const REFUSALS: ReadonlySet<string> = new Set([
  "TOPIC_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "UNSUPPORTED_SASL_MECHANISM",
  "ILLEGAL_SASL_STATE",
  "SASL_AUTHENTICATION_FAILED",
]);

/** Converts an error of the client to the kit's error. */
export function readingError(cause: unknown, { brokers, tls, user }: ClusterLogin): KitError {
  const errors = errorsOf(cause);
  const text = [...new Set(errors.flatMap(textsOf))].join(" ").slice(0, 500);
  if (errors.some(isRefusal))
    return new KitError(
      "KIT_LOGIN_REFUSED",
      `${user?.name ?? "the client certificate"} at ${brokers[0] ?? ""}: ${text}`,
      {
        cause,
      },
    );
  const hint = errors.some((error) => error instanceof NetworkError && error.message.startsWith("Connection closed"))
    ? `; is this a broker's listener ${tls === undefined ? "without" : "with"} TLS and ${user !== undefined ? "with SCRAM-SHA-512" : tls?.cert === undefined ? "without login" : "for client certificates"}?`
    : "";
  return new KitError("KIT_SERVER_UNREACHABLE", `Kafka at ${brokers.join(", ")}: ${text}${hint}`, { cause });
}

/** An error and all its causes, outermost first. */
function errorsOf(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [new Error(String(error))];
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  return [error, ...inner.flatMap(errorsOf)];
}

function textsOf(error: Error): readonly string[] {
  if (error instanceof ProtocolError) return [`${error.apiId}: ${error.serverErrorMessage ?? error.message}`];
  if (error instanceof ResponseError && Array.isArray(error.response?.mechanisms))
    return [error.message, `The broker offers ${error.response.mechanisms.join(", ") || "no mechanism"}.`];
  return [error.message];
}

function isRefusal(error: Error): boolean {
  if (error instanceof ProtocolError) return REFUSALS.has(error.apiId);
  // The cause decides: a login also fails when the connection breaks.
  return error instanceof AuthenticationError && error.cause === undefined;
}
