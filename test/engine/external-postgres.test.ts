import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { applyMigrations } from "@event-platform-kit/service/migration/apply";
import { readServiceMigrations } from "@event-platform-kit/service/migration/files";
import { migrationPreamble } from "@event-platform-kit/service/migration/preamble";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reasonOf } from "../../components/machine/coded-error.ts";
import { isAtLeast } from "../../toolchain/making/versioning.ts";
import { locateLocalServers } from "../../toolchain/servers/local-servers.ts";
import { pinnedPostgresql } from "../../toolchain/servers/postgresql.ts";
import { runMigrationProgram } from "../kubernetes/servers/migration-program.ts";
import { leftOfServices, type SecurePostgres, startSecurePostgres } from "../kubernetes/servers/secure-postgres.ts";
import { openTopicStack, type TopicStack } from "../topic-stack/stack.ts";

const ROOT = join(import.meta.dirname, "../..");
const ADMIN_PASSWORD = "canary-of-the-admin";

/** The databases of services on an external server; `EARLIER` declares as an earlier release did: the admin grants CONNECT. */
const program = (server: SecurePostgres, caFile: string): string => `
  import { readFileSync } from "node:fs";
  import * as pulumi from "@pulumi/pulumi";
  import { ExternalPostgres } from "${ROOT}/components/databases/external-postgres.ts";
  import { postgresAdmin } from "${ROOT}/components/databases/postgres-admin.ts";
  import { readServiceMigrations } from "${ROOT}/service-templates/lib/migration/files.ts";
  import { ServiceDatabase } from "${ROOT}/components/databases/service-database.ts";
  const server = new ExternalPostgres("postgres", {
    settings: { host: "127.0.0.1", port: ${server.port}, adminUser: "${server.adminUser}", superuser: false, caFile: "${caFile}", cidrs: ["127.0.0.1/32"] },
    externals: { secret: () => pulumi.secret("${ADMIN_PASSWORD}"), file: () => pulumi.output(readFileSync("${caFile}", "utf8")) },
    after: pulumi.output(0),
  });
  const provider = postgresAdmin(server);
  const earlier = process.env.EARLIER === "1";
  export const services = (earlier ? ["payment-service"] : ["order-service", "payment-service"]).map((service) => {
    const database = new ServiceDatabase({
      service, provider, protect: false, migratedBy: "job", migrations: readServiceMigrations("${ROOT}/service-templates/" + service + "/migrations"),
      server: earlier ? { ...server, superuser: true } : server,
    });
    return { service, password: database.password, migrator: database.migrations.password };
  });
`;

interface Made {
  readonly service: string;
  readonly password: string;
  readonly migrator: string;
}

/** From 16 on, a role that makes another role may grant it but not act as it, unless it grants the role to itself. */
const ACTS_APART = "16.0.0";
const { postgres: installed } = await locateLocalServers();
const newer = isAtLeast(installed.version, ACTS_APART) ? undefined : await pinnedPostgresql().catch(reasonOf);
if (typeof newer === "string") process.stderr.write(`Not tried with a newer PostgreSQL: ${newer}\n`);
const servers = [installed, newer].filter((server) => typeof server === "object");

