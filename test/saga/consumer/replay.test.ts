import { uuidV7 } from "@event-platform-kit/service/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../platform/condition.ts";
import { sample } from "../servers/metrics.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import type { OrderRecords } from "../servers/order-records.ts";
import { createdPayload, orderRecords } from "../servers/order-records.ts";
import type { RawIn } from "../servers/records.ts";
import { produceRaw, readTopic } from "../servers/records.ts";

interface DeadLetter extends Record<string, unknown> {
  readonly letter_id: string;
  readonly replay_of: string | null;
}

describe("replayed dead-letter records", () => {
  let platform: OrderPlatform;
  let records: OrderRecords;
  let found: RawIn;
  beforeAll(async () => {
    platform = await startOrderPlatform();
    records = orderRecords(platform);
  });
  afterAll(() => platform?.stop());

  const orderId = uuidV7();
  const deadLetters = (): Promise<readonly DeadLetter[]> =>
    platform.sql<DeadLetter>("payment_service", "SELECT letter_id, replay_of FROM dead_letters ORDER BY failed_at");
  const payments = (): Promise<readonly unknown[]> =>
    platform.sql("payment_service", "SELECT status FROM payments WHERE order_id = $1", [orderId]);
  /** What a replay does: the original record again, marked for the group. */
  async function replay(letterId: string): Promise<void> {
    const headers = Object.fromEntries(Object.entries(found.headers).filter(([name]) => !name.startsWith("dlt-")));
    await produceRaw(platform.kafka, [
      {
        topic: "order-events",
        key: orderId,
        value: found.value,
        headers: { ...headers, "replay-group": "payment-service", "replay-letter": letterId },
      },
    ]);
  }

  it("become letters of their own when they fail again, which name the first", async () => {
    await platform.sql(
      "payment_service",
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$; CREATE TRIGGER refuse BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    await produceRaw(platform.kafka, [records.record("order.created", orderId, createdPayload(orderId))]);
    const [first] = await readTopic(platform.kafka, "payment-service.dlt", 1);
    if (first === undefined) throw new Error("no letter");
    found = first;
    expect(first.headers).toMatchObject({
      "dlt-error-code": "SVC_HANDLER_FAILED",
      "dlt-error-message": "not today",
      "dlt-attempts": "5",
    });
    expect(first.headers).not.toHaveProperty("dlt-replay-of");
    const [noted] = await deadLetters();
    if (noted === undefined) throw new Error("no note");
    await replay(noted.letter_id);
    const [, second] = await readTopic(platform.kafka, "payment-service.dlt", 2);
    expect(second?.value).toEqual(first.value);
    expect(second?.headers["dlt-replay-of"]).toBe(noted.letter_id);
    expect(second?.headers["dlt-origin-offset"]).not.toBe(first.headers["dlt-origin-offset"]);
    expect(second?.headers).not.toHaveProperty("replay-group");
    expect((await deadLetters()).map((deadLetter) => deadLetter.replay_of)).toEqual([null, noted.letter_id]);
  });

  it("are applied once the fault is gone, once however often they are replayed, and by their group alone", async () => {
    await platform.sql("payment_service", "DROP TRIGGER refuse ON payments");
    const skipped = (): Promise<number> =>
      sample(platform.services.inventory.managementPort, "consumer_records_total", {
        event: "order.created",
        outcome: "skipped",
      });
    const before = await skipped();
    const [, again] = await deadLetters();
    await replay(again?.letter_id ?? "");
    await eventually("the payment", async () => ((await payments()).length === 1 ? true : undefined), 10_000);
    await replay(again?.letter_id ?? "");
    await eventually(
      "the copy to be known",
      async () =>
        (await sample(platform.services.payment.managementPort, "consumer_records_total", {
          event: "order.created",
          outcome: "deduplicated",
        })) >= 1
          ? true
          : undefined,
      10_000,
    );
    expect(
      await platform.sql("payment_service", "SELECT kind FROM provider_ledger WHERE order_id = $1", [orderId]),
    ).toEqual([{ kind: "capture" }]);
    await eventually(
      "the other group to leave both alone",
      async () => ((await skipped()) === before + 2 ? true : undefined),
      10_000,
    );
    expect(await deadLetters()).toHaveLength(2);
  });

  it("are counted as worked on from the table, by every instance alike", async () => {
    const port = platform.services.payment.managementPort;
    expect(await sample(port, "dlt_open_letters")).toBe(2);
    const [first = "", second = ""] = (await deadLetters()).map((deadLetter) => deadLetter.letter_id);
    const act = (letterId: string, action: string, written: boolean): Promise<unknown> =>
      platform.sql(
        "payment_service",
        "INSERT INTO dead_letter_actions (action_id, letter_id, action, actor, reason, detail) VALUES ($1, $2, $3, 'test', 'because', $4)",
        [
          uuidV7(),
          letterId,
          action,
          written ? JSON.stringify({ topic: "order-events", partition: 0, offset: "7" }) : null,
        ],
      );
    await act(first, "replay", false);
    expect(await sample(port, "dlt_resolved_total"), "a replay that was only begun").toBe(0);
    expect(await sample(port, "dlt_open_letters")).toBe(2);
    await act(first, "replay", true);
    await act(first, "replay", true);
    await act(second, "discard", false);
    expect(await sample(port, "dlt_resolved_total"), "twice is once").toBe(2);
    expect(await sample(port, "dlt_resolved_total"), "whichever instance is asked").toBe(2);
    expect(await sample(port, "dlt_open_letters")).toBe(0);
    await expect(
      platform.sql(
        "payment_service",
        "INSERT INTO dead_letter_actions (action_id, letter_id, action) VALUES ($1, $1, 'forget')",
        [uuidV7()],
      ),
    ).rejects.toThrow(/check constraint/);
  });
});
