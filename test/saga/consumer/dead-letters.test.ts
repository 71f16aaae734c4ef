import { Admin, Producer } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readContent } from "../../../cli/dlt/content.ts";
import type { DeadLetterRecord } from "../../../cli/dlt/dead-letter-records.ts";
import { readDeadLetterRecords } from "../../../cli/dlt/dead-letter-records.ts";
import type { DeadLetter } from "../../../cli/dlt/dead-letters.ts";
import { chooseDeadLetters, needsWork, readDeadLetters } from "../../../cli/dlt/dead-letters.ts";
import type { Replayed } from "../../../cli/dlt/resolve.ts";
import { awaitAftermath, checkResolvable, discardDeadLetters, replayDeadLetters } from "../../../cli/dlt/resolve.ts";
import type { ServerAccess } from "../../../cli/platform/platform-access.ts";
import { collectEvidence } from "../../../cli/verify/collect.ts";
import { judge } from "../../../cli/verify/judge.ts";
import { settle } from "../../../cli/verify/settle.ts";
import { topicRanges } from "../../../cli/verify/topic-reader.ts";
import type { Verdict } from "../../../cli/verify/verdict.ts";
import type { Witness } from "../../../cli/witness.ts";
import { NO_WITNESS } from "../../../cli/witness.ts";
import { verification } from "../../../service-templates/acceptance/verify/verification.ts";
import { outcomeOf } from "../../kafka/protocol-errors.ts";
import { eventually } from "../../platform/condition.ts";
import type { OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import { produceRaw } from "../servers/records.ts";
import { serverAccess } from "../servers/server-access.ts";

const ACTOR = { actor: { name: "operator" }, again: false };
const MOUSE = [{ productId: "sku-mouse", quantity: 1 }];

describe("dead-letter records that are worked on", () => {
  let platform: OrderPlatform;
  let access: ServerAccess;
  beforeAll(async () => {
    platform = await startOrderPlatform();
    access = serverAccess(platform);
  });
  afterAll(async () => {
    await access?.close();
    await platform?.stop();
  });

  /** Payments of one customer fail until it is called. */
  async function breakPayments(customer: string): Promise<() => Promise<void>> {
    await platform.sql(
      "payment_service",
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.customer_id = '${customer}' THEN RAISE EXCEPTION 'the books are closed for %', NEW.customer_id; END IF; RETURN NEW; END $$`,
    );
    await platform.sql(
      "payment_service",
      "CREATE TRIGGER refuse BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    return async () => {
      await platform.sql("payment_service", "DROP TRIGGER refuse ON payments");
      await platform.sql("payment_service", "DROP FUNCTION refuse()");
    };
  }
  const openDeadLetters = async (group?: string): Promise<readonly DeadLetter[]> =>
    (await readDeadLetters(access, group)).filter(({ state }) => needsWork(state));
  async function replay(deadLetters: readonly DeadLetter[]): Promise<readonly Replayed[]> {
    return await replayDeadLetters(access, deadLetters, await readDeadLetterRecords(access, deadLetters), {
      ...ACTOR,
      contracts: platform.plan.contracts,
    });
  }
  async function verdict(witness?: Witness): Promise<Verdict> {
    const contracts = platform.plan.contracts;
    const settlement = await settle(access, { contracts, unfinished: verification.unfinished, limitMs: 20_000 });
    expect(settlement.open).toEqual([]);
    return judge(await collectEvidence(access, { contracts, project: verification, settlement }), witness, {
      own: verification.invariants,
    });
  }
  const broken = ({ invariants }: Verdict): unknown[] =>
    invariants.filter(({ holds }) => !holds).map(({ id, problems }) => ({ id, problems }));

  it("applies a replay exactly once when its cause is mended, for its group alone; one that fails again is a letter that points back", async () => {
    const mend = await breakPayments("cust-closed");
    const orderId = await platform.place(MOUSE, "cust-closed");
    const [deadLetter] = await eventually(
      "the payment to be a dead-letter record",
      async () => {
        const open = await openDeadLetters("payment-service");
        return open.length > 0 ? open : undefined;
      },
      15_000,
    );
    if (deadLetter === undefined) throw new Error("no letter");
    expect(deadLetter).toMatchObject({
      group: "payment-service",
      eventType: "order.created",
      code: "SVC_HANDLER_FAILED",
      attempts: 5,
      state: "open",
    });
    expect(deadLetter.message).toContain("the books are closed");
    expect(await openDeadLetters("inventory-service")).toEqual([]);
    const record = (await readDeadLetterRecords(access, [deadLetter])).get(deadLetter.letterId);
    expect(record?.key?.toString()).toBe(orderId);
    expect(await readContent(access.registry, record?.value ?? null)).toMatchObject({
      kind: "avro",
      record: "com.globalmart.events.OrderCreated",
      value: { orderId, customerId: "cust-closed" },
    });

    const failing = await replay([deadLetter]);
    const first = (await awaitAftermath(access, failing, 15_000)).get(deadLetter.letterId);
    expect(first).toMatchObject({ outcome: "failed-again", code: "SVC_HANDLER_FAILED" });
    const afterwards = await readDeadLetters(access, "payment-service");
    const second = afterwards.find(({ replayOf }) => replayOf === deadLetter.letterId);
    expect(second).toMatchObject({
      state: "open",
      origin: { topic: "order-events", partition: deadLetter.origin.partition, offset: failing[0]?.offset },
    });
    expect(afterwards.find(({ letterId }) => letterId === deadLetter.letterId)).toMatchObject({
      state: "failed-again",
      failedAgainAs: second?.letterId,
    });
    // The record that failed again counts now; the first one is not replayed beside it by mistake.
    expect(() => checkResolvable(chooseDeadLetters(afterwards, [deadLetter.letterId])[0] as DeadLetter, false)).toThrow(
      /failed again as/,
    );

    await mend();
    const replayed = await replay(await openDeadLetters("payment-service"));
    expect((await awaitAftermath(access, replayed, 15_000)).get(second?.letterId ?? "")).toEqual({
      outcome: "applied",
    });
    // Repeating the command changes nothing.
    await replayDeadLetters(
      access,
      [second as DeadLetter],
      await readDeadLetterRecords(access, [second as DeadLetter]),
      {
        ...ACTOR,
        contracts: platform.plan.contracts,
        again: true,
      },
    );

    expect((await platform.ended(orderId, { customer: "cust-closed" })).status).toBe("confirmed");
    expect(broken(await verdict())).toEqual([]);
    expect(
      await platform.sql("payment_service", "SELECT kind FROM provider_ledger WHERE order_id = $1", [orderId]),
    ).toEqual([{ kind: "capture" }]);
    expect(
      await platform.sql("inventory_service", "SELECT 1 FROM outbox_published WHERE key = convert_to($1, 'UTF8')", [
        orderId,
      ]),
    ).toHaveLength(1);
    const skipped = await (
      await fetch(`http://127.0.0.1:${platform.services.inventory.managementPort}/metrics`)
    ).text();
    expect(skipped).toMatch(/consumer_records_total\{[^}]*outcome="skipped"[^}]*\} [1-9]/u);
    expect(await openDeadLetters()).toEqual([]);
    const trail = await platform.sql(
      "payment_service",
      "SELECT action, actor, detail ->> 'topic' AS topic FROM dead_letter_actions ORDER BY at",
    );
    expect(trail).toEqual([1, 2, 3].map(() => ({ action: "replay", actor: "operator", topic: "order-events" })));
  });

  it("finishes a replay that died between its audit row and its record", async () => {
    const mend = await breakPayments("cust-crash");
    const orderId = await platform.place(MOUSE, "cust-crash");
    const [deadLetter] = await eventually(
      "the payment to be a dead-letter record",
      async () => {
        const open = await openDeadLetters("payment-service");
        return open.length > 0 ? open : undefined;
      },
      15_000,
    );
    await mend();
    // The state that a killed command leaves behind.
    await platform.sql(
      "payment_service",
      "INSERT INTO dead_letter_actions (action_id, letter_id, action, actor) VALUES (gen_random_uuid(), $1, 'replay', 'operator')",
      [deadLetter?.letterId],
    );
    const [doubtful] = await openDeadLetters("payment-service");
    expect(doubtful).toMatchObject({ letterId: deadLetter?.letterId, state: "in-doubt" });
    const replayed = await replay([doubtful as DeadLetter]);
    expect((await awaitAftermath(access, replayed, 15_000)).get(deadLetter?.letterId ?? "")).toEqual({
      outcome: "applied",
    });
    expect((await platform.ended(orderId, { customer: "cust-crash" })).status).toBe("confirmed");
    expect(await readDeadLetters(access, "payment-service")).toContainEqual(
      expect.objectContaining({ letterId: deadLetter?.letterId, state: "replayed" }),
    );
    expect(broken(await verdict())).toEqual([]);
  });

  it("writes to no topic that the group does not consume, whatever its service's row says, and nothing the replayer's rights do not cover", async () => {
    const [origin, target] = ["order-events", "payment-events"];
    const mend = await breakPayments("cust-foreign");
    const orderId = await platform.place(MOUSE, "cust-foreign");
    const [deadLetter] = await eventually(
      "the payment to be a dead-letter record",
      async () => {
        const open = await openDeadLetters("payment-service");
        return open.length > 0 ? open : undefined;
      },
      15_000,
    );
    if (deadLetter === undefined) throw new Error("no letter");
    const records = new Map([
      [
        deadLetter.letterId,
        (await readDeadLetterRecords(access, [deadLetter])).get(deadLetter.letterId) as DeadLetterRecord,
      ],
    ]);
    const ends = async (): Promise<readonly number[]> =>
      (await topicRanges(access, [target, "notification-events"])).map(({ end }) => end);
    const before = await ends();
    // A compromised service names another topic in its own row.
    await platform.sql("payment_service", "UPDATE dead_letters SET topic = $2 WHERE letter_id = $1", [
      deadLetter.letterId,
      target,
    ]);
    const [forged] = await openDeadLetters("payment-service");
    expect(forged?.origin.topic).toBe(target);
    const options = { ...ACTOR, contracts: platform.plan.contracts };
    await expect(replayDeadLetters(access, [forged as DeadLetter], records, options)).rejects.toMatchObject({
      code: "KIT_DLT_FOREIGN_TOPIC",
      message: expect.stringMatching(
        /payment-events, which payment-service does not consume \(it consumes order-events\)/u,
      ),
    });
    expect(
      await platform.sql("payment_service", "SELECT 1 FROM dead_letter_actions WHERE letter_id = $1", [
        deadLetter.letterId,
      ]),
    ).toEqual([]);
    // Even without the command's check: no group consumes this topic, and the brokers reject the write.
    const nobodys = { ...(forged as DeadLetter), origin: { ...deadLetter.origin, topic: "kafkasql-journal" } };
    const deluded = platform.plan.contracts.map((contract) =>
      contract.group === "payment-service"
        ? { ...contract, consumes: [{ topic: nobodys.origin.topic, events: [] }] }
        : contract,
    );
    await expect(
      replayDeadLetters(access, [nobodys], records, { ...options, contracts: deluded }),
    ).rejects.toMatchObject({
      code: "KIT_DLT_NOT_WRITTEN",
    });
    const producer = new Producer({ ...access.replayer(), retries: 0 });
    const admin = new Admin({ ...access.replayer(), retries: 0 });
    try {
      const dlt = "payment-service.dlt";
      expect(
        await outcomeOf(() => producer.send({ messages: [{ topic: dlt, partition: 0, value: Buffer.from("x") }] })),
      ).toMatch(/AUTHORIZATION_FAILED/u);
      expect(await outcomeOf(() => admin.deleteTopics({ topics: [origin] }))).toMatch(/AUTHORIZATION_FAILED/u);
    } finally {
      await producer.close();
      await admin.close();
    }
    expect(await ends()).toEqual(before);

    await platform.sql("payment_service", "UPDATE dead_letters SET topic = $2 WHERE letter_id = $1", [
      deadLetter.letterId,
      origin,
    ]);
    await mend();
    const replayed = await replay(await openDeadLetters("payment-service"));
    expect((await awaitAftermath(access, replayed, 15_000)).get(deadLetter.letterId)).toEqual({ outcome: "applied" });
    expect((await platform.ended(orderId, { customer: "cust-foreign" })).status).toBe("confirmed");
  });

  it("lets one of two operators through", async () => {
    const mend = await breakPayments("cust-twice");
    const orderId = await platform.place(MOUSE, "cust-twice");
    const deadLetters = await eventually(
      "the payment to be a dead-letter record",
      async () => {
        const open = await openDeadLetters("payment-service");
        return open.length > 0 ? open : undefined;
      },
      15_000,
    );
    await mend();
    const outcomes = await Promise.allSettled([replay(deadLetters), replay(deadLetters)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "KIT_DLT_RESOLVED" },
    });
    expect((await platform.ended(orderId, { customer: "cust-twice" })).status).toBe("confirmed");
  });

  it("tells poison that a witness put in from an intruder, and lets it be discarded with a reason", async () => {
    const startedAt = Date.now();
    const headers = {
      "event-id": "01940000-0000-7000-8000-000000000001",
      "event-type": "order.created",
      "event-version": "1",
      "occurred-at": new Date().toISOString(),
      "correlation-id": "x",
    };
    await produceRaw(platform.kafka, [
      { topic: "order-events", key: "poison", value: Buffer.from("this is not Avro"), headers },
    ]);
    const deadLetters = await eventually(
      "both groups to have their letter",
      async () => {
        const open = await openDeadLetters();
        return open.length >= 2 ? open : undefined;
      },
      15_000,
    );
    expect(deadLetters.map(({ group, code }) => `${group} ${code}`)).toEqual(
      expect.arrayContaining(["inventory-service SVC_RECORD_FRAMING", "payment-service SVC_RECORD_FRAMING"]),
    );
    const [deadLetter] = deadLetters;
    const record = (await readDeadLetterRecords(access, deadLetters)).get(deadLetter?.letterId ?? "");
    expect(await readContent(access.registry, record?.value ?? null)).toMatchObject({
      kind: "undecodable",
      hex: Buffer.from("this is not Avro").toString("hex"),
    });

    const { topic, partition, offset } = (deadLetter as DeadLetter).origin;
    const witness = {
      ...NO_WITNESS,
      injected: [{ topic, partition, offset, kind: "not-avro", groups: ["inventory-service", "payment-service"] }],
      faults: [
        {
          name: "poison",
          startedAt,
          healedAt: Date.now(),
          felt: true,
          evidence: [{ what: "letters", before: "0", after: "2" }],
        },
      ],
    };
    expect(broken(await verdict(witness))).toEqual([]);
    expect((await verdict()).invariants.filter(({ holds }) => !holds).map(({ id }) => id)).toEqual([6, 14]);

    await discardDeadLetters(access, deadLetters, {
      actor: { name: "operator", reason: "a test's poison" },
      again: false,
    });
    expect(await openDeadLetters()).toEqual([]);
    expect(
      await platform.sql("payment_service", "SELECT reason FROM dead_letter_actions WHERE action = 'discard'"),
    ).toEqual([{ reason: "a test's poison" }]);
    expect(broken(await verdict())).toEqual([]);
    const stale = deadLetters.map((item) => item);
    await expect(
      discardDeadLetters(access, stale, { actor: { name: "operator", reason: "again" }, again: false }),
    ).rejects.toMatchObject({ code: "KIT_DLT_RESOLVED" });
  });
});
