/** What the clean-up reads and removes, on a real PostgreSQL, with the rights that a service has. */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { applyMigrations } from "@event-platform-kit/service/migration/apply";
import { readServiceMigrations } from "@event-platform-kit/service/migration/files";
import type { Retention } from "@event-platform-kit/service/storage/cleanup";
import {
  emptyParts,
  MESSAGING_RETENTION,
  portionStatement,
  removePortion,
  startCleanup,
} from "@event-platform-kit/service/storage/cleanup";
import type { Database } from "@event-platform-kit/service/storage/database";
import { openDatabase } from "@event-platform-kit/service/storage/database";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANALYTICS_RETENTION } from "../../../service-templates/analytics-service/src/retention.ts";
import { NOTIFICATION_RETENTION } from "../../../service-templates/notification-service/src/retention.ts";
import { ORDER_RETENTION } from "../../../service-templates/order-service/src/retention.ts";
import { eventually } from "../../platform/condition.ts";
import type { TestPostgres } from "../servers/postgres.ts";
import { startPostgres } from "../servers/postgres.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const migrationsOf = (service: string): string => join(ROOT, "service-templates", service, "migrations");
const OWN: Readonly<Record<string, readonly Retention[]>> = {
  "order-service": ORDER_RETENTION,
  "notification-service": NOTIFICATION_RETENTION,
  "analytics-service": ANALYTICS_RETENTION,
};
const rowsOf = (retention: readonly (Retention | { readonly emptiedBy: string })[]): readonly Retention[] =>
  retention.filter((each): each is Retention => "column" in each);
const INBOX = rowsOf(MESSAGING_RETENTION).find(({ table }) => table === "inbox") as Retention;
const PUBLISHED = MESSAGING_RETENTION.find(({ table }) => table === "outbox_published") as {
  readonly table: string;
  readonly emptiedBy: string;
};

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Shared Hit Blocks"?: number;
  readonly "Shared Read Blocks"?: number;
  readonly Plans?: readonly PlanNode[];
}

