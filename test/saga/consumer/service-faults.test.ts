import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAUSE_REASONS } from "../../../service-templates/lib/consumer/consumer-faults.ts";
import { eventually } from "../../platform/condition.ts";
import { sample } from "../servers/metrics.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";

const MOUSE = [{ productId: "sku-mouse", quantity: 1 }];
/** Milliseconds until an order has ended, however busy the machine is. */
const LIMIT_MS = 90_000;

describe("a consumer whose service does not fit its database", () => {
  let platform: OrderPlatform;
  beforeAll(async () => {
    platform = await startOrderPlatform({ SAGA_TIMEOUT_MS: "600000" });
    // Everything is prepared on several connections.
    for (const orderId of await place(5)) await platform.ended(orderId, { limitMs: LIMIT_MS });
  });
  afterAll(() => platform?.stop());

  const payments = (text: string): Promise<unknown> => platform.sql("payment_service", text);
  const place = (count: number): Promise<readonly string[]> =>
    Promise.all(Array.from({ length: count }, () => platform.place(MOUSE)));
  async function deadLetters(): Promise<unknown[]> {
    const all = await Promise.all(
      ["payment_service", "inventory_service", "order_service"].map((database) =>
        platform.sql(database, "SELECT error_code, error_message FROM dead_letters"),
      ),
    );
    return all.flat();
  }
  /** Cuts every connection of a service, as a fail-over or a restart does. */
  const cut = (): Promise<unknown> =>
    platform.sql(
      "postgres",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'payment_service' AND usename = 'payment_service'",
    );
  async function readiness(): Promise<{ readonly status: number; readonly consumer: string }> {
    const response = await fetch(`http://127.0.0.1:${platform.services.payment.managementPort}/readyz`);
    return {
      status: response.status,
      consumer: ((await response.json()) as { checks: Record<string, string> }).checks.consumer ?? "",
    };
  }
  const paused = (reason: string): Promise<number> =>
    sample(platform.services.payment.managementPort, "consumer_paused", { reason });

  it("shows every reason for a pause at 0 before there was one", async () => {
    const text = await (await fetch(`http://127.0.0.1:${platform.services.payment.managementPort}/metrics`)).text();
    for (const reason of PAUSE_REASONS) {
      expect(text).toMatch(new RegExp(`^consumer_paused\\{reason="${reason}",[^}]*\\} 0$`, "mu"));
      expect(text).toMatch(new RegExp(`^consumer_pauses_total\\{reason="${reason}",[^}]*\\} 0$`, "mu"));
    }
  });

  it("prepares its statements again when columns are widened under load", async () => {
    let loading = true;
    const orders: string[] = [];
    const load = (async () => {
      while (loading) {
        orders.push(...(await place(4)));
        await pause(20);
      }
    })();
    try {
      await eventually("orders before the migration", () => (orders.length >= 20 ? true : undefined), LIMIT_MS);
      await payments("ALTER TABLE payments ALTER COLUMN currency TYPE text");
      await platform.sql(
        "inventory_service",
        "ALTER TABLE stock ALTER COLUMN available TYPE bigint, ALTER COLUMN reserved TYPE bigint",
      );
      await platform.sql("order_service", "ALTER TABLE orders ALTER COLUMN currency TYPE text");
      await payments("ALTER TABLE payments ALTER COLUMN customer_id TYPE varchar(500)");
      const before = orders.length;
      await eventually("orders after the migration", () => (orders.length >= before + 20 ? true : undefined), LIMIT_MS);
    } finally {
      loading = false;
      await load;
    }
    for (const orderId of orders)
      expect((await platform.ended(orderId, { limitMs: LIMIT_MS })).status).toBe("confirmed");
    expect(await deadLetters()).toEqual([]);
    const [stock] = await platform.sql<{ adds: boolean }>(
      "inventory_service",
      "SELECT available + reserved + sold = initial AND available >= 0 AS adds FROM stock WHERE product_id = 'sku-mouse'",
    );
    expect(stock).toEqual({ adds: true });
  });

  interface Mismatch {
    readonly what: string;
    readonly reason: string;
    readonly says: RegExp;
    readonly break: () => Promise<unknown>;
    readonly heal: () => Promise<unknown>;
  }
  const mismatches: readonly Mismatch[] = [
    {
      what: "a column was dropped",
      reason: "database-schema",
      says: /provider_code/u,
      break: () => payments("ALTER TABLE payments DROP COLUMN provider_code"),
      heal: () => payments("ALTER TABLE payments ADD COLUMN provider_code text"),
    },
    {
      what: "a table is away",
      reason: "database-schema",
      says: /payments/u,
      break: () => payments("ALTER TABLE payments RENAME TO payments_old"),
      heal: () => payments("ALTER TABLE payments_old RENAME TO payments"),
    },
    {
      what: "rights were revoked",
      reason: "database-rights",
      says: /permission denied/u,
      break: () => payments("REVOKE INSERT ON payments FROM payment_service"),
      heal: () => payments("GRANT INSERT ON payments TO payment_service"),
    },
    {
      what: "the database takes no changes, and its sessions never learn that this is over",
      reason: "database-read-only",
      says: /read-only/u,
      async break() {
        await platform.sql("postgres", "ALTER DATABASE payment_service SET default_transaction_read_only = on");
        await cut();
      },
      heal: () => platform.sql("postgres", "ALTER DATABASE payment_service RESET default_transaction_read_only"),
    },
    {
      what: "the password is wrong",
      reason: "database-credentials",
      says: /password authentication failed/u,
      async break() {
        await platform.sql("postgres", "ALTER ROLE payment_service PASSWORD 'another one'");
        await cut();
      },
      heal: () =>
        platform.sql(
          "postgres",
          `ALTER ROLE payment_service PASSWORD '${platform.postgres.login("payment_service").password}'`,
        ),
    },
    {
      what: "the role may not log in",
      reason: "database-credentials",
      says: /not permitted to log in/u,
      async break() {
        await platform.sql("postgres", "ALTER ROLE payment_service NOLOGIN");
        await cut();
      },
      heal: () => platform.sql("postgres", "ALTER ROLE payment_service LOGIN"),
    },
  ];
  it.each(mismatches)("waits while $what, and goes on by itself", async ({ reason, says, break: spoil, heal }) => {
    await spoil();
    const orders = await place(12);
    try {
      const now = await eventually(
        `payment-service to say ${reason}`,
        async () => {
          const seen = await readiness();
          return seen.status === 503 && seen.consumer.includes(reason) ? seen : undefined;
        },
        LIMIT_MS,
      );
      expect(now.consumer).toMatch(says);
      await eventually(
        `consumer_paused to say ${reason}`,
        async () => ((await paused(reason)) === 1 ? true : undefined),
        LIMIT_MS,
      );
    } finally {
      await heal();
    }
    for (const orderId of orders)
      expect((await platform.ended(orderId, { limitMs: LIMIT_MS })).status).toBe("confirmed");
    await eventually(
      "payment-service to be ready again",
      async () => ((await readiness()).status === 200 && (await paused(reason)) === 0 ? true : undefined),
      LIMIT_MS,
    );
    expect(await deadLetters()).toEqual([]);
  });

  it("holds back what fails alike for a reason that it does not know, and still gives up a single bad record", async () => {
    await payments(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the books are closed for order %', NEW.order_id; END $$",
    );
    await payments("CREATE TRIGGER refuse BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION refuse()");
    const orders = await place(20);
    await eventually(
      "consumption to be held back",
      async () => ((await readiness()).consumer.includes("repeated-failures") ? true : undefined),
      LIMIT_MS,
    );
    expect(await paused("repeated-failures")).toBe(1);
    await payments("DROP TRIGGER refuse ON payments");
    const [dead] = await eventually(
      "16 orders to be paid",
      async () => {
        const [row] = await platform.sql<{ count: string }>(
          "payment_service",
          "SELECT count(*) FROM payments WHERE order_id = ANY($1)",
          [orders],
        );
        return Number(row?.count) === 16
          ? platform.sql<{ count: string }>("payment_service", "SELECT count(*) FROM dead_letters")
          : undefined;
      },
      LIMIT_MS,
    );
    expect(dead).toEqual({ count: "4" });

    await payments(
      "CREATE TRIGGER refuse BEFORE INSERT ON payments FOR EACH ROW WHEN (NEW.customer_id = 'cust-poison') EXECUTE FUNCTION refuse()",
    );
    const poison = await platform.place(MOUSE, "cust-poison");
    const good = await place(3);
    await eventually(
      "the one bad record to be a dead-letter record",
      async () =>
        (
          await platform.sql("payment_service", "SELECT 1 FROM dead_letters WHERE error_message LIKE '%' || $1", [
            poison,
          ])
        ).length === 1
          ? true
          : undefined,
      LIMIT_MS,
    );
    for (const orderId of good) expect((await platform.ended(orderId, { limitMs: LIMIT_MS })).status).toBe("confirmed");
    expect(await paused("repeated-failures")).toBe(0);
  });
});
