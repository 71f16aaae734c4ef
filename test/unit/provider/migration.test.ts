import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyMigrations, type MigrationRequest } from "@event-platform-kit/service/migration/apply";
import { byVersion, checksumOf, planMigrations } from "@event-platform-kit/service/migration/plan";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFacts } from "../../../components/machine/process-identity.ts";
import { issueCertificate } from "../../../components/provider/certificates/certificate-authority.ts";
import { migrationKind } from "../../../components/provider/migrations/migration.ts";
import { ensureProcess, removeProcess } from "../../../components/provider/process/index.ts";
import { type ProcessSpecification, processSchema } from "../../../components/provider/process/specification.ts";
import type { Values } from "../../../components/provider/values.ts";

const file = (
  version: string,
  sql = `SELECT ${version}`,
  name = "step",
): { version: string; name: string; sql: string } => ({ version, name, sql });
const applied = (version: string, sql = `SELECT ${version}`): { version: string; name: string; checksum: string } => ({
  version,
  name: "step",
  checksum: checksumOf(sql),
});

describe("the plan", () => {
  test("holds what is missing, in the order of versions", () => {
    const { pending, conflicts } = planMigrations([file("0010"), file("0002"), file("0001")], [applied("0001")]);
    expect(conflicts).toEqual([]);
    expect(pending.map(({ version }) => version)).toEqual(["0002", "0010"]);
    expect([file("b"), file("a")].sort(byVersion).map(({ version }) => version)).toEqual(["a", "b"]);
  });

  test.each([
    ["migration-changed", [file("1", "SELECT 2")], [applied("1")]],
    ["migration-vanished", [], [applied("1")]],
    ["migration-late", [file("1"), file("2")], [applied("2")]],
  ])("refuses: %s", (code, files, before) => {
    const { conflicts } = planMigrations(files, before);
    expect(conflicts.map(({ error }) => error.code)).toEqual([code]);
    expect(conflicts[0]?.error.message).toContain("1_step");
  });

  test("puts a named sequence before the database's own files, each with its own order", () => {
    const { pending, conflicts } = planMigrations(
      [file("0002"), file("lib.0002"), file("lib.0001"), file("0001")],
      [applied("0001"), applied("lib.0001", "SELECT lib.0001")],
    );
    expect(conflicts).toEqual([]);
    expect(pending.map(({ version }) => version)).toEqual(["lib.0002", "0002"]);
    expect(
      planMigrations([file("lib.0001"), file("lib.0002")], [applied("lib.0002", "SELECT lib.0002")]).conflicts.map(
        ({ error }) => error.code,
      ),
    ).toEqual(["migration-late"]);
  });

  test("takes a file that moved to another sequence for applied", () => {
    const moving = [file("lib.0001", "SELECT 1", "step"), file("0002", "SELECT 2")];
    expect(planMigrations(moving, [applied("0001", "SELECT 1"), applied("0002", "SELECT 2")])).toEqual({
      pending: [],
      moved: [{ from: "0001", to: "lib.0001" }],
      conflicts: [],
    });
    // Another text, or another name, is another file.
    expect(
      planMigrations([file("lib.0001", "SELECT 9", "step")], [applied("0001", "SELECT 1")]).conflicts.map(
        ({ error }) => error.code,
      ),
    ).toEqual(["migration-vanished"]);
    expect(planMigrations([file("lib.0001", "SELECT 1", "other")], [applied("0001", "SELECT 1")]).moved).toEqual([]);
  });

  test("line ends chosen by a checkout change nothing", () => {
    expect(checksumOf("a\r\nb")).toBe(checksumOf("a\nb"));
  });
});

describe("the resource's check", () => {
  const inputs = (migrations: Values[]): Values => ({
    connection: { host: "h", port: 1, database: "d", user: "u", password: "p" },
    migrations,
  });
  test.each([
    ["a changed file", [file("1", "SELECT 9"), file("2")], "migrations[0].sql"],
    ["a vanished file", [file("2")], "migrations"],
    ["a file below an applied one", [file("0"), file("1"), file("2")], "migrations[0].version"],
    ["two files of one version", [file("1"), file("2"), file("3"), file("3", "SELECT 4")], "migrations[3].version"],
  ])("refuses %s", async (_, files, property) => {
    const failures = await migrationKind.check({
      olds: inputs([file("1"), file("2")]),
      news: inputs(files),
      note: () => undefined,
    });
    expect(failures.map((failure) => failure.property)).toEqual([property]);
  });
});

const binaries = [
  ...(existsSync("/usr/lib/postgresql")
    ? readdirSync("/usr/lib/postgresql").map((version) => `/usr/lib/postgresql/${version}/bin`)
    : []),
  "/usr/bin",
  "/usr/local/bin",
].find((folder) => existsSync(join(folder, "initdb")));

