/** `kit erase` against running services: what it removes, what it keeps, and that the saga's accounts still balance. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandContext } from "../../../cli/context.ts";
import type { DeclaredService, Erasure } from "../../../cli/erase/erasure.ts";
import { eraseCustomer } from "../../../cli/erase/erasure.ts";
import type { ServerAccess } from "../../../cli/platform/platform-access.ts";
import { runProgram } from "../../../cli/program.ts";
import { collectEvidence } from "../../../cli/verify/collect.ts";
import { judge } from "../../../cli/verify/judge.ts";
import { settle } from "../../../cli/verify/settle.ts";
import { ADMIN_PRINCIPAL } from "../../../components/certificates/admin-identity.ts";
import { POSTGRES_ADMIN } from "../../../components/databases/postgres-conf.ts";
import { readServiceTemplates } from "../../../components/services/template.ts";
import { verification } from "../../../service-templates/acceptance/verify/verification.ts";
import { startAnalyticsService } from "../../../service-templates/analytics-service/src/service.ts";
import { startNotificationService } from "../../../service-templates/notification-service/src/service.ts";
import { startShippingService } from "../../../service-templates/shipping-service/src/service.ts";
import { eventually } from "../../platform/condition.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { ROOT, startOrderPlatform } from "../servers/order-platform.ts";
import { serverAccess } from "../servers/server-access.ts";

const MOUSE = [{ productId: "sku-mouse", quantity: 1 }];
const ADDRESS = "Main Street";
const TEMPLATES = readServiceTemplates(join(ROOT, "service-templates")).filter(
  ({ database }) => database !== undefined,
);
const SERVICES: readonly DeclaredService[] = TEMPLATES.map(({ name, personalData }) => ({
  service: name,
  personalData,
}));
const databaseOf = (service: string): string => service.replaceAll("-", "_");
/** Tables in which a service keeps no state of its own but what the library needs for a while; the page on erasure speaks of them. */
const LIBRARY_TABLES = [
  "outbox",
  "outbox_parked",
  "outbox_actions",
  "outbox_published",
  "inbox",
  "dead_letters",
  "dead_letter_actions",
  "erasures",
  "schema_migrations",
  "claims",
];
/** Columns that by their names hold what belongs to a person. */
const PERSONAL = /customer|recipient|address|^subject$|^body$|headline|^line$|phone|e_?mail|attachment/u;

