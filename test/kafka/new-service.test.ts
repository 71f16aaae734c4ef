import { randomUUID } from "node:crypto";
import { AclOperations, AclPermissionTypes, ResourcePatternTypes, ResourceTypes } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../platform/condition.ts";
import { queryAs } from "../platform/databases.ts";
import { customer } from "../platform/gateway.ts";
import { kitJson, runKit } from "../platform/kit-command.ts";
import { pids, status, up } from "../platform/processes.ts";
import { copyProject } from "../platform/project-copy.ts";
import { statusFile, testPlatform } from "../platform/test-platform.ts";
import { adminClient } from "./clients.ts";

const NAME = "fraud-check-service";
const TOPIC = "fraud-check-events";

describe("a service that `kit new` made", () => {
  const platform = testPlatform();
  const admin = adminClient(platform);
  let project: Awaited<ReturnType<typeof copyProject>>;
  beforeAll(async () => {
    project = await copyProject();
    const made = await runKit(platform, ["new", "service", NAME, "--from", "payment-service", "--team", "risk"], {
      projectDir: project.dir,
    });
    expect(made.stderr).toBe("");
    expect(made.code).toBe(0);
    await kitJson(platform, ["up"], { projectDir: project.dir, timeoutMs: 400_000 });
  }, 420_000);
  afterAll(async () => {
    // The files of the clone under test name no such service: everything of it goes.
    await up(platform, 400_000).finally(() => project.remove());
    const left = await admin.listTopics({ includeInternals: false });
    await admin.close();
    expect(left.filter((topic) => topic.startsWith("fraud-check"))).toEqual([]);
    expect((await pids(platform)).has(NAME)).toBe(false);
  }, 420_000);

  it("runs after the next `kit up`, ready, on a database and topics of its own", async () => {
    expect((await status(platform)).processes).toContainEqual(
      expect.objectContaining({ name: NAME, role: "service", state: "running" }),
    );
    const [address] = statusFile(platform).endpoints.services[NAME]?.management ?? [];
    const ready = await fetch(`${address ?? ""}/readyz`, { signal: AbortSignal.timeout(10_000) });
    expect(ready.status, await ready.text()).toBe(200);
    expect(await admin.listTopics({ includeInternals: false })).toEqual(expect.arrayContaining([TOPIC, `${NAME}.dlt`]));
    expect(await queryAs(platform, NAME, "SELECT current_database() AS name")).toEqual([
      { name: "fraud_check_service" },
    ]);
  });

  it("reads a real order, publishes its own event to its own topic, and changes nothing about the order", async () => {
    const alice = await customer(platform, `alice-${randomUUID()}`);
    const accepted = await alice.order({
      items: [{ productId: "sku-mouse", quantity: 1 }],
      currency: "USD",
      shippingAddress: "1 Market Street, San Francisco",
    });
    expect(accepted.status).toBe(202);
    const orderId = String(accepted.body.orderId);
    expect(await alice.settled(orderId, 60_000)).toMatchObject({ status: "confirmed" });

    const published = await eventually(
      `${NAME} to publish what it did for the order`,
      async () => {
        const rows = await queryAs<{ topic: string; event_type: string }>(
          platform,
          NAME,
          "SELECT topic, event_type FROM outbox_published WHERE key = convert_to($1, 'UTF8')",
          [orderId],
        );
        return rows.length > 0 ? rows : undefined;
      },
      60_000,
    );
    expect(published).toEqual([{ topic: TOPIC, event_type: "fraud-check.processed" }]);
    expect(await queryAs(platform, NAME, "SELECT status FROM payments WHERE order_id = $1", [orderId])).toEqual([
      { status: "processed" },
    ]);
    expect(
      await queryAs(platform, "payment-service", "SELECT status FROM payments WHERE order_id = $1", [orderId]),
    ).toEqual([{ status: "processed" }]);
    expect(
      await queryAs(
        platform,
        "order-service",
        "SELECT count(*)::int AS steps FROM order_steps WHERE order_id = $1 AND name = 'payment.processed'",
        [orderId],
      ),
    ).toEqual([{ steps: 1 }]);
  });

  it("may neither write to its template's topic nor read the others'", async () => {
    const acls = await admin.describeAcls({
      filter: {
        resourceType: ResourceTypes.ANY,
        resourceName: null,
        resourcePatternType: ResourcePatternTypes.ANY,
        principal: `User:${NAME}`,
        host: null,
        operation: AclOperations.ANY,
        permissionType: AclPermissionTypes.ANY,
      },
    });
    const rules = acls
      .flatMap((resource) => resource.acls.map((acl) => `${resource.resourceName} ${acl.operation}`))
      .sort();
    const { READ, WRITE, DESCRIBE } = AclOperations;
    expect(rules).toEqual(
      [
        `${NAME} ${READ}`,
        `${NAME} ${DESCRIBE}`,
        `${NAME}.dlt ${READ}`,
        `${NAME}.dlt ${WRITE}`,
        `${NAME}.dlt ${DESCRIBE}`,
        `${TOPIC} ${WRITE}`,
        `${TOPIC} ${DESCRIBE}`,
        `order-events ${READ}`,
        `order-events ${DESCRIBE}`,
      ].sort(),
    );
  });
});
