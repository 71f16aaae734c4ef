import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "@event-platform-kit/service/storage/database";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { databaseFaultOf } from "@event-platform-kit/service/storage/database-faults";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { POSTGRES_ADMIN } from "../../../components/databases/postgres-conf.ts";
import type { TestPostgres } from "../servers/postgres.ts";
import { startPostgres } from "../servers/postgres.ts";

describe("a database that changes under its connections", () => {
  let postgres: TestPostgres;
  let database: Database;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "prepared-statements-"));
    postgres = await startPostgres();
    // It listens a moment before it accepts.
    await (await postgres.connect("postgres")).end();
    database = openDatabase(postgres.login("postgres", POSTGRES_ADMIN), {
      applicationName: "test",
      connections: 3,
      onError: () => undefined,
    });
  });
  afterAll(async () => {
    await database?.close();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await database.query({ text: "DROP TABLE IF EXISTS notes" });
    await database.query({ text: "CREATE TABLE notes (id int PRIMARY KEY, text char(3))" });
    await database.query({ text: "INSERT INTO notes VALUES (1, 'abc')" });
  });

  const READ = { name: "notes-read", text: "SELECT id, text FROM notes ORDER BY id" };
  const insert = (
    id: number | string,
  ): { readonly name: string; readonly text: string; readonly values: readonly unknown[] } => ({
    name: "notes-insert",
    text: "INSERT INTO notes (id) VALUES ($1)",
    values: [id],
  });
  /** Prepares on every connection. */
  const warm = (): Promise<unknown> =>
    Promise.all(
      [1, 2, 3].map(() =>
        database.transaction(async (tx) => {
          await tx.query(READ);
          await tx.query({ text: "SELECT pg_sleep(0.05)" });
        }),
      ),
    );

  it("prepares a statement again whose result changed, in and outside a transaction, on all connections at once", async () => {
    await warm();
    await database.query({ text: "ALTER TABLE notes ALTER COLUMN text TYPE text" });
    let runs = 0;
    const rows = await Promise.all(
      [1, 2, 3].map(() =>
        database.transaction(async (tx) => {
          runs += 1;
          const [row] = await tx.query(READ);
          await tx.query({ text: "SELECT pg_sleep(0.05)" });
          return row;
        }),
      ),
    );
    expect(rows).toEqual([1, 2, 3].map(() => ({ id: 1, text: "abc" })));
    // Each at most once more: what one found out holds for all.
    expect(runs).toBeLessThanOrEqual(6);
    await database.query({ text: "ALTER TABLE notes ALTER COLUMN text TYPE varchar(10)" });
    expect(await database.query(READ)).toEqual([{ id: 1, text: "abc" }]);
    const [old] = await database.query<{ count: string }>({ text: "SELECT count(*) FROM pg_prepared_statements" });
    expect(Number(old?.count)).toBeLessThan(10);
  });

  it("rolls back what the first run did, and does not run what waited for its commit", async () => {
    await warm();
    await database.query({ text: "ALTER TABLE notes ALTER COLUMN text TYPE text" });
    const told: string[] = [];
    await database.transaction(async (tx) => {
      await tx.query(insert(2));
      tx.afterCommit(() => {
        told.push("committed");
      });
      await tx.query(READ);
    });
    expect(told).toEqual(["committed"]);
    expect((await database.query(READ)).map(({ id }) => id)).toEqual([1, 2]);
  });

  it("prepares a statement again that the server forgot", async () => {
    await warm();
    await Promise.all(
      [1, 2, 3].map(() =>
        database.transaction(async (tx) => {
          await tx.query({ text: "DISCARD PLANS" });
          await tx.query({ text: "DEALLOCATE ALL" });
          await tx.query({ text: "SELECT pg_sleep(0.05)" });
        }),
      ),
    );
    expect(await database.query(READ)).toHaveLength(1);
    await database.transaction(async (tx) => {
      expect(await tx.query(READ)).toHaveLength(1);
    });
  });

  it("trusts nothing prepared where it was asked not to: a parameter keeps its old type in a prepared statement", async () => {
    await database.transaction((tx) => tx.query(insert(2)));
    await database.query({ text: "ALTER TABLE notes ALTER COLUMN id TYPE bigint" });
    const large = "5000000000";
    await Promise.all(
      [1, 2, 3].map(async () => {
        const failure = await database
          .transaction(async (tx) => {
            await tx.query(insert(large));
            throw new Error("fits");
          })
          .catch((error: unknown) => error);
        expect(["data", undefined]).toContain(databaseFaultOf(failure));
      }),
    );
    await database.transaction((tx) => tx.query(insert(large)), { prepared: false });
    expect((await database.query(READ)).map(({ id }) => id)).toContain(large);
  });

  it("waits for a lock no longer than a statement may take, and calls it contention", async () => {
    const other = await postgres.connect("postgres");
    try {
      await other.query("BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE");
      const failure = await database.query(READ).catch((error: unknown) => error);
      expect(databaseFaultOf(failure)).toBe("contention");
    } finally {
      await other.end();
    }
  });

  it("uses the password as its file has it now", async () => {
    const file = join(folder, "password");
    writeFileSync(file, "first\n", { mode: 0o600 });
    const admin = await postgres.connect("postgres");
    await admin.query("CREATE ROLE clerk LOGIN PASSWORD 'first'");
    const own = openDatabase(
      { ...postgres.login("postgres", "clerk"), password: "first", passwordFile: file },
      { applicationName: "clerk", connections: 1, onError: () => undefined },
    );
    const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'clerk'";
    try {
      expect(await own.query({ text: "SELECT 1" })).toHaveLength(1);
      await admin.query("ALTER ROLE clerk PASSWORD 'second'");
      await admin.query(cut);
      let failure: unknown;
      for (let look = 0; look < 100 && databaseFaultOf(failure) !== "credentials"; look += 1)
        failure = await own.query({ text: "SELECT 1" }).catch((error: unknown) => error);
      expect(databaseFaultOf(failure)).toBe("credentials");
      writeFileSync(file, "second\n");
      expect(await own.query({ text: "SELECT 1" })).toHaveLength(1);
    } finally {
      await own.close();
      await admin.end();
    }
  });
});
