/** PostgreSQL: one pool per service, transactions as functions, and which errors are worth another try. */
import pg from "pg";
import type { DatabaseConfig } from "./config.ts";

/** A row as plain data. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * One statement. With a `name` it is prepared once per connection, which saves parsing and planning
 * on the hot path; names must be unique per text.
 */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  /**
   * True when it changes nothing that outlives it, as a look or a lock: then it may go out together with BEGIN.
   * Anything else waits until the transaction is known to be open. @default false
   */
  readonly harmless?: boolean;
}

/** Something statements can be sent to. */
export interface Queryable {
  query<R extends Row = Row>(statement: Statement): Promise<readonly R[]>;
}

/**
 * A transaction in progress; it ends with the function it was given to. Statements go out at once, in their order,
 * without waiting for the answers to earlier ones: those that do not need each other's answers cost one round trip
 * together. One that is not waited for goes before COMMIT, and when it fails the transaction fails.
 */
export interface Transaction extends Queryable {
  /** Runs after a successful commit, in the order given; never after a rollback. Errors are logged, not thrown. */
  afterCommit(action: () => void | Promise<void>): void;
}

export interface Database extends Queryable {
  /** Runs a function in one READ COMMITTED transaction; commits when it returns, rolls back when it throws. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Largest number of connections. @default 8 */
  readonly connections?: number;
  readonly applicationName: string;
  /** Told of errors on idle connections and in after-commit actions. */
  readonly onError: (error: unknown) => void;
}

export function openDatabase(config: DatabaseConfig, options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    host: config.host, port: config.port, database: config.name, user: config.user, password: config.password,
    // The certificate must name the host that was asked for (`verify-full`).
    ...(config.ca === undefined ? {} : { ssl: { ca: config.ca, rejectUnauthorized: true } }),
    max: options.connections ?? 8,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 15_000,
    // A process that is stopped in the middle must not keep its locks for ever.
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    pipeline: true,
  });
  pool.on("error", options.onError);

  async function send<R extends Row>(client: pg.Pool | pg.PoolClient, statement: Statement): Promise<readonly R[]> {
    const result = await client.query({
      text: statement.text,
      ...(statement.name === undefined ? {} : { name: statement.name }),
      ...(statement.values === undefined ? {} : { values: [...statement.values] }),
    });
    return result.rows as R[];
  }

  return {
    query: (statement) => send(pool, statement),
    async transaction(work) {
      const client = await pool.connect();
      const actions: (() => void | Promise<void>)[] = [];
      let broken: Error | undefined;
      // While a client is checked out the pool does not listen: an unheard error would end the process.
      const onError = (error: Error): void => { broken = error; };
      client.on("error", onError);
      const sent: Promise<unknown>[] = [];
      function track<T>(answer: Promise<T>): Promise<T> {
        // Looked at before the transaction counts as done; until then its failure is nobody's surprise.
        answer.catch(() => undefined);
        sent.push(answer);
        return answer;
      }
      let result;
      let ended = false;
      // A statement behind COMMIT or ROLLBACK would stand for itself and stay.
      function inside<R extends Row>(statement: Statement): Promise<readonly R[]> {
        return ended ? Promise.reject(new Error("the transaction has ended")) : send<R>(client, statement);
      }
      try {
        let open = false;
        const begun = track(client.query("BEGIN").then(() => { open = true; }));
        result = await work({
          query<R extends Row>(statement: Statement) {
            if (open || ended) return track(inside<R>(statement));
            if (statement.harmless !== true) return track(begun.then(() => inside<R>(statement)));
            const rows = track(send<R>(client, statement));
            return track(begun.then(() => rows));
          },
          afterCommit: (action) => actions.push(action),
        });
        await begun;
        ended = true;
        const committed = track(client.query("COMMIT"));
        // A failure that somebody swallowed must not pass either: the server answers COMMIT with a rollback then.
        for (const outcome of await Promise.allSettled(sent)) if (outcome.status === "rejected") throw outcome.reason;
        if ((await committed).command !== "COMMIT") throw new Error("the transaction was rolled back");
      } catch (error) {
        ended = true;
        await client.query("ROLLBACK").catch((failure: unknown) => { broken ??= failure instanceof Error ? failure : new Error(String(failure)); });
        const failures = (await Promise.allSettled(sent)).flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
        // Statements behind one that fails are refused as well, and all answers come at once: the first of them is the cause.
        throw failures.includes(error) ? failures[0] : error;
      } finally {
        client.off("error", onError);
        client.release(broken);
      }
      for (const action of actions) {
        try {
          // What is called for its effect may return something all the same, as `() => waiting.delete(id)` does.
          Promise.resolve(action()).catch(options.onError);
        } catch (error) {
          options.onError(error);
        }
      }
      return result;
    },
    close: () => pool.end(),
  };
}

const TRANSIENT_CLASSES = ["08", "53", "57", "58"];
const TRANSIENT_STATES = ["40001", "40P01", "55P03", "25P03", "25P02"];
const NETWORK_CODES = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"];

/**
 * Whether an error comes from the circumstances (connection lost, server restarting, deadlock, serialization)
 * rather than from the data, so that the same work can succeed later.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string") {
    if (NETWORK_CODES.includes(code) || TRANSIENT_STATES.includes(code)) return true;
    if (/^[0-9A-Z]{5}$/u.test(code)) return TRANSIENT_CLASSES.includes(code.slice(0, 2));
  }
  if (error instanceof AggregateError) return error.errors.some(isTransientDatabaseError);
  // node-postgres reports these without a code.
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|connection is insecure|not queryable/u.test(error.message);
}

/** The constraint a statement ran against, when that is why it failed. */
export function violatedConstraint(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return typeof code === "string" && code.startsWith("23") && typeof constraint === "string" ? constraint : undefined;
}
