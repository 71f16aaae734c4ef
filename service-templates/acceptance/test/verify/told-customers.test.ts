import { describe, expect, it } from "vitest";
import { NO_WITNESS } from "../../../../cli/witness.ts";
import type { SampleContext } from "../../verify/evidence.ts";
import { toldCustomers } from "../../verify/invariants/told-customers.ts";
import { CUSTOMER, FollowersWorld, NOW, PLACED } from "./followers-world.ts";

function problems(context: SampleContext): string {
  return toldCustomers(context)
    .violations.examples.map(({ subject, message }) => `${subject} ${message}`)
    .join("\n");
}

function world(): FollowersWorld {
  const made = new FollowersWorld();
  made.delivered("one");
  made.delivered("two");
  return made;
}

describe("13: what customers are told", () => {
  it("holds when every step was told once", () => {
    const { violations, figures } = toldCustomers(world().context());
    expect(violations.examples).toEqual([]);
    expect(figures).toMatchObject({ notices: 12, messages: 2, sent: 2, waiting: 0, undeliverable: 0, records: 2 });
  });

  it.each<[string, (made: FollowersWorld) => void, RegExp]>([
    [
      "a step that was told twice",
      (made) => made.tell("second", "one", ["order.confirmed"], PLACED + 9_000),
      /^one cust-1 was told of order.confirmed twice: in message message-one and in message second/mu,
    ],
    [
      "a step that was applied and not told",
      (made) => void made.notices.shift(),
      /^one notification-service applied order.created .* the customer was not told$/mu,
    ],
    [
      "a message that two channels delivered",
      (made) =>
        made.deliveries.push({ channel: "sms", messageId: "message-one", status: "accepted", recipient: CUSTOMER }),
      /^message-one was sent 2 times to cust-1: through email, sms$/mu,
    ],
    [
      "a message that is stored as sent and no channel knows",
      (made) => void made.deliveries.shift(),
      /^message-one is stored as sent to cust-1, and no channel's books know it$/mu,
    ],
    [
      "a delivery to somebody else",
      (made) => {
        (made.deliveries[0] as { recipient: string }).recipient = "cust-2";
      },
      /^message-one is for cust-1 and was sent to cust-2/mu,
    ],
    [
      "a message to somebody whose order it is not",
      (made) => void made.owners.set("one", "cust-9"),
      /^one is an order of cust-9; cust-1 was told of order.created \(message message-one\)$/mu,
    ],
    [
      "a delivery that no message is behind",
      (made) => void made.messages.shift(),
      /^message-one was sent to cust-1 through email and is no message/mu,
    ],
    [
      "a message that no record tells of",
      (made) =>
        void made.records.splice(
          made.records.findIndex(({ topic }) => topic === "notification-events"),
          1,
        ),
      /^one cust-1 was told of order.created in message message-one, and no notification.sent says so$/mu,
    ],
    [
      "a record of a message that its notice does not know",
      (made) => {
        for (const notice of made.notices) if (notice.orderId === "one") notice.messageId = "message-two";
      },
      /^one .* says that message message-one told of order.created; by its notice that was message-two$/mu,
    ],
    [
      "a notice that waits for an owner who is known",
      (made) => {
        made.event("order.confirmed", "three", PLACED);
        made.owners.set("three", CUSTOMER);
        made.notices.push({
          orderId: "three",
          eventType: "order.confirmed",
          messageId: undefined,
          createdAt: NOW - 61_000,
        });
      },
      /^three cust-1 was not told of order.confirmed: the notice has had no message for 61.0 s$/mu,
    ],
    [
      "a message that waits for too long",
      (made) => Object.assign(made.messages[0] ?? {}, { status: "sending", openedAt: NOW - 61_000 }),
      /^message-one to cust-1 has been sending for 61.0 s$/mu,
    ],
    [
      "an undeliverable message that was delivered",
      (made) => {
        (made.messages[0] as { status: string }).status = "undeliverable";
      },
      /^message-one is stored as undeliverable and was sent to cust-1$/mu,
    ],
    [
      "a message that was given up before every channel refused",
      (made) => {
        (made.messages[0] as { status: string }).status = "undeliverable";
        (made.deliveries[0] as { status: string }).status = "rejected";
        made.deliveries.push({ channel: "sms", messageId: "message-two", status: "rejected", recipient: CUSTOMER });
      },
      /^message-one is stored as undeliverable, and not every channel refused cust-1$/mu,
    ],
  ])("sees %s", (_, change, message) => {
    const made = world();
    change(made);
    expect(problems(made.context())).toMatch(message);
  });

  it("allows copies of a record, a young message, an event in the outbox, and an order that nobody placed", () => {
    const made = world();
    const copy = made.records.find(({ topic }) => topic === "notification-events");
    if (copy !== undefined) made.records.push({ ...copy, offset: copy.offset + 2 });
    made.messages.push({
      messageId: "young",
      customerId: CUSTOMER,
      status: "open",
      openedAt: NOW - 3_000,
      sentAt: undefined,
    });
    made.notices.push({
      orderId: "stray",
      eventType: "order.confirmed",
      messageId: undefined,
      createdAt: NOW - 3_600_000,
    });
    made.tell("unpublished", "one", ["order.remembered"], PLACED + 9_000);
    made.records.pop();
    made.waitingKeys.push("one");
    expect(problems(made.context())).toBe("");
  });

  it("allows a message that every channel refused, and says so", () => {
    const made = world();
    Object.assign(made.messages[0] ?? {}, { status: "undeliverable", sentAt: undefined });
    made.records.splice(
      made.records.findIndex(({ topic }) => topic === "notification-events"),
      1,
    );
    made.deliveries.splice(
      0,
      1,
      ...["email", "push", "sms"].map((channel) => ({
        channel,
        messageId: "message-one",
        status: "rejected",
        recipient: CUSTOMER,
      })),
    );
    const judged = toldCustomers(made.context());
    expect(judged.violations.examples).toEqual([]);
    expect(judged.notes).toEqual(["1 messages are undeliverable: every channel refused them"]);
  });

  it("counts the wait from the healing of the last fault", () => {
    const made = world();
    Object.assign(made.messages[0] ?? {}, { status: "sending", openedAt: NOW - 300_000 });
    const healed = (at: number) =>
      made.context({
        ...NO_WITNESS,
        faults: [{ name: "channel-down", startedAt: NOW - 300_000, healedAt: at, evidence: [], felt: true }],
      });
    expect(problems(healed(NOW - 30_000))).toBe("");
    expect(problems(healed(NOW - 61_000))).toContain("has been sending");
  });

  it("does not miss what retention took", () => {
    const made = world();
    const last = made.records.findLast(({ topic }) => topic === "notification-events");
    made.messages[0] = { ...made.messages[0]!, sentAt: PLACED };
    made.records.splice(
      made.records.findIndex(({ topic }) => topic === "notification-events"),
      1,
    );
    made.starts.set("notification-events", last?.offset ?? 0);
    expect(problems(made.context())).toBe("");
  });
});