describe.each(servers)(
  "databases on a server outside, whose admin is neither superuser nor owner, PostgreSQL $version",
  ({ binDir, version }) => {
    const actsApart = isAtLeast(version, ACTS_APART);
    let server: SecurePostgres;
    let stack: TopicStack;
    let caFile: string;
    beforeAll(async () => {
      server = await startSecurePostgres(ADMIN_PASSWORD, { binDir });
      stack = await openTopicStack("127.0.0.1:1");
      caFile = join(stack.folder, "postgres.pem");
      await writeFile(caFile, server.authority);
      await writeFile(join(stack.folder, "index.ts"), program(server, caFile));
      await server.query("postgres", "CREATE ROLE stranger LOGIN PASSWORD 'stranger'");
    });
    afterAll(async () => {
      await stack?.remove();
      await server?.stop();
    });

    const nameOf = (service: string): string => service.replaceAll("-", "_");
    const made = async (service: string): Promise<Made> => {
      const { code, text } = await stack.pulumi(["stack", "output", "--json", "--show-secrets"]);
      expect(code, text).toBe(0);
      const { services }: { readonly services: readonly Made[] } = JSON.parse(text);
      const found = services.find((each) => each.service === service);
      if (found === undefined) throw new Error(`No ${service} in ${text}`);
      return found;
    };
    const ends = async (args: readonly string[], env: Record<string, string> = {}): Promise<void> => {
      const { code, text } = await stack.pulumi(args, { env });
      expect(code, text).toBe(0);
      expect(text).not.toMatch(/warning:|error:/);
    };

    /** Runs the program in a service's image, as its job does. */
    async function migrate(service: string): Promise<string> {
      const passwordFile = join(stack.folder, "migrator");
      await writeFile(passwordFile, (await made(service)).migrator);
      const name = nameOf(service);
      return await runMigrationProgram({
        DATABASE_HOST: "127.0.0.1",
        DATABASE_PORT: String(server.port),
        DATABASE_NAME: name,
        DATABASE_USER: `${name}_migrator`,
        DATABASE_OWNER: `${name}_owner`,
        DATABASE_ADMIN: server.adminUser,
        DATABASE_PASSWORD_FILE: passwordFile,
        DATABASE_CA_FILE: caFile,
        MIGRATIONS_DIR: `service-templates/${service}/migrations`,
      });
    }

    const ROWS = "SELECT count(*)::int AS rows FROM outbox";
    const appliedAt = (service: string) =>
      server.query(nameOf(service), "SELECT version, applied_at FROM schema_migrations ORDER BY version");
    let before: readonly Record<string, unknown>[];

    // An earlier release made none on newer servers.
    const shutOut = async (): Promise<void> => {
      await ends(["up"], { EARLIER: "1" });
      const { password, migrator } = await made("payment-service");
      const connection = {
        host: "127.0.0.1",
        port: server.port,
        database: "payment_service",
        user: "payment_service_migrator",
        password: migrator,
        caPem: server.authority,
      };
      await applyMigrations({
        connection,
        role: "payment_service_owner",
        migrations: readServiceMigrations(join(ROOT, "service-templates/payment-service/migrations")),
        preamble: migrationPreamble("payment_service"),
      });
      expect(await server.answerTo({ user: "payment_service", password }, "payment_service", ROWS)).toMatch(
        /permission denied for database/,
      );
      before = await appliedAt("payment-service");
      expect(before.length).toBeGreaterThan(0);
    };

    const takenAway = async (): Promise<void> => {
      await ends(["up"]);
      await migrate("payment-service");
      before = await appliedAt("payment-service");
      const admin = { user: server.adminUser, password: ADMIN_PASSWORD };
      await server.answerTo(admin, "postgres", `REVOKE payment_service FROM ${server.adminUser}`);
      await server.answerTo(admin, "postgres", `ALTER ROLE ${server.adminUser} RESET createrole_self_grant`);
      const acts = async () => await server.answerTo(admin, "payment_service", "SET ROLE payment_service");
      expect(await acts()).toMatch(/permission denied to set role/);
      const { code, text } = await stack.pulumi(["up"]);
      expect(code, text).toBe(0);
      expect(text).toContain(`the administrator ${server.adminUser} may not act as the roles it makes`);
      expect(await acts()).toEqual([]);
      expect(await server.answerTo(admin, "postgres", "SHOW createrole_self_grant")).toEqual([
        { createrole_self_grant: "set, inherit" },
      ]);
    };

    if (actsApart)
      it("come from an administrator that may act as its roles, again where that was taken away", takenAway);
    else it("shut a service out as an earlier release made them", shutOut);

    it("let in their own service, and nobody else, once the job has run; what was migrated stays as it was", async () => {
      // In one run the new release's job comes before the removal of the grant that the earlier release declared.
      expect(await migrate("payment-service")).toMatch(/has [1-9]\d* migrations/);
      await ends(["up"]);
      expect(await migrate("order-service")).toMatch(/has [1-9]\d* migrations/);
      for (const service of ["order-service", "payment-service"]) {
        const { password } = await made(service);
        expect(await server.answerTo({ user: nameOf(service), password }, nameOf(service), ROWS)).toEqual([
          { rows: 0 },
        ]);
        expect(await server.answerTo({ user: "stranger", password: "stranger" }, nameOf(service), ROWS)).toMatch(
          /permission denied for database/,
        );
      }
      expect(
        await server.answerTo(
          { user: "order_service", password: (await made("order-service")).password },
          "payment_service",
          ROWS,
        ),
      ).toMatch(/permission denied for database/);
      expect(await appliedAt("payment-service")).toEqual(before);
      expect(await migrate("payment-service"), "a second job").toMatch(/has [1-9]\d* migrations/);
      expect(await appliedAt("payment-service")).toEqual(before);
    });

    it("are as declared when they are looked at again", async () => {
      await ends(["preview", "--expect-no-changes"]);
      await ends(["preview", "--expect-no-changes", "--refresh"]);
    });

    it("go with the platform, roles and all: the server stays", async () => {
      await ends(["destroy"]);
      expect(await leftOfServices(server)).toEqual([]);
    });
  },
);