describe("the clean-up", () => {
  let postgres: TestPostgres;
  let admin: pg.Client;
  let service: Database;
  beforeAll(async () => {
    postgres = await startPostgres();
    for (const name of Object.keys(OWN)) await postgres.createDatabase(name.replaceAll("-", "_"), migrationsOf(name));
    admin = await postgres.connect("order_service");
    service = openDatabase(postgres.login("order_service"), {
      applicationName: "test",
      connections: 2,
      onError: () => undefined,
    });
  });
  afterAll(async () => {
    await service?.close();
    await admin?.end();
    await postgres?.stop();
  });

  /** What a statement reads: pages of tables and indexes, wherever they were. It runs. */
  async function pagesOf(
    client: pg.Client,
    statement: { readonly text: string; readonly values?: readonly unknown[] },
  ): Promise<number> {
    const {
      rows: [row],
    } = await client.query<{ "QUERY PLAN": readonly { readonly Plan: PlanNode }[] }>({
      text: `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement.text}`,
      values: [...(statement.values ?? [])],
    });
    const plan = row?.["QUERY PLAN"][0]?.Plan;
    return (plan?.["Shared Hit Blocks"] ?? 0) + (plan?.["Shared Read Blocks"] ?? 0);
  }
  const nodesOf = (node: PlanNode): readonly PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
  const pagesOfTable = async (table: string): Promise<number> =>
    Number(
      (await admin.query<{ pages: string }>("SELECT pg_relation_size($1::regclass) / 8192 AS pages", [table])).rows[0]
        ?.pages,
    );

  it.each([
    "order-service",
    "notification-service",
    "analytics-service",
    "payment-service",
    "inventory-service",
    "shipping-service",
  ])("finds the oldest rows of every table of %s by an index", async (name) => {
    const own = OWN[name] ?? [];
    expect(
      readdirSync(join(ROOT, "service-templates", name, "src")).includes("retention.ts"),
      "what a service declares is judged here",
    ).toBe(own.length > 0);
    if (own.length === 0) return;
    const client = await postgres.connect(name.replaceAll("-", "_"));
    try {
      // Not preferred to the only other way, but there: a table without such an index would still be read whole.
      await client.query("SET enable_seqscan = off; SET enable_bitmapscan = off");
      for (const retention of [...rowsOf(MESSAGING_RETENTION), ...own]) {
        const { text, values } = portionStatement(retention, 100, "-infinity");
        const {
          rows: [row],
        } = await client.query<{ "QUERY PLAN": readonly { readonly Plan: PlanNode }[] }>({
          text: `EXPLAIN (FORMAT JSON) ${text}`,
          values: [...values],
        });
        const nodes = nodesOf(row?.["QUERY PLAN"][0]?.Plan as PlanNode).filter(
          (node) => node["Relation Name"] === retention.table,
        );
        expect(
          nodes.map((node) => node["Node Type"]),
          retention.table,
        ).toEqual(expect.arrayContaining(["Index Scan", "Tid Scan"]));
        expect(
          nodes.map((node) => node["Node Type"]),
          retention.table,
        ).not.toContain("Seq Scan");
        expect(
          nodes.map((node) => node["Node Type"]),
          `${retention.table}: sorted, so read whole`,
        ).not.toContain("Sort");
      }
    } finally {
      await client.end();
    }
  });

  it("reads what it removes of a large table, however many removed rows vacuum has left, and next to nothing when nothing is old", async () => {
    const [rows, old, portion] = [200_000, 4_000, 200];
    await admin.query("ALTER TABLE inbox SET (autovacuum_enabled = off)");
    await admin.query(`INSERT INTO inbox SELECT gen_random_uuid(), 'order.created', 'order-events', n % 30, n, now() - interval '60 days' * (${rows} - n) / ${rows}
                         FROM generate_series(1, ${rows}) AS n`);
    await admin.query("ANALYZE inbox");
    // All but the oldest 4,000 are young enough.
    const keepHours = Math.floor((60 * 24 * (rows - old)) / rows);
    const retention = { ...INBOX, keepHours };
    const whole = await pagesOfTable("inbox");
    expect(whole).toBeGreaterThan(2_000);
    let from: string | undefined;
    let removed = 0;
    for (let round = 0; ; round += 1) {
      const before = await pagesOf(admin, { text: "SELECT 1" });
      const read = await pagesOfRemoval(retention, portion, from);
      expect(read.pages - before, `portion ${round}`).toBeLessThan(portion * 8);
      removed += read.removed;
      from = read.newest ?? from;
      if (read.removed < portion) break;
    }
    expect(removed).toBeGreaterThanOrEqual(old - 100);
    expect(await pagesOf(admin, portionStatement(retention, portion, from ?? "")), "nothing is old").toBeLessThan(20);
    const {
      rows: [left],
    } = await admin.query(
      "SELECT count(*)::int AS count, min(processed_at) >= now() - make_interval(hours => $1) AS young FROM inbox",
      [keepHours],
    );
    expect(left).toEqual({ count: rows - removed, young: true });

    /** A portion's pages, by a plan that is rolled back, then the portion. */
    async function pagesOfRemoval(
      kept: Retention,
      count: number,
      since: string | undefined,
    ): Promise<{ readonly pages: number; readonly removed: number; readonly newest: string | null }> {
      await admin.query("BEGIN");
      const pages = await pagesOf(admin, portionStatement(kept, count, since ?? "-infinity"));
      await admin.query("ROLLBACK");
      return { pages, ...(await removePortion(service, kept, count, since)) };
    }
  }, 60_000);

  it("keeps events once, whatever the clean-up does: the inbox refuses an id on any day", async () => {
    const [{ id } = { id: "" }] = (await admin.query<{ id: string }>("SELECT gen_random_uuid() AS id")).rows;
    const enter = (at: string) =>
      service.query({
        text: "INSERT INTO inbox (event_id, event_type, topic, partition, \"offset\", processed_at) VALUES ($1, 'e', 't', 0, 0, now() - $2::interval) ON CONFLICT (event_id) DO NOTHING RETURNING 1",
        values: [id, at],
      });
    expect(await enter("7 days")).toHaveLength(1);
    expect(await enter("0 days")).toHaveLength(0);
  });

  it("looks from the beginning after a while only, goes on while there is more, and goes round other instances' rows", async () => {
    await admin.query("TRUNCATE idempotency_keys, order_steps, orders CASCADE");
    await admin.query(`INSERT INTO orders (order_id, customer_id, status, payment, inventory, items, total_amount, currency, shipping_address)
                       SELECT '00000000-0000-4000-8000-000000000001', 'c', 'pending', 'pending', 'pending', '[]', 1, 'EUR', '{}'`);
    await admin.query(
      `INSERT INTO idempotency_keys SELECT 'c', n::text, '', '00000000-0000-4000-8000-000000000001', '{}', now() - interval '3 days' + n * interval '1 ms' FROM generate_series(1, 5000) AS n`,
    );
    const count = async (): Promise<number> =>
      Number((await admin.query<{ count: string }>("SELECT count(*) FROM idempotency_keys")).rows[0]?.count);
    const errors: unknown[] = [];
    await admin.query("BEGIN");
    await admin.query("SELECT 1 FROM idempotency_keys WHERE key IN ('10', '20') FOR UPDATE");
    const stop = startCleanup({
      database: service,
      retention: ORDER_RETENTION,
      everyMs: 200,
      onError: (error) => errors.push(error),
    });
    try {
      await eventually("all but the locked rows to go", async () => ((await count()) === 2 ? true : undefined), 20_000);
    } finally {
      await admin.query("COMMIT");
      await stop();
    }
    expect(errors).toEqual([]);
    expect(
      (await removePortion(service, ORDER_RETENTION[0] as Retention)).removed,
      "the next look from the beginning",
    ).toBe(2);
  });

  describe("of what was published", () => {
    const plant = (days: number, count = 1) =>
      admin.query(
        `INSERT INTO outbox_published (position, event_id, topic, event_type, created_at, published_at) SELECT n, gen_random_uuid(), 't', $2::text, now(), now() - $1::int * interval '1 day' FROM generate_series(1, $3::int) AS n`,
        [days, `${days} days`, count],
      );
    const ages = async (): Promise<readonly string[]> =>
      (
        await admin.query<{ event_type: string }>("SELECT DISTINCT event_type FROM outbox_published ORDER BY 1")
      ).rows.map(({ event_type }) => event_type);

    it("empties parts whose days are over and no other, without reading those that stay", async () => {
      for (let days = 0; days <= 10; days += 1) await plant(days, days === 1 ? 100_000 : 10);
      const client = await postgres.connect("order_service");
      try {
        expect(await emptyParts(service, PUBLISHED)).toBe(2);
        // The first call of a session reads the catalogue; the table has more than a thousand pages.
        const look = { text: "SELECT drop_old_outbox_published()" };
        await client.query(look);
        expect(await pagesOf(client, look)).toBeLessThan(100);
      } finally {
        await client.end();
      }
      expect(await ages()).toEqual([
        "0 days",
        "1 days",
        "2 days",
        "3 days",
        "4 days",
        "5 days",
        "6 days",
        "7 days",
        "8 days",
      ]);
      expect(await emptyParts(service, PUBLISHED)).toBe(0);
    }, 60_000);

    it("does not wait for who reads a part, and comes again", async () => {
      await plant(9);
      await admin.query("BEGIN");
      await admin.query("SELECT count(*) FROM outbox_published");
      expect(await emptyParts(service, PUBLISHED)).toBe(0);
      await admin.query("COMMIT");
      expect(await emptyParts(service, PUBLISHED)).toBeGreaterThan(0);
      expect(await ages()).not.toContain("9 days");
    });

    it("keeps a part that holds something young, as after a clock that was wrong", async () => {
      await plant(9);
      // Twelve days later is the same part.
      await plant(-3);
      expect(await emptyParts(service, PUBLISHED)).toBe(0);
      expect(await ages()).toEqual(expect.arrayContaining(["9 days", "-3 days"]));
      await admin.query("DELETE FROM outbox_published WHERE event_type = '-3 days'");
      expect(await emptyParts(service, PUBLISHED)).toBe(1);
    });

    it.each([
      ["change a row", "UPDATE outbox_published SET topic = 'x'"],
      ["remove a row", "DELETE FROM outbox_published"],
      // What the clean-up of an earlier version sends while instances of it still run: a ctid names rows of every part.
      ["remove by ctid", "DELETE FROM outbox_published WHERE ctid = '(0,1)'"],
      ["empty the table", "TRUNCATE outbox_published"],
      ["write past the table", "INSERT INTO outbox_published_0 SELECT * FROM outbox_published_0"],
      ["take off a part", "ALTER TABLE outbox_published DETACH PARTITION outbox_published_0"],
      ["change the table", "ALTER TABLE outbox_published ADD COLUMN x text"],
    ])("lets the service's login not %s", async (_, text) => {
      await expect(service.query({ text })).rejects.toMatchObject({ code: "42501" });
    });

    it("lets it write, read and clean", async () => {
      await service.query({
        text: "INSERT INTO outbox_published (position, event_id, topic, event_type, created_at) VALUES (1, gen_random_uuid(), 't', 'written', now())",
      });
      expect(await service.query({ text: "SELECT 1 FROM outbox_published WHERE event_type = 'written'" })).toHaveLength(
        1,
      );
    });

    it("keeps what was published before the table had parts", async () => {
      const administrator = await postgres.connect("postgres");
      await administrator.query("CREATE ROLE earlier LOGIN");
      await administrator.query("CREATE DATABASE earlier");
      await administrator.end();
      const client = await postgres.connect("earlier");
      try {
        await client.query(
          "GRANT USAGE ON SCHEMA public TO earlier; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO earlier",
        );
        const all = readServiceMigrations(migrationsOf("order-service"));
        const { host, port, user, password, ca } = postgres.login("earlier", "platform_admin");
        const apply = (migrations: typeof all) =>
          applyMigrations({
            connection: { host, port, database: "earlier", user, password, caPem: ca },
            migrations,
            preamble: [],
          });
        await apply(all.filter(({ version }) => version < "lib.0005" && version.startsWith("lib.")));
        await client.query(
          "INSERT INTO outbox_published (position, event_id, topic, event_type, created_at, published_at) SELECT n, gen_random_uuid(), 't', 'e', now(), now() - n * interval '1 day' FROM generate_series(0, 7) AS n",
        );
        const { rows: before } = await client.query("SELECT * FROM outbox_published ORDER BY position");
        await apply(all);
        expect((await client.query("SELECT * FROM outbox_published ORDER BY position")).rows).toEqual(before);
        await client.query("SET ROLE earlier");
        await expect(client.query("DELETE FROM outbox_published")).rejects.toMatchObject({ code: "42501" });
        expect((await client.query("SELECT drop_old_outbox_published() AS emptied")).rows).toEqual([{ emptied: 0 }]);
      } finally {
        await client.end();
      }
    });
  });

  describe("of audit trails", () => {
    const deadLetter = "00000000-0000-4000-8000-0000000000aa";
    const act = (id: string, detail: string | null = null) =>
      admin.query(
        "INSERT INTO dead_letter_actions (action_id, letter_id, action, actor, detail) VALUES ($1, $2, 'replay', 'operator', $3)",
        [id, deadLetter, detail],
      );

    it.each([
      [
        "add",
        `INSERT INTO dead_letter_actions (action_id, letter_id, action) VALUES (gen_random_uuid(), '${deadLetter}', 'discard')`,
      ],
      ["change", "UPDATE dead_letter_actions SET actor = 'somebody else'"],
      ["remove", "DELETE FROM dead_letter_actions"],
      ["empty", "TRUNCATE dead_letter_actions"],
      ["unprotect", "ALTER TABLE dead_letter_actions DISABLE TRIGGER audit_rows_stay"],
    ])("lets the service's login not %s what operators did", async (_, text) => {
      await expect(service.query({ text })).rejects.toMatchObject({ code: "42501" });
    });

    it("lets nobody change or remove a row, but say once what came of it", async () => {
      const id = "00000000-0000-4000-8000-0000000000ab";
      await act(id);
      expect(await service.query({ text: "SELECT actor FROM dead_letter_actions" })).toEqual([{ actor: "operator" }]);
      await expect(admin.query("UPDATE dead_letter_actions SET actor = 'x', detail = '{}'")).rejects.toMatchObject({
        code: "42501",
      });
      await admin.query('UPDATE dead_letter_actions SET detail = \'{"offset": "1"}\' WHERE action_id = $1', [id]);
      await expect(admin.query('UPDATE dead_letter_actions SET detail = \'{"offset": "2"}\'')).rejects.toMatchObject({
        code: "42501",
      });
      await expect(admin.query("DELETE FROM dead_letter_actions")).rejects.toMatchObject({ code: "42501" });
      await expect(admin.query("TRUNCATE dead_letter_actions")).rejects.toMatchObject({ code: "42501" });
    });
  });
});
