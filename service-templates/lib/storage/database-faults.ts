/**
 * Classifies errors of PostgreSQL and its client by their cause: the server, the service's own statements, rights or
 * credentials, or the data of the record in progress. Only the last is a reason to give a record up. Pure.
 */

/** The cause of a database error. */
export type DatabaseFault =
  /** The server is down, restarting, or out of resources: the same work succeeds later. */
  | "unavailable"
  /** Another transaction held a lock or caused a conflict: the same work succeeds in a moment. */
  | "contention"
  /** Statements and tables do not match: a live migration, or a service older or newer than its database. */
  | "schema"
  /** The role lacks a right on an object. */
  | "rights"
  /** The server refuses the login, or the client refuses the server's certificate. */
  | "credentials"
  /** The server is read-only: a replica, or a database that was set to read only. */
  | "read-only"
  /** The statement exceeded its timeout, or was cancelled. */
  | "timeout"
  /** The values. */
  | "data";

/** Faults by SQLSTATE; a state takes precedence over its class. See PostgreSQL's appendix A. */
const STATES: Readonly<Record<string, DatabaseFault>> = {
  "25006": "read-only",
  // The transaction failed before, or was ended while idle.
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
  // A feature that is not supported (also: a cached plan whose result changed), an unknown prepared statement, objects
  // that depend on another, an unknown database or schema, a statement that does not match the tables.
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
/** Error codes of Node's TLS. */
const CERTIFICATE_CODE = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/u;
/** Error codes of Node and of the system begin with other letters. */
const SQLSTATE = /^(?:[0-9][0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/u;
/** node-postgres reports these without a code. */
const UNAVAILABLE_MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|connection is insecure|not queryable/u;
const CREDENTIALS_MESSAGE = /^SASL|does not support SSL/u;

/** Returns the cause of an error; undefined if it did not come from the database. */
export function databaseFaultOf(error: unknown): DatabaseFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") {
    if (NETWORK_CODES.includes(code)) return "unavailable";
    if (CERTIFICATE_CODE.test(code)) return "credentials";
    if (SQLSTATE.test(code)) {
      // A violation of row-level security is a fault of the row, but has the code of a missing right.
      if (code === "42501" && error.message.includes("row-level security")) return "data";
      return STATES[code] ?? CLASSES[code.slice(0, 2)] ?? "data";
    }
  }
  if (error instanceof AggregateError) return error.errors.map(databaseFaultOf).find((fault) => fault !== undefined);
  if (UNAVAILABLE_MESSAGE.test(error.message)) return "unavailable";
  return CREDENTIALS_MESSAGE.test(error.message) ? "credentials" : undefined;
}

/** Returns whether the database, or its use by the service, is at fault, and not the values: other work would fail too. */
export function isDatabaseAtFault(error: unknown): boolean {
  const fault = databaseFaultOf(error);
  return fault !== undefined && fault !== "data";
}

/**
 * Returns whether a prepared statement may be out of date: its tables changed (0A000), the server no longer has it
 * (26000, after DISCARD or behind a pooler), or has another one with its name (42P05). The caller finds out by
 * preparing it again.
 */
export function isStalePlan(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return code === "0A000" || code === "26000" || code === "42P05";
}
