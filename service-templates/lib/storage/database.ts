/** PostgreSQL: one pool per service, transactions as functions. database-faults.ts classifies its errors. */
import { readFileSync } from "node:fs";
import pg from "pg";
import type { DatabaseConfig } from "../config.ts";
import type { Tracer } from "../tracing/tracer.ts";
import { UNTRACED } from "../tracing/tracer.ts";
import { databaseFaultOf, isStalePlan } from "./database-faults.ts";
import { traced } from "./statement-spans.ts";

/** A row as plain data. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * One statement. A statement with a `name` is prepared once per connection, which saves parsing and planning on the hot
 * path; names must be unique per text.
 */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  /**
   * True if the statement has no lasting effect, such as a read or a lock: then it may be sent together with BEGIN. Any
   * other statement waits until the transaction is open. @default false
   */
  readonly harmless?: boolean;
}

/** An object that runs statements. */
export interface Queryable {
  query<R extends Row = Row>(statement: Statement): Promise<readonly R[]>;
}

/**
 * A transaction in progress; it ends with its function. Statements are sent at once, in their order, without waiting
 * for earlier results: statements that do not need each other's results share one round trip. A statement that is not
 * awaited runs before COMMIT; if it fails, the transaction fails.
 */
export interface Transaction extends Queryable {
  /**
   * Runs an action after a successful commit, in the order of the calls; never after a rollback. Errors are logged, not
   * thrown.
   */
  afterCommit(action: () => void | Promise<void>): void;
}

export interface TransactionOptions {
  /**
   * False: statements are parsed and planned for this transaction only, so that no earlier prepared statement is used.
   * @default true
   */
  readonly prepared?: boolean;
}

export interface Database extends Queryable {
  /**
   * Runs a function in one READ COMMITTED transaction; commits when it returns, rolls back when it throws. If a
   * prepared statement is out of date, the transaction is rolled back, statements are prepared again, and the function
   * runs once more.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Largest number of connections. @default 8 */
  readonly connections?: number;
  readonly applicationName: string;
  /** Called with errors on idle connections and in after-commit actions. */
  readonly onError: (error: unknown) => void;
  /** @default no spans, only identifiers */
  readonly tracer?: Tracer;
}

