import type { Database, Transaction } from "@event-platform-kit/service/storage/database";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { POSTGRES_ADMIN } from "../../../components/databases/postgres-conf.ts";
import type { TestPostgres } from "../servers/postgres.ts";
import { startPostgres } from "../servers/postgres.ts";

describe("a transaction whose statements do not wait for each other", () => {
  let postgres: TestPostgres;
  const failures: unknown[] = [];
  let database: Database;
  beforeAll(async () => {
    postgres = await startPostgres();
    // It listens a moment before it accepts.
    await (await postgres.connect("postgres")).end();
    database = openDatabase(postgres.login("postgres", POSTGRES_ADMIN), {
      applicationName: "test",
      connections: 2,
      onError: (error) => failures.push(error),
    });
    await database.query({ text: "CREATE TABLE notes (id int PRIMARY KEY)" });
  });
  afterAll(async () => {
    await database?.close();
    await postgres?.stop();
  });
  beforeEach(() => database.query({ text: "TRUNCATE notes" }));

  const add = (tx: Transaction, id: number): Promise<unknown> =>
    tx.query({ name: "add", text: "INSERT INTO notes VALUES ($1)", values: [id] });
  const ids = async (): Promise<readonly unknown[]> =>
    (await database.query<{ id: number }>({ text: "SELECT id FROM notes ORDER BY id" })).map(({ id }) => id);

  it("keeps their order, and commits what was not waited for", async () => {
    const seen: number[] = [];
    await database.transaction(async (tx) => {
      await Promise.all(
        [1, 2, 3].map(async (id) => {
          await add(tx, id);
          seen.push(id);
        }),
      );
      void add(tx, 4);
    });
    expect(seen).toEqual([1, 2, 3]);
    expect(await ids()).toEqual([1, 2, 3, 4]);
  });

  it("reports the statement at fault, not those that were refused behind it", async () => {
    await database.transaction((tx) => add(tx, 1));
    await expect(
      database.transaction(async (tx) => {
        await Promise.all([
          (async () => {
            await add(tx, 1);
          })(),
          add(tx, 2),
          add(tx, 3),
        ]);
      }),
    ).rejects.toMatchObject({ code: "23505" });
    expect(await ids()).toEqual([1]);
  });

  it("fails with a statement that was not waited for, and keeps nothing", async () => {
    await expect(
      database.transaction(async (tx) => {
        await add(tx, 1);
        void add(tx, 1);
      }),
    ).rejects.toMatchObject({ code: "23505" });
    expect(await ids()).toEqual([]);
  });

  it("does not count as done when somebody swallowed a failure", async () => {
    let told = false;
    await expect(
      database.transaction(async (tx) => {
        tx.afterCommit(() => {
          told = true;
        });
        await add(tx, 1);
        await add(tx, 1).catch(() => undefined);
      }),
    ).rejects.toMatchObject({ code: "23505" });
    expect({ told, ids: await ids() }).toEqual({ told: false, ids: [] });
  });

  it("gives on the work's own error, and keeps nothing", async () => {
    await expect(
      database.transaction(async (tx) => {
        void add(tx, 1);
        throw new Error("changed my mind");
      }),
    ).rejects.toThrow("changed my mind");
    expect(await ids()).toEqual([]);
  });

  it("runs what follows a commit, whatever it returns, and tells of what fails in it", async () => {
    failures.length = 0;
    const seen = new Set([1]);
    await database.transaction(async (tx) => {
      await add(tx, 1);
      tx.afterCommit(() => {
        seen.add(2);
      });
      tx.afterCommit((() => seen.delete(1)) as () => void);
      tx.afterCommit(() => Promise.reject(new Error("afterwards")));
    });
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect({ seen: [...seen], failures: failures.map(String) }).toEqual({ seen: [2], failures: ["Error: afterwards"] });
  });

  it("takes no statement once it has ended, committed or not", async () => {
    let kept: Transaction | undefined;
    await database.transaction(async (tx) => {
      kept = tx;
      await add(tx, 1);
    });
    await expect(kept === undefined ? undefined : add(kept, 2)).rejects.toThrow("has ended");
    await database
      .transaction(async (tx) => {
        kept = tx;
        throw new Error("not today");
      })
      .catch(() => undefined);
    await expect(kept === undefined ? undefined : add(kept, 3)).rejects.toThrow("has ended");
    expect(await ids()).toEqual([1]);
  });

  it("goes on with the same connections after failures, prepared statements included", async () => {
    for (let round = 0; round < 10; round += 1) {
      await database
        .transaction((tx) =>
          Promise.all([
            add(tx, round),
            tx.query({ name: `broken-${round % 2}`, text: "SELECT 1 / $1::int", values: [0] }),
          ]),
        )
        .catch(() => undefined);
    }
    await database.transaction((tx) => Promise.all([add(tx, 1), add(tx, 2)]));
    expect(await ids()).toEqual([1, 2]);
    const [row] = await database.query<{ count: string }>({
      text: "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test'",
    });
    expect(Number(row?.count)).toBeLessThanOrEqual(2);
  });

  it("sends what is harmless together with BEGIN, and sees what an earlier holder of a lock left", async () => {
    const lock = { name: "lock", text: "SELECT pg_advisory_xact_lock(7)", harmless: true } as const;
    const look = { name: "look", text: "SELECT id FROM notes ORDER BY id", harmless: true } as const;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = database.transaction(async (tx) => {
      await tx.query(lock);
      await add(tx, 1);
      await held;
    });
    const second = database.transaction(
      async (tx) => (await Promise.all([tx.query(lock), tx.query<{ id: number }>(look)]))[1],
    );
    release();
    await first;
    expect(await second).toEqual([{ id: 1 }]);
  });
});
