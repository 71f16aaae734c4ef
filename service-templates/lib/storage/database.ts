/** PostgreSQL: one pool per service, transactions as functions. What its errors say is told by database-faults.ts. */
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

export interface TransactionOptions {
  /** False: statements are parsed and planned for this transaction alone, so that nothing that was prepared before decides. @default true */
  readonly prepared?: boolean;
}

export interface Database extends Queryable {
  /**
   * Runs a function in one READ COMMITTED transaction; commits when it returns, rolls back when it throws. When a prepared
   * statement turns out to be out of date, everything is rolled back, prepared again, and the function is run once more.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Largest number of connections. @default 8 */
  readonly connections?: number;
  readonly applicationName: string;
  /** Told of errors on idle connections and in after-commit actions. */
  readonly onError: (error: unknown) => void;
  /** @default identifiers alone */
  readonly tracer?: Tracer;
}

export function openDatabase(config: DatabaseConfig, options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    host: config.host,
    port: config.port,
    database: config.name,
    user: config.user,
    password: () => currentPassword(config),
    // The certificate must name the host that was asked for (`verify-full`).
    ...(config.ca === undefined ? {} : { ssl: { ca: config.ca, rejectUnauthorized: true } }),
    max: options.connections ?? 8,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    // A wait for somebody else's lock ends before the statement counts as too slow: it is not the statement's fault.
    lock_timeout: 10_000,
    statement_timeout: 15_000,
    // A process that is stopped in the middle must not keep its locks forever.
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    pipeline: true,
  });
  pool.on("error", options.onError);

  /** Goes up when prepared statements turn out to be out of date: under new names every connection prepares them again. */
  let generation = 0;
  /** Goes up when a server takes no changes: connections from before are not used again, because another server may have taken over. */
  let era = 0;
  const eraOf = new WeakMap<pg.PoolClient, number>();
  pool.on("connect", (client) => eraOf.set(client, era));

  /** Hands out a connection of the present era; takes it back when the work ends, or throws it away when it broke. */
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
    // While a client is checked out the pool does not listen: an unheard error would end the process.
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

  /** Runs the work, and once more when it failed because of a prepared statement that is out of date. */
  async function current<T>(work: () => Promise<T>): Promise<T> {
    const begun = { generation, era };
    try {
      return await work();
    } catch (error) {
      // Of several that fail at the same time, the first one changes it for all.
      if (databaseFaultOf(error) === "read-only" && era === begun.era) era += 1;
      if (!isStalePlan(error)) throw error;
      if (generation === begun.generation) generation += 1;
      return work();
    }
  }

  /** The transaction's result, and what it left for the time after its commit. */
  async function runTransaction<T>(
    client: pg.PoolClient,
    broke: (error: Error) => void,
    work: (tx: Transaction) => Promise<T>,
    prepared: boolean,
  ): Promise<{ readonly result: T; readonly actions: readonly (() => void | Promise<void>)[] }> {
    const actions: (() => void | Promise<void>)[] = [];
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
      // A failure that somebody swallowed must not pass either: the server answers COMMIT with a rollback then.
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
      // Statements behind one that fails are refused as well, and all answers come at once: the first of them is the cause.
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
        // What is called for its effect may return something all the same, as `() => waiting.delete(id)` does.
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

/** The password as its file has it now: one that was changed is used from the next connection on, without a restart. */
function currentPassword({ password, passwordFile }: DatabaseConfig): string {
  if (passwordFile === undefined) return password;
  try {
    return readFileSync(passwordFile, "utf8").trim() || password;
  } catch {
    // While a secret is being replaced its file may be missing for a moment.
    return password;
  }
}

/** The constraint a statement ran against, when that is why it failed. */
export function violatedConstraint(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return typeof code === "string" && code.startsWith("23") && typeof constraint === "string" ? constraint : undefined;
}
