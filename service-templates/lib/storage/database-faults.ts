/**
 * What an error of PostgreSQL or of its client says about who is at fault: the server, the service's own
 * statements, rights or credentials, or the data of the one record that was being worked on. Only the last
 * is a reason to give a record up. Pure.
 */

/** Who or what an error of the database blames. */
export type DatabaseFault =
  /** The server is away, restarting, or out of resources: the same work succeeds later. */
  | "unavailable"
  /** Another transaction was in the way: the same work succeeds in a moment. */
  | "contention"
  /** Statements and tables do not match: a live migration, or a service older or newer than its database. */
  | "schema"
  /** The role lacks a right on an object. */
  | "rights"
  /** The server refuses the login, or the client refuses the server's certificate. */
  | "credentials"
  /** The server takes no changes: a replica, or a database that was set to read only. */
  | "read-only"
  /** The statement ran longer than its limit, or somebody cancelled it. */
  | "timeout"
  /** The values. */
  | "data";

/** By SQLSTATE; a state comes before its class. See PostgreSQL's appendix A. */
const STATES: Readonly<Record<string, DatabaseFault>> = {
  "25006": "read-only",
  // Of a transaction that failed before, or was cut off while idle.
  "25P02": "unavailable",
  "25P03": "unavailable",
  "25P04": "unavailable",
  "40001": "contention",
  "40003": "unavailable",
  "40P01": "contention",
  "42501": "rights",
  "55006": "contention",
  "55P03": "contention",
  "57014": "timeout",
};
const CLASSES: Readonly<Record<string, DatabaseFault>> = {
  "08": "unavailable",
  "53": "unavailable",
  "57": "unavailable",
  "58": "unavailable",
  // A feature that is not supported (also: a cached plan whose result changed), an unknown prepared statement, objects that
  // depend on another, an unknown database or schema, a statement that does not fit the tables.
  "0A": "schema",
  "26": "schema",
  "2B": "schema",
  "3D": "schema",
  "3F": "schema",
  "42": "schema",
  "0L": "rights",
  "0P": "rights",
  "28": "credentials",
};
const NETWORK_CODES = [
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
];
/** Codes of Node's TLS. */
const CERTIFICATE_CODE = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/u;
/** Codes of Node and of the system begin with other letters. */
const SQLSTATE = /^(?:[0-9][0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/u;
/** node-postgres reports these without a code. */
const UNAVAILABLE_MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|connection is insecure|not queryable/u;
const CREDENTIALS_MESSAGE = /^SASL|does not support SSL/u;

/** What an error blames; undefined for one that did not come from the database. */
export function databaseFaultOf(error: unknown): DatabaseFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") {
    if (NETWORK_CODES.includes(code)) return "unavailable";
    if (CERTIFICATE_CODE.test(code)) return "credentials";
    if (SQLSTATE.test(code)) {
      // Row-level security judges the row, under the code of a missing right.
      if (code === "42501" && error.message.includes("row-level security")) return "data";
      return STATES[code] ?? CLASSES[code.slice(0, 2)] ?? "data";
    }
  }
  if (error instanceof AggregateError) return error.errors.map(databaseFaultOf).find((fault) => fault !== undefined);
  if (UNAVAILABLE_MESSAGE.test(error.message)) return "unavailable";
  return CREDENTIALS_MESSAGE.test(error.message) ? "credentials" : undefined;
}

/** Whether the database, or how the service uses it, is at fault, and not the values: other work would fare no better. */
export function isDatabaseAtFault(error: unknown): boolean {
  const fault = databaseFaultOf(error);
  return fault !== undefined && fault !== "data";
}

/**
 * Whether a prepared statement may be out of date: its tables changed under it (0A000), the server forgot it (26000,
 * after DISCARD or behind a pooler), or has another one of its name (42P05). Preparing it again tells.
 */
export function isStalePlan(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return code === "0A000" || code === "26000" || code === "42P05";
}
