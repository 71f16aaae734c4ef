import type { RunningService } from "@event-platform-kit/service";
import { systemClock } from "@event-platform-kit/service/clock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPaymentService } from "../../../service-templates/payment-service/src/service.ts";
import { eventually } from "../../platform/condition.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";

interface Readiness {
  readonly status: number;
  readonly checks: Readonly<Record<string, string>>;
}

describe("readiness is not liveness", () => {
  let platform: OrderPlatform;
  let payment: RunningService;
  let ahead = 0;
  beforeAll(async () => {
    platform = await startOrderPlatform({ SAGA_TIMEOUT_MS: "300000" });
    await platform.services.payment.stop();
    payment = await startPaymentService({
      env: platform.environment("payment-service", "0"),
      clock: () => systemClock() + ahead,
    });
    await becomes("ready", (now) => now.status === 200);
  });
  afterAll(async () => {
    await payment?.stop();
    await platform?.stop();
  });

  async function ask(): Promise<Readiness> {
    const response = await fetch(`http://127.0.0.1:${payment.managementPort}/readyz`);
    return { status: response.status, checks: ((await response.json()) as { checks: Record<string, string> }).checks };
  }
  function becomes(what: string, holds: (now: Readiness) => boolean, limitMs = 40_000): Promise<Readiness> {
    return eventually(
      `payment-service to be ${what}`,
      async () => {
        const now = await ask();
        if (holds(now)) return now;
        throw new Error(JSON.stringify(now));
      },
      limitMs,
    );
  }
  async function expectAlive(): Promise<void> {
    expect((await fetch(`http://127.0.0.1:${payment.managementPort}/livez`)).status).toBe(200);
  }

  it("while the database is gone", async () => {
    await platform.postgres.kill();
    try {
      const now = await becomes("unready", ({ status }) => status === 503);
      expect(now.checks.database).not.toBe("good");
      await expectAlive();
    } finally {
      await platform.postgres.start();
    }
    await becomes("ready", ({ status }) => status === 200);
  });

  it("while a batch is stuck, however long it takes", async () => {
    const admin = await platform.postgres.connect("payment_service");
    try {
      await admin.query("BEGIN");
      await admin.query("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE");
      const orderId = await platform.place([{ productId: "sku-mouse", quantity: 1 }]);
      await eventually(
        "the batch to wait for the lock",
        async () =>
          (
            await admin.query(
              "SELECT 1 FROM pg_stat_activity WHERE application_name = 'payment-service-0' AND wait_event_type = 'Lock'",
            )
          ).rows.length > 0
            ? true
            : undefined,
        20_000,
      );
      expect((await ask()).status).toBe(200);
      ahead += 31_000;
      const now = await becomes("unready", ({ status }) => status === 503);
      expect(now.checks).toMatchObject({ database: "good", consumer: "not a member of its group, or stuck" });
      await expectAlive();
      await admin.query("ROLLBACK");
      await becomes("ready", ({ status }) => status === 200);
      expect((await platform.ended(orderId, { limitMs: 60_000 })).status).toBe("confirmed");
    } finally {
      await admin.end();
    }
  });

  it("while it is not a member of its group", async () => {
    await platform.kafka.kill();
    try {
      const now = await becomes("unready", ({ status }) => status === 503);
      expect(now.checks).toMatchObject({ database: "good", consumer: "not a member of its group, or stuck" });
      await expectAlive();
    } finally {
      await platform.kafka.start();
    }
    await becomes("ready", ({ status }) => status === 200, 60_000);
    expect(
      (await platform.ended(await platform.place([{ productId: "sku-mouse", quantity: 1 }]), { limitMs: 60_000 }))
        .status,
    ).toBe("confirmed");
  });
});
