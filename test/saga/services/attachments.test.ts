/** Documents that come with orders: claim checks from POST /orders to the customer's receipt, on servers of the test's own. */
import { createHash, randomBytes } from "node:crypto";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunningService } from "@event-platform-kit/service";
import { CLAIM_HEADER } from "@event-platform-kit/service/claim-check/reference";
import { uuidV7 } from "@event-platform-kit/service/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNotificationService } from "../../../service-templates/notification-service/src/service.ts";
import { eventually } from "../../platform/condition.ts";
import { sample } from "../servers/metrics.ts";
import type { Answer, OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import type { RawIn } from "../servers/records.ts";
import { readTopic } from "../servers/records.ts";

const MIB = 2 ** 20;
const ORDER = {
  items: [{ productId: "sku-mouse", quantity: 1 }],
  currency: "EUR",
  shippingAddress: "1 Main Street, 10115 Berlin, DE",
};
const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const attachment = (content: Buffer, mediaType = "application/pdf", name = "contract.pdf"): object => ({
  name,
  mediaType,
  data: content.toString("base64"),
});

describe("documents with orders", () => {
  let platform: OrderPlatform;
  let notification: RunningService;
  beforeAll(async () => {
    platform = await startOrderPlatform(
      { NOTIFICATION_WINDOW_MS: "300" },
      { "notification-service": startNotificationService },
    );
    const started = platform.others.get("notification-service");
    if (started === undefined) throw new Error("notification-service was not started");
    notification = started;
  });
  afterAll(() => platform?.stop());

  async function post(
    body: object,
    customer: string,
    key: string = uuidV7(),
  ): Promise<Answer<{ orderId: string; errors?: readonly { at: string }[] }>> {
    return platform.call("POST", "/orders", {
      token: await platform.token(customer),
      headers: { "idempotency-key": key },
      body,
    });
  }
  async function placed(content: Buffer, customer: string, mediaType?: string, name?: string): Promise<string> {
    const { status, body } = await post({ ...ORDER, attachment: attachment(content, mediaType, name) }, customer);
    expect(status, JSON.stringify(body)).toBe(202);
    return body.orderId;
  }
  async function createdEvent(orderId: string): Promise<RawIn> {
    return eventually(
      `order.created of ${orderId}`,
      async () => {
        const known = Number(
          (
            await platform.sql<{ count: string }>(
              "order_service",
              "SELECT count(*) FROM outbox_published WHERE topic = 'order-events'",
            )
          )[0]?.count ?? 0,
        );
        const records = await readTopic(platform.kafka, "order-events", known);
        return records.find(({ key, headers }) => key === orderId && headers["event-type"] === "order.created");
      },
      30_000,
    );
  }
  async function told(customer: string): Promise<string> {
    return eventually(
      `the receipt of ${customer}`,
      async () => {
        const [row] = await platform.sql<{ body: string }>(
          "notification_service",
          "SELECT body FROM channel_deliveries WHERE recipient = $1 AND body LIKE '%We received%' ORDER BY at LIMIT 1",
          [customer],
        );
        return row?.body;
      },
      60_000,
    );
  }
  async function objects(): Promise<readonly string[]> {
    return (await readdir(platform.claimCheckFolder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  }

  it("travel in the record up to the threshold", async () => {
    const orderId = await placed(Buffer.from("Happy birthday!\u001b]52;c;\u0007"), "small", "text/plain", "card.txt");
    const event = await createdEvent(orderId);
    expect(event.headers).not.toHaveProperty(CLAIM_HEADER.key);
    expect(event.value.includes("Happy birthday!")).toBe(true);
    const words = await told("small");
    expect(words).toContain("Your note card.txt says: Happy birthday!");
    expect(/[\u0007\u001b]/u.test(words)).toBe(false);
  });

  it("of 5 MiB are stored, referred to, shown to the customer, and read where they are needed", async () => {
    const content = Buffer.concat([Buffer.from("Dear Ada, "), Buffer.alloc(5 * MIB - 10, "x")]);
    const orderId = await placed(content, "large", "text/plain", "letter.txt");
    const event = await createdEvent(orderId);
    expect(event.value.length).toBeLessThan(1_000);
    expect(event.headers).toMatchObject({
      [CLAIM_HEADER.size]: String(content.length),
      [CLAIM_HEADER.sha256]: sha256(content),
      [CLAIM_HEADER.field]: "attachment.data",
    });
    expect(event.headers[CLAIM_HEADER.key]).toMatch(/^order-events\/order-service\/\d{4}-\d{2}-\d{2}\/[0-9a-f-]{36}$/u);
    expect(await told("large")).toContain("Your note letter.txt says: Dear Ada, xxx");
    await platform.ended(orderId, { customer: "large" });
    const { body } = await platform.call("GET", `/orders/${orderId}`, { token: await platform.token("large") });
    expect(body.attachment).toEqual({
      name: "letter.txt",
      mediaType: "text/plain",
      size: content.length,
      sha256: sha256(content),
    });
  });

  it("are stored once when the request is repeated under its key", async () => {
    const key = uuidV7();
    const body = { ...ORDER, attachment: attachment(randomBytes(200_000)) };
    const first = await post(body, "twice", key);
    const stored = await objects();
    const second = await post(body, "twice", key);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(await objects()).toEqual(stored);
    expect((await post({ ...body, attachment: attachment(randomBytes(200_000)) }, "twice", key)).status).toBe(422);
  });

  it.each<[string, object, number, string?]>([
    ["a byte too many", attachment(Buffer.alloc(5 * MIB + 1)), 422, "/attachment/data"],
    ["what is no base64", { ...attachment(Buffer.from("x")), data: "not base64!" }, 422, "/attachment/data"],
    ["base64 without padding", { ...attachment(Buffer.from("x")), data: "eA" }, 422, "/attachment/data"],
    ["nothing", { ...attachment(Buffer.from("x")), data: "" }, 422, "/attachment/data"],
    ["a path as a name", { ...attachment(Buffer.from("x")), name: "../../etc/passwd" }, 422, "/attachment/name"],
    ["a name that moves the cursor", { ...attachment(Buffer.from("x")), name: "a\u001b[2J" }, 422, "/attachment/name"],
    [
      "another media type",
      { ...attachment(Buffer.from("x")), mediaType: "text/html; charset=x\r\ny: z" },
      422,
      "/attachment/mediaType",
    ],
    ["a field more", { ...attachment(Buffer.from("x")), url: "http://example.com" }, 422],
    ["twenty megabytes", { ...attachment(Buffer.from("x")), data: "A".repeat(20 * MIB) }, 413],
    ["a megabyte beside the data", { ...attachment(Buffer.from("x")), name: "n".repeat(MIB) }, 413],
  ])("are refused with %s", async (_what, sent, status, at) => {
    const answer = await post({ ...ORDER, attachment: sent }, "refused");
    expect(answer.status, JSON.stringify(answer.body).slice(0, 500)).toBe(status);
    if (at !== undefined) expect(answer.body.errors?.map((error) => error.at)).toContain(at);
  });

  it("wait for a store that is away: new ones are refused for a moment, those under way are read later, orders without go on", async () => {
    const before = (await platform.sql("notification_service", "SELECT letter_id FROM dead_letters")).length;
    const away = `${platform.claimCheckFolder}-away`;
    await notification.stop();
    const orderId = await placed(Buffer.from("Later. ".repeat(20_000)), "patient", "text/plain", "later.txt");
    await createdEvent(orderId);
    await rename(platform.claimCheckFolder, away);
    // A file in its place: a folder that is not there would be made.
    await writeFile(platform.claimCheckFolder, "");
    const restarted = await startNotificationService({ env: platform.environment("notification-service", "0") });
    try {
      const refused = await post({ ...ORDER, attachment: attachment(randomBytes(100_000)) }, "unlucky");
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("2");
      expect((await post(ORDER, "without")).status).toBe(202);
      await eventually(
        "the consumer to meet the store that is away",
        async () =>
          (await sample(restarted.managementPort, "claim_check_requests_total", {
            operation: "fetch",
            outcome: "unavailable",
          })) > 0 || undefined,
        60_000,
      );
      await rm(platform.claimCheckFolder);
      await rename(away, platform.claimCheckFolder);
      expect(await told("patient")).toContain("Your note later.txt says: Later. Later.");
      expect(await platform.sql("notification_service", "SELECT letter_id FROM dead_letters")).toHaveLength(before);
    } finally {
      await restarted.stop();
    }
  });

  it("that were altered or lost become dead-letter records of their consumers, and the order goes on", async () => {
    // The consumer is not running since the last test: nobody reads them before they are spoiled.
    const ids = {
      altered: await placed(Buffer.alloc(100_000, "a"), "altered", "text/plain"),
      lost: await placed(Buffer.alloc(100_000, "b"), "lost", "text/plain"),
    };
    for (const [what, orderId] of Object.entries(ids)) {
      const path = join(platform.claimCheckFolder, (await createdEvent(orderId)).headers[CLAIM_HEADER.key] ?? "");
      if (what === "altered") await writeFile(path, Buffer.alloc(100_000, "z"));
      else await rm(path);
    }
    const again = await startNotificationService({ env: platform.environment("notification-service", "0") });
    try {
      const deadLetters = await eventually(
        "two dead-letter records",
        async () => {
          const rows = await platform.sql<{ error_code: string }>(
            "notification_service",
            "SELECT error_code FROM dead_letters WHERE error_code LIKE 'SVC_CLAIM%' ORDER BY error_code",
          );
          return rows.length >= 2 ? rows : undefined;
        },
        60_000,
      );
      expect(deadLetters.map(({ error_code: code }) => code)).toEqual(["SVC_CLAIM_ALTERED", "SVC_CLAIM_MISSING"]);
      for (const [customer, orderId] of Object.entries(ids))
        expect((await platform.ended(orderId, { customer })).status).toBe("confirmed");
    } finally {
      await again.stop();
    }
  });
});