describe("erasing a customer", () => {
  let platform: OrderPlatform;
  let access: ServerAccess;
  beforeAll(async () => {
    platform = await startOrderPlatform(
      { NOTIFICATION_WINDOW_MS: "300", SHIPPING_DISPATCH_MS: "300", SHIPPING_DELIVERY_MS: "600" },
      {
        "notification-service": startNotificationService,
        "shipping-service": startShippingService,
        "analytics-service": startAnalyticsService,
      },
    );
    access = serverAccess(platform);
  });
  afterAll(async () => {
    await access?.close();
    await platform?.stop();
  });

  const erase = (customer: string, dryRun: boolean): Promise<Erasure> =>
    eraseCustomer(access, SERVICES, customer, { dryRun, actor: "operator", reason: "asked for" });
  /** Everything that all tables of all services hold, but those that the library keeps for a while. */
  async function everything(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const { service } of SERVICES) {
      const tables = await platform.sql<{ name: string }>(
        databaseOf(service),
        "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1",
      );
      for (const { name } of tables) {
        if (LIBRARY_TABLES.includes(name)) continue;
        const [row] = await platform.sql<{ text: string | null }>(
          databaseOf(service),
          `SELECT string_agg(t::text, E'\\n' ORDER BY t::text) AS text FROM ${name} t`,
        );
        found.set(`${service}/${name}`, row?.text ?? "");
      }
    }
    return found;
  }
  const naming = async (text: string): Promise<readonly string[]> =>
    [...(await everything())].filter(([, rows]) => rows.includes(text)).map(([name]) => name);
  const delivered = (customer: string, count: number): Promise<true> =>
    eventually(
      `${count} parcels of ${customer}, and every message about them`,
      async () => {
        const [shipped] = await platform.sql<{ count: number }>(
          "shipping_service",
          "SELECT count(*)::int FROM shipments WHERE customer_id = $1 AND status = 'delivered'",
          [customer],
        );
        const [told] = await platform.sql<{ told: number; open: number }>(
          "notification_service",
          `SELECT (SELECT count(*)::int FROM notices n JOIN order_customers c USING (order_id) WHERE c.customer_id = $1 AND n.event_type = 'shipment.delivered') AS told,
              (SELECT count(*)::int FROM messages WHERE customer_id = $1 AND status IN ('open', 'sending')) AS open`,
          [customer],
        );
        return shipped?.count === count && told?.told === count && told.open === 0 ? true : undefined;
      },
      60_000,
    );

  it("is declared for every column that holds what belongs to a person", async () => {
    for (const { service, personalData } of SERVICES) {
      expect(personalData, `${service}/template.yaml has no personalData`).toBeDefined();
      const columns = await platform.sql<{ table: string; column: string }>(
        databaseOf(service),
        "SELECT table_name AS table, column_name AS column FROM information_schema.columns WHERE table_schema = 'public'",
      );
      const personal = columns.filter(
        ({ table, column }) =>
          !LIBRARY_TABLES.includes(table) &&
          !table.startsWith("outbox_published_") &&
          PERSONAL.test(column) &&
          column !== "body_hash",
      );
      const overwritten = new Set(
        personalData?.tables.flatMap(({ table, erase: values }) =>
          Object.keys(values).map((column) => `${table}.${column}`),
        ),
      );
      for (const { table, column } of personal.filter(
        ({ table: name }) => name !== "order_customers" || service === "notification-service",
      ))
        expect(overwritten, service).toContain(`${table}.${column}`);
    }
  });

  it("changes nothing without being told to, then removes every trace, keeps the books and lets no rights grow", async () => {
    const orders = [await platform.place(MOUSE, "cust-leaving"), await platform.place(MOUSE, "cust-leaving")];
    const other = await platform.place(MOUSE, "cust-staying");
    const refused = await platform.place([{ productId: "sku-limited", quantity: 90 }], "cust-leaving");
    for (const orderId of orders)
      expect((await platform.ended(orderId, { customer: "cust-leaving" })).status).toBe("confirmed");
    expect((await platform.ended(refused, { customer: "cust-leaving" })).status).toBe("cancelled");
    await platform.ended(other, { customer: "cust-staying" });
    await delivered("cust-leaving", 2);
    await delivered("cust-staying", 1);
    await settle(access, { contracts: platform.plan.contracts, unfinished: verification.unfinished, limitMs: 20_000 });

    await platform.sql(
      "order_service",
      'UPDATE orders SET attachment = \'{"name": "letter of cust-leaving.txt"}\' WHERE order_id = $1',
      [orders[0]],
    );
    const before = await everything();
    const looked = await erase("cust-leaving", true);
    expect(looked).toMatchObject({ dryRun: true, complete: true, underWay: [] });
    expect(await everything()).toEqual(before);
    expect(await platform.sql("order_service", "SELECT 1 FROM erasures")).toEqual([]);

    const erased = await erase("cust-leaving", false);
    const rows = (erasure: Erasure) =>
      erasure.services.map(({ service, tables }) => [
        service,
        tables.map(({ table, erased: count, left }) => [table, count, left]),
      ]);
    expect(rows(erased)).toEqual(rows(looked));
    const tables = Object.fromEntries(
      erased.services.flatMap(({ service, tables: each }) =>
        each.map(({ table, erased: count }) => [`${service}/${table}`, count]),
      ),
    );
    expect(tables).toMatchObject({
      "order-service/orders": 3,
      "order-service/idempotency_keys": 3,
      "shipping-service/shipments": 2,
      "notification-service/order_customers": 3,
    });
    expect(tables["payment-service/payments"]).toBeGreaterThanOrEqual(2);
    expect(tables["notification-service/channel_deliveries"]).toBeGreaterThan(0);
    expect(await naming("cust-leaving")).toEqual([]);
    // The other customer's address is still there, in rows that tell of his order.
    const addressed = [...(await everything())].flatMap(([name, text]) =>
      text
        .split("\n")
        .filter((row) => row.includes(ADDRESS))
        .map((row) => ({ name, row })),
    );
    expect(addressed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["order-service/orders", "shipping-service/shipments"]),
    );
    expect(
      addressed.filter(
        ({ row }) => row.includes("erased") || [...orders, refused].some((orderId) => row.includes(orderId)),
      ),
    ).toEqual([]);
    const [kept] = await platform.sql(
      "order_service",
      "SELECT count(*)::int AS orders, count(DISTINCT customer_id)::int AS people, bool_and(customer_id LIKE 'erased-%') AS erased, sum(total_amount)::int > 0 AS amounts FROM orders WHERE order_id = ANY($1::uuid[])",
      [[...orders, refused]],
    );
    expect(kept).toEqual({ orders: 3, people: 1, erased: true, amounts: true });
    expect(
      (await platform.call("GET", `/orders/${orders[0] ?? ""}`, { token: await platform.token("cust-leaving") }))
        .status,
    ).toBe(404);
    expect(
      (await platform.call("GET", `/orders/${other}`, { token: await platform.token("cust-staying") })).status,
    ).toBe(200);

    // The audit trail does not reveal who it was.
    for (const { service } of SERVICES) {
      const [trail, ...more] = await platform.sql<{
        id: string;
        actor: string;
        reason: string;
        complete: boolean;
        names: boolean;
      }>(
        databaseOf(service),
        "SELECT erasure_id AS id, actor, reason, complete, detail::text LIKE '%cust-leaving%' AS names FROM erasures WHERE customer_digest = sha256(convert_to('cust-leaving', 'UTF8'))",
      );
      expect(more).toEqual([]);
      expect(trail).toEqual({
        id: erased.erasureId,
        actor: "operator",
        reason: "asked for",
        complete: true,
        names: false,
      });
    }
    const client = await access.databaseAsService("order-service");
    for (const text of [
      "UPDATE erasures SET actor = 'x'",
      "DELETE FROM erasures",
      "TRUNCATE erasures",
      "DROP TABLE orders",
    ])
      await expect(client.query(text), text).rejects.toMatchObject({ code: "42501" });
    await client.end();
    await expect(platform.sql("order_service", "DELETE FROM erasures")).rejects.toMatchObject({ code: "42501" });

    const again = await erase("cust-leaving", false);
    expect(
      again.services.flatMap(({ tables: each }) => each).every(({ erased: count, left }) => count === 0 && left === 0),
    ).toBe(true);
    expect(again.complete).toBe(true);

    const settlement = await settle(access, {
      contracts: platform.plan.contracts,
      unfinished: verification.unfinished,
      limitMs: 20_000,
    });
    const verdict = judge(
      await collectEvidence(access, { contracts: platform.plan.contracts, project: verification, settlement }),
      undefined,
      { own: verification.invariants },
    );
    expect(verdict.invariants.filter(({ holds }) => !holds).map(({ id, problems }) => ({ id, problems }))).toEqual([]);
  }, 120_000);

  it("leaves an order that is under way with its address, in every service, and takes it the next time", async () => {
    const carriers = `http://127.0.0.1:${platform.others.get("shipping-service")?.managementPort ?? 0}/carriers`;
    const behave = async (behaviour: string): Promise<void> => {
      for (const carrier of ["fedex", "ups"])
        await fetch(`${carriers}/${carrier}`, {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ behaviour }),
        });
    };
    await behave("unavailable");
    const orderId = await platform.place(MOUSE, "cust-waiting");
    await platform.ended(orderId, { customer: "cust-waiting" });
    await eventually(
      "the shipment to wait for a carrier",
      async () =>
        (await platform.sql("shipping_service", "SELECT 1 FROM shipments WHERE order_id = $1", [orderId])).length === 1
          ? true
          : undefined,
      15_000,
    );
    const first = await erase("cust-waiting", false);
    expect(first).toMatchObject({ complete: false, underWay: [orderId] });
    expect(
      await platform.sql("order_service", "SELECT customer_id FROM orders WHERE order_id = $1", [orderId]),
    ).toEqual([{ customer_id: "cust-waiting" }]);
    expect(
      await platform.sql("payment_service", "SELECT customer_id FROM payments WHERE order_id = $1", [orderId]),
    ).toEqual([{ customer_id: "cust-waiting" }]);
    await behave("accept");
    await delivered("cust-waiting", 1);
    expect((await erase("cust-waiting", false)).complete).toBe(true);
    expect(await naming("cust-waiting")).toEqual([]);
  }, 120_000);

  it("counts a confirmed order of which shipping has not heard yet as under way, and finishes what an earlier run left half done", async () => {
    const orderId = await platform.place(MOUSE, "cust-half");
    await platform.ended(orderId, { customer: "cust-half" });
    await delivered("cust-half", 1);
    // As if shipping had not consumed the confirmation.
    await platform.sql(
      "shipping_service",
      "UPDATE shipments SET order_id = '00000000-0000-4000-8000-000000000001' WHERE order_id = $1",
      [orderId],
    );
    expect(await erase("cust-half", true)).toMatchObject({ complete: false, underWay: [orderId] });
    await platform.sql(
      "shipping_service",
      "UPDATE shipments SET order_id = $1 WHERE order_id = '00000000-0000-4000-8000-000000000001'",
      [orderId],
    );
    // As if a run had died after shipping: its row no longer names its customer.
    await platform.sql(
      "shipping_service",
      "UPDATE shipments SET customer_id = 'erased-x', shipping_address = 'erased' WHERE order_id = $1",
      [orderId],
    );
    expect((await erase("cust-half", false)).complete).toBe(true);
    expect(await naming("cust-half")).toEqual([]);
  }, 120_000);

  it("is a command that shows, applies when told to, and answers scripts, through the platform's files", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "kit-erase-"));
    try {
      const put = async (name: string, content: string): Promise<string> => {
        await writeFile(join(stateDir, name), content, { mode: 0o600 });
        return join(stateDir, name);
      };
      const { tls, bootstrapBrokers } = platform.kafka.admin;
      const { user, password, host, port } = platform.postgres.login("postgres", POSTGRES_ADMIN);
      const logins = SERVICES.map(({ service }) => {
        const own = platform.postgres.login(databaseOf(service));
        return [
          service,
          { postgres: own.password, postgresUser: own.user, postgresDatabase: databaseOf(service) },
        ] as const;
      });
      const files = {
        ca: await put("ca.pem", tls.ca),
        adminCert: await put("admin.crt", tls.cert),
        adminKey: await put("admin.key", tls.key),
        credentials: await put(
          "credentials.json",
          JSON.stringify({
            [ADMIN_PRINCIPAL]: { postgres: password, postgresUser: user, postgresDatabase: "postgres" },
            ...Object.fromEntries(logins),
          }),
        ),
      };
      await put(
        "status.json",
        JSON.stringify({
          stack: "local",
          files,
          endpoints: {
            gateway: platform.gatewayUrl,
            registry: platform.registry.url,
            postgres: { host, port },
            kafka: { bootstrap: [platform.kafka.bootstrap], admin: bootstrapBrokers },
          },
        }),
      );
      const kit = async (
        ...argv: readonly string[]
      ): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
        const [stdout, stderr] = [new PassThrough(), new PassThrough()];
        const code = await runProgram(
          { projectDir: ROOT, stateDir, env: {}, stdout, stderr, now: Date.now } as unknown as CommandContext,
          ["erase", ...argv],
        );
        return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
      };
      const orderId = await platform.place([{ productId: "sku-limited", quantity: 90 }], "cust-command");
      await platform.ended(orderId, { customer: "cust-command" });
      await eventually(
        "the customer to be told",
        async () =>
          (
            await platform.sql(
              "notification_service",
              "SELECT 1 FROM messages WHERE customer_id = 'cust-command' AND status = 'sent'",
            )
          ).length > 0
            ? true
            : undefined,
        20_000,
      );
      await settle(access, {
        contracts: platform.plan.contracts,
        unfinished: verification.unfinished,
        limitMs: 20_000,
      });

      const shown = await kit("--customer", "cust-command");
      expect(shown, shown.err).toMatchObject({
        code: 0,
        out: expect.stringMatching(
          /Would be erased[^]*orders[^]*books must be kept by law[^]*order-events[^]*Dry run: nothing was changed/u,
        ),
      });
      expect(await naming("cust-command")).not.toEqual([]);
      const applied = await kit("--customer", "cust-command", "--apply", "--json");
      expect(applied.code, applied.err).toBe(0);
      expect(JSON.parse(applied.out)).toMatchObject({
        customer: "cust-command",
        dryRun: false,
        complete: true,
        underWay: [],
        topics: expect.arrayContaining([expect.objectContaining({ topic: "order-events", retentionMs: 604_800_000 })]),
      });
      expect(await naming("cust-command")).toEqual([]);
      expect(`${applied.out}${applied.err}${shown.out}${shown.err}`).not.toContain(password);
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  }, 120_000);

  it("is not complete where a service does not say what it holds", async () => {
    const silent = SERVICES.map((each) =>
      each.service === "inventory-service" ? { ...each, personalData: undefined } : each,
    );
    expect(await eraseCustomer(access, silent, "nobody", { dryRun: true, actor: "operator" })).toMatchObject({
      complete: false,
      underWay: [],
    });
    expect(await erase("nobody", true)).toMatchObject({ complete: true });
  });
});