describe.skipIf(binaries === undefined)("on a real PostgreSQL", () => {
  let folder: string;
  let server: ProcessSpecification;
  let connection: MigrationRequest["connection"];
  const password = "owner-password";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kit-migration-"));
    await chmod(folder, 0o711);
    const port = await new Promise<number>((resolve) => {
      const probe = createServer();
      probe.listen(0, "127.0.0.1", () => {
        const address = probe.address();
        probe.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
      });
    });
    const authority = await issueCertificate({
      kind: "authority",
      commonName: "database authority",
      dnsNames: [],
      ipAddresses: [],
      usages: ["server"],
      validityHours: 24,
    });
    const certificate = await issueCertificate({
      kind: "leaf",
      issuer: authority,
      commonName: "database",
      dnsNames: [],
      ipAddresses: ["127.0.0.1"],
      usages: ["server"],
      validityHours: 12,
    });
    const data = join(folder, "data", "postgres");
    const at = (name: string): string => join(folder, "files", name);
    server = processSchema.parse({
      name: "postgres",
      role: "database",
      unprivileged: true,
      stateDir: folder,
      command: [
        join(binaries ?? "", "postgres"),
        "-D",
        data,
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        `port=${port}`,
        "-c",
        "unix_socket_directories=",
        "-c",
        "ssl=on",
        "-c",
        `ssl_cert_file=${at("tls.crt")}`,
        "-c",
        `ssl_key_file=${at("tls.key")}`,
        "-c",
        "fsync=off",
      ],
      directories: [{ path: data }],
      files: [
        { path: at("password"), content: password },
        { path: at("tls.crt"), content: certificate.chainPem },
        { path: at("tls.key"), content: certificate.privateKeyPem },
      ],
      prepare: [
        {
          command: [
            join(binaries ?? "", "initdb"),
            "-D",
            data,
            "-U",
            "owner",
            "--auth=scram-sha-256",
            `--pwfile=${at("password")}`,
            "--no-sync",
          ],
          creates: join(data, "PG_VERSION"),
        },
      ],
      ports: [{ name: "postgres", host: "127.0.0.1", port }],
      stop: { signal: "SIGINT" },
      readiness: {
        command: [join(binaries ?? "", "pg_isready"), "-h", "127.0.0.1", "-p", String(port)],
        timeoutSeconds: 60,
      },
    });
    await ensureProcess(server);
    connection = {
      host: "127.0.0.1",
      port,
      database: "postgres",
      user: "owner",
      password,
      caPem: authority.certificatePem,
    };
    await query("CREATE ROLE app_owner NOLOGIN; GRANT CREATE, USAGE ON SCHEMA public TO app_owner");
  }, 120_000);

  afterAll(async () => {
    if (server !== undefined) await removeProcess(server);
    await rm(folder, { recursive: true, force: true });
  });

  async function query(sql: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ ...connection, database, ssl: { rejectUnauthorized: false } });
    await client.connect();
    try {
      const result: unknown = await client.query(sql);
      return result instanceof pg.Result ? (result.rows as Record<string, unknown>[]) : [];
    } finally {
      await client.end();
    }
  }

  let count = 0;
  /** An empty database of its own for a test. */
  async function database(): Promise<MigrationRequest> {
    count += 1;
    const name = `case_${count}`;
    await query(`CREATE DATABASE ${name} OWNER app_owner`);
    return { connection: { ...connection, database: name }, role: "app_owner", migrations: [], preamble: [] };
  }

  test("files are applied in order as the role, which owns what they make; a second time nothing is", async () => {
    const base = await database();
    const migrations = [
      file("0002", "INSERT INTO things VALUES (1)"),
      file("0001", "CREATE TABLE things (id int); SET search_path = pg_catalog"),
    ];
    const first = await applyMigrations({ ...base, migrations });
    expect(first.map(({ version }) => version)).toEqual(["0001", "0002"]);
    expect(await applyMigrations({ ...base, migrations })).toEqual(first);
    expect(
      await query(
        "SELECT tableowner FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
        base.connection.database,
      ),
    ).toEqual([{ tableowner: "app_owner" }, { tableowner: "app_owner" }]);
    expect(await query("SELECT count(*)::int AS n FROM things", base.connection.database)).toEqual([{ n: 1 }]);
  });

  test("a failing file leaves nothing of itself, keeps those before it, and names its line", async () => {
    const base = await database();
    const broken = [file("1", "CREATE TABLE kept (id int)"), file("2", "CREATE TABLE lost (id int);\n\nSELEKT 1")];
    await expect(applyMigrations({ ...base, migrations: broken })).rejects.toMatchObject({
      code: "migration-failed",
      message: expect.stringMatching(/2_step .*at line 3.*SELEKT/),
    });
    expect(
      await query(
        "SELECT to_regclass('kept') IS NOT NULL AS kept, to_regclass('lost') IS NOT NULL AS lost",
        base.connection.database,
      ),
    ).toEqual([{ kept: true, lost: false }]);
    expect(
      (
        await applyMigrations({ ...base, migrations: [file("1", "CREATE TABLE kept (id int)"), file("2", "SELECT 1")] })
      ).map(({ version }) => version),
    ).toEqual(["1", "2"]);
  });

  test("the table refuses a file that changed or vanished, whatever the state says", async () => {
    const base = await database();
    await applyMigrations({ ...base, migrations: [file("1")] });
    await expect(applyMigrations({ ...base, migrations: [file("1", "SELECT 7")] })).rejects.toMatchObject({
      code: "migration-changed",
    });
    await expect(applyMigrations({ ...base, migrations: [file("2")] })).rejects.toMatchObject({
      code: "migration-vanished",
    });
  });

  test("a file that moved to another sequence is recorded there and not applied again", async () => {
    const base = await database();
    await applyMigrations({
      ...base,
      migrations: [file("0001", "CREATE TABLE messages (id int)", "messaging"), file("0002", "SELECT 2")],
    });
    const moved = [
      file("lib.0001", "CREATE TABLE messages (id int)", "messaging"),
      file("lib.0002", "ALTER TABLE messages ADD COLUMN at int", "newer"),
      file("0002", "SELECT 2"),
    ];
    expect((await applyMigrations({ ...base, migrations: moved })).map(({ version }) => version)).toEqual([
      "lib.0001",
      "lib.0002",
      "0002",
    ]);
    expect((await applyMigrations({ ...base, migrations: moved })).length).toBe(3);
  });

  test("two at once apply each file once", async () => {
    const base = await database();
    const migrations = [file("1", "SELECT pg_sleep(0.2); CREATE TABLE once (id int)")];
    const [one, other] = await Promise.all([
      applyMigrations({ ...base, migrations }),
      applyMigrations({ ...base, migrations }),
    ]);
    expect(one).toEqual(other);
  });

  test("a lock that is not to be had in time is told", async () => {
    const base = await database();
    const holder = new pg.Client({ ...base.connection, ssl: { rejectUnauthorized: false } });
    await holder.connect();
    try {
      await holder.query("SELECT pg_advisory_lock($1)", [0x6b6974]);
      await expect(applyMigrations({ ...base, migrations: [file("1")] }, { lockSeconds: 0.3 })).rejects.toMatchObject({
        code: "migration-locked",
      });
    } finally {
      await holder.end();
    }
  });

  test("the preamble runs as the connection's user, every time; a failing one is named", async () => {
    const base = await database();
    const name = base.connection.database;
    await applyMigrations({ ...base, preamble: [`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`] });
    await applyMigrations({ ...base, preamble: [`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`] });
    expect(await query(`SELECT has_database_privilege('pg_monitor', '${name}', 'CONNECT') AS may`)).toEqual([
      { may: false },
    ]);
    await expect(applyMigrations({ ...base, preamble: ["SELECT 1", "GRANT nonsense"] })).rejects.toMatchObject({
      code: "preamble-failed",
      message: expect.stringContaining("statement 2") as unknown,
    });
  });

  test("the server's certificate is verified, name included; no password in any error", async () => {
    const base = await database();
    const stranger = await issueCertificate({
      kind: "authority",
      commonName: "stranger",
      dnsNames: [],
      ipAddresses: [],
      usages: ["server"],
      validityHours: 1,
    });
    const attempts = [
      { ...base.connection, caPem: stranger.certificatePem },
      { ...base.connection, host: "localhost" },
      { ...base.connection, password: "wrong-secret" },
    ];
    for (const wrong of attempts) {
      const error: unknown = await applyMigrations({ ...base, connection: wrong }, { connectSeconds: 1 }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "database-unreachable" });
      expect(String(error)).not.toContain(wrong.password);
    }
  });

  test("a server that was killed comes back with what was committed", async () => {
    const base = await database();
    await applyMigrations({ ...base, migrations: [file("1", "CREATE TABLE survivors AS SELECT 1 AS id")] });
    const { pid } = await ensureProcess(server);
    process.kill(pid, "SIGKILL");
    await expect.poll(async () => (await readFacts(pid))?.zombie ?? true, { timeout: 5000 }).toBe(true);
    expect((await ensureProcess(server)).how).toBe("started");
    expect(await query("SELECT id FROM survivors", base.connection.database)).toEqual([{ id: 1 }]);
  }, 90_000);

  test("a database that was recreated shows in the diff", async () => {
    const base = await database();
    const inputs = { connection: { ...base.connection }, role: "app_owner", migrations: [file("1")] } as Values;
    const notes: string[] = [];
    const diff = () =>
      migrationKind.diff({ id: "x", olds: inputs, news: inputs, state: inputs, note: (text) => notes.push(text) });
    await migrationKind.create({ inputs, note: () => undefined });
    expect((await diff()).changes).toEqual([]);
    await query(`DROP DATABASE ${base.connection.database}`);
    await query(`CREATE DATABASE ${base.connection.database} OWNER app_owner`);
    expect((await diff()).changes).toEqual([{ path: "applied", change: "update", side: "output" }]);
    expect(notes[0]).toContain("1_step");
  });
});