export function openDatabase(config: DatabaseConfig, options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    host: config.host,
    port: config.port,
    database: config.name,
    user: config.user,
    password: () => currentPassword(config),
    // The certificate must name the requested host (`verify-full`).
    ...(config.ca === undefined ? {} : { ssl: { ca: config.ca, rejectUnauthorized: true } }),
    max: options.connections ?? 8,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    // A wait for another transaction's lock ends before the statement timeout: it is not the statement's fault.
    lock_timeout: 10_000,
    statement_timeout: 15_000,
    // A process that is stopped in the middle of a transaction must not keep its locks forever.
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    pipeline: true,
  });
  pool.on("error", options.onError);

  /** Increases when prepared statements are out of date: under new names every connection prepares them again. */
  let generation = 0;
  /** Increases when a server is read-only: earlier connections are not used again, because another server may have taken over. */
  let era = 0;
  const eraOf = new WeakMap<pg.PoolClient, number>();
  pool.on("connect", (client) => eraOf.set(client, era));

  /** Runs work with a connection of the current era; releases the connection when the work ends, or discards it if it broke. */
  async function withClient<T>(work: (client: pg.PoolClient, broke: (error: Error) => void) => Promise<T>): Promise<T> {
    let client = await pool.connect();
    while ((eraOf.get(client) ?? era) < era) {
      client.release(true);
      client = await pool.connect();
    }
    let broken: Error | undefined;
    const broke = (error: Error): void => {
      broken ??= error;
    };
    // While a client is checked out, the pool does not listen to its errors: an unhandled error would end the process.
    client.on("error", broke);
    try {
      return await work(client, broke);
    } finally {
      client.off("error", broke);
      client.release(broken);
    }
  }

  const { tracer = UNTRACED } = options;
  function send<R extends Row>(client: pg.PoolClient, statement: Statement, prepared: boolean): Promise<readonly R[]> {
    return tracer.isWithin()
      ? traced(tracer, config, statement, () => sendNow<R>(client, statement, prepared))
      : sendNow<R>(client, statement, prepared);
  }

  async function sendNow<R extends Row>(
    client: pg.PoolClient,
    { name, text, values }: Statement,
    prepared: boolean,
  ): Promise<readonly R[]> {
    const result = await client.query({
      text,
      ...(name === undefined || !prepared ? {} : { name: generation === 0 ? name : `${name}~${generation}` }),
      ...(values === undefined ? {} : { values: [...values] }),
    });
    return result.rows as R[];
  }

  /** Runs the work, and once more if a prepared statement was out of date. */
  async function current<T>(work: () => Promise<T>): Promise<T> {
    const begun = { generation, era };
    try {
      return await work();
    } catch (error) {
      // If several fail at the same time, only the first one increases it.
      if (databaseFaultOf(error) === "read-only" && era === begun.era) era += 1;
      if (!isStalePlan(error)) throw error;
      if (generation === begun.generation) generation += 1;
      return work();
    }
  }

  /** Runs a transaction. Returns its result and its after-commit actions. */
  async function runTransaction<T>(
    client: pg.PoolClient,
    broke: (error: Error) => void,
    work: (tx: Transaction) => Promise<T>,
    prepared: boolean,
  ): Promise<{ readonly result: T; readonly actions: readonly (() => void | Promise<void>)[] }> {
    const actions: (() => void | Promise<void>)[] = [];
    const sent: Promise<unknown>[] = [];
    function track<T>(answer: Promise<T>): Promise<T> {
      // The result is checked before the transaction counts as done; until then a failure must not count as an unhandled
      // rejection.
      answer.catch(() => undefined);
      sent.push(answer);
      return answer;
    }
    let result;
    let ended = false;
    // A statement after COMMIT or ROLLBACK would run outside the transaction and take effect.
    function inside<R extends Row>(statement: Statement): Promise<readonly R[]> {
      return ended ? Promise.reject(new Error("the transaction has ended")) : send<R>(client, statement, prepared);
    }
    try {
      let open = false;
      const begun = track(
        client.query("BEGIN").then(() => {
          open = true;
        }),
      );
      result = await work({
        query<R extends Row>(statement: Statement) {
          if (open || ended) return track(inside<R>(statement));
          if (statement.harmless !== true) return track(begun.then(() => inside<R>(statement)));
          const rows = track(send<R>(client, statement, prepared));
          return track(begun.then(() => rows));
        },
        afterCommit: (action) => actions.push(action),
      });
      await begun;
      ended = true;
      const committed = track(client.query("COMMIT"));
      // A failure that the caller ignored must not pass either: the server then answers COMMIT with a rollback.
      for (const outcome of await Promise.allSettled(sent)) if (outcome.status === "rejected") throw outcome.reason;
      if ((await committed).command !== "COMMIT") throw new Error("the transaction was rolled back");
    } catch (error) {
      ended = true;
      await client
        .query("ROLLBACK")
        .catch((failure: unknown) => broke(failure instanceof Error ? failure : new Error(String(failure))));
      const failures = (await Promise.allSettled(sent)).flatMap((outcome) =>
        outcome.status === "rejected" ? [outcome.reason as unknown] : [],
      );
      // Statements after a failed one fail too, and all results arrive together: the first failure is the cause.
      throw failures.includes(error) ? failures[0] : error;
    }
    return { result, actions };
  }

  async function transaction<T>(work: (tx: Transaction) => Promise<T>, prepared: boolean): Promise<T> {
    const { result, actions } = await current(() =>
      withClient((client, broke) => runTransaction(client, broke, work, prepared)),
    );
    for (const action of actions) {
      try {
        // An action may return a value although it is called only for its effect, for example `() =>
        // waiting.delete(id)`.
        Promise.resolve(action()).catch(options.onError);
      } catch (error) {
        options.onError(error);
      }
    }
    return result;
  }

  return {
    query: (statement) => current(() => withClient((client) => send(client, statement, true))),
    transaction: (work, { prepared = true } = {}) => transaction(work, prepared),
    close: () => pool.end(),
  };
}

/** Returns the current password from its file: a changed password is used from the next connection on, without a restart. */
function currentPassword({ password, passwordFile }: DatabaseConfig): string {
  if (passwordFile === undefined) return password;
  try {
    return readFileSync(passwordFile, "utf8").trim() || password;
  } catch {
    // While a secret is being replaced, its file may be missing for a moment.
    return password;
  }
}

/** Returns the violated constraint if that is why a statement failed. */
export function violatedConstraint(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return typeof code === "string" && code.startsWith("23") && typeof constraint === "string" ? constraint : undefined;
}
