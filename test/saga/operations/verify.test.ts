/**
 * The findings of `kit verify` in real tables and topics: nothing after real orders, and each violation that the test writes to
 * a table afterwards.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServerAccess } from "../../../cli/platform/platform-access.ts";
import { collectEvidence } from "../../../cli/verify/collect.ts";
import { judge } from "../../../cli/verify/judge.ts";
import { settle } from "../../../cli/verify/settle.ts";
import type { Verdict } from "../../../cli/verify/verdict.ts";
import { verification } from "../../../service-templates/acceptance/verify/verification.ts";
import { startAnalyticsService } from "../../../service-templates/analytics-service/src/service.ts";
import { startNotificationService } from "../../../service-templates/notification-service/src/service.ts";
import { startShippingService } from "../../../service-templates/shipping-service/src/service.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import { serverAccess } from "../servers/server-access.ts";

describe("kit verify on tables and topics", () => {
  let platform: OrderPlatform;
  let access: ServerAccess;
  let confirmed = "";
  let open: readonly string[] = [];
  beforeAll(async () => {
    platform = await startOrderPlatform(
      { SHIPPING_DISPATCH_MS: "500", SHIPPING_DELIVERY_MS: "500", NOTIFICATION_WINDOW_MS: "1000" },
      {
        "shipping-service": startShippingService,
        "notification-service": startNotificationService,
        "analytics-service": startAnalyticsService,
      },
    );
    access = serverAccess(platform);
    await platform.behave({ behaviour: "decline_above", threshold: 1_000 });
    const orders = [
      await platform.place([{ productId: "sku-mouse", quantity: 2 }]),
      await platform.place([{ productId: "sku-laptop", quantity: 1 }]),
      await platform.place([{ productId: "sku-limited", quantity: 99 }]),
    ];
    const ends = [];
    for (const orderId of orders) ends.push((await platform.ended(orderId, { limitMs: 60_000 })).status);
    expect(ends).toEqual(["confirmed", "cancelled", "cancelled"]);
    [confirmed = ""] = orders;
    ({ open } = await settle(access, {
      contracts: platform.plan.contracts,
      unfinished: verification.unfinished,
      limitMs: 90_000,
    }));
  });
  afterAll(async () => {
    await access?.close();
    await platform?.stop();
  });

  const verify = async (): Promise<Verdict> =>
    judge(await collectEvidence(access, { contracts: platform.plan.contracts, project: verification }), undefined, {
      own: verification.invariants,
    });
  const broken = ({ invariants }: Verdict): readonly { readonly id: number; readonly problems: string }[] =>
    invariants
      .filter(({ holds }) => !holds)
      .map(({ id, problems }) => ({
        id,
        problems: problems.map(({ subject, message }) => `${subject} ${message}`).join("\n"),
      }));

  /** Writes a violation, verifies, and removes it again. */
  async function planted(database: string, sql: string, values: readonly unknown[], undo: string): Promise<Verdict> {
    await platform.sql(database, sql, values);
    try {
      return await verify();
    } finally {
      await platform.sql(database, undo, values);
    }
  }

  it("finds every invariant kept after orders that were confirmed, declined and short of stock", async () => {
    expect(open).toEqual([]);
    const verdict = await verify();
    expect(broken(verdict)).toEqual([]);
    expect(verdict.invariants.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(verdict.invariants[11]?.figures).toMatchObject({ orders: 3, unreadable: 0, beyondTheTopics: 0 });
    expect(verdict.invariants[12]?.figures).toMatchObject({ waiting: 0, undeliverable: 0 });
    expect(verdict.invariants[12]?.figures.notices).toBeGreaterThan(6);
  });

  it.each<[string, string, string, string, number, RegExp]>([
    [
      "a figure that is too high",
      "analytics_service",
      "UPDATE minute_figures SET count = count + 1 WHERE measure = 'sold' AND $1::uuid IS NOT NULL",
      "UPDATE minute_figures SET count = count - 1 WHERE measure = 'sold' AND $1::uuid IS NOT NULL",
      12,
      /^sold EUR .* is 2 .* the topics give 1 /mu,
    ],
    [
      "an amount that no event says",
      "analytics_service",
      "UPDATE order_facts SET steps = jsonb_set(steps, '{order.confirmed,pieces}', '7') WHERE order_id = $1",
      "UPDATE order_facts SET steps = jsonb_set(steps, '{order.confirmed,pieces}', '2') WHERE order_id = $1",
      12,
      /order.confirmed is counted as .*"pieces":7/u,
    ],
    [
      "a message that two channels delivered",
      "notification_service",
      `INSERT INTO channel_deliveries (channel, message_id, status, recipient, subject, body, at)
       SELECT other.channel, d.message_id, 'accepted', d.recipient, d.subject, d.body, now() FROM channel_deliveries d, channel_behaviour other
        WHERE d.message_id = (SELECT message_id FROM notices WHERE order_id = $1 LIMIT 1) AND other.channel <> d.channel LIMIT 1`,
      "DELETE FROM channel_deliveries WHERE at = (SELECT max(at) FROM channel_deliveries) AND $1::uuid IS NOT NULL",
      13,
      /was sent 2 times to cust-1/u,
    ],
    [
      "a step that the customer was not told",
      "notification_service",
      "UPDATE notices SET event_type = 'kept.back' WHERE order_id = $1 AND event_type = 'order.confirmed'",
      "UPDATE notices SET event_type = 'order.confirmed' WHERE order_id = $1 AND event_type = 'kept.back'",
      13,
      /applied order.confirmed .* the customer was not told/u,
    ],
  ])("finds %s", async (_, database, plant, undo, id, message) => {
    const found = broken(await planted(database, plant, [confirmed], undo));
    expect(found).toEqual([{ id, problems: expect.stringMatching(message) }]);
    expect(broken(await verify())).toEqual([]);
  });

  it("finds a dead-letter record that nobody worked on", async () => {
    const letterId = randomUUID();
    const found = broken(
      await planted(
        "payment_service",
        "INSERT INTO dead_letters (letter_id, topic, partition, \"offset\", event_type, error_code, error_message, attempts) VALUES ($1, 'order-events', 0, 999999, 'order.created', 'SVC_HANDLER_FAILED', 'planted', 1)",
        [letterId],
        "DELETE FROM dead_letters WHERE letter_id = $1",
      ),
    );
    expect(found.map(({ id }) => id)).toEqual([8, 14]);
    expect(found[1]?.problems).toContain(
      `${letterId} of payment-service (order.created at order-events/0/999999, SVC_HANDLER_FAILED) is open`,
    );
  });

  it("finds an event that the relay parked", async () => {
    const eventId = randomUUID();
    const found = broken(
      await planted(
        "order_service",
        `INSERT INTO outbox_parked (position, event_id, shard, topic, key, event_type, raw, headers, created_at, error_code, error_message)
       VALUES (999999, $1, 0, 'order-events', 'planted', 'order.confirmed', false, '{}', now(), 'SVC_PUBLISH_TOO_LARGE', 'planted')`,
        [eventId],
        "DELETE FROM outbox_parked WHERE event_id = $1",
      ),
    );
    expect(found).toEqual([
      {
        id: 14,
        problems: expect.stringContaining(
          `${eventId} of order-service (order.confirmed of planted for order-events, SVC_PUBLISH_TOO_LARGE) is parked`,
        ),
      },
    ]);
    expect(broken(await verify())).toEqual([]);
  });
});
