import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChannelName, DeliveryAnswer } from "../src/channels/channel.ts";
import { CHANNELS } from "../src/channels/channel.ts";
import { compose, sentEvents } from "../src/messages/compose.ts";
import type { Progress } from "../src/messages/decide.ts";
import { afterDelivery, DELIVERY_RETRY, preferredChannel } from "../src/messages/decide.ts";
import type { ToldNotice } from "../src/notices/notices-table.ts";
import { listed, shortened } from "../src/wording.ts";

const START: Progress = { channel: "email", attempts: 0, rejectedBy: [] };
const REJECTED: DeliveryAnswer = { outcome: "rejected", code: "not_reachable" };
const highest = (): number => 1 - Number.EPSILON;

describe("the choice of the channel", () => {
  it("is the same for a customer every time, and even over all customers", () => {
    const chosen = Array.from({ length: 3_000 }, (_, place) => preferredChannel(`customer-${place}`));
    expect(Array.from({ length: 3_000 }, (_, place) => preferredChannel(`customer-${place}`))).toEqual(chosen);
    for (const channel of CHANNELS) expect(chosen.filter((name) => name === channel).length).toBeGreaterThan(800);
  });
});

describe("what an answer means", () => {
  it.each<[string, Progress, DeliveryAnswer, object]>([
    ["accepted ends it", START, { outcome: "accepted" }, { kind: "sent", progress: { channel: "email" } }],
    [
      "unavailable is tried again at the same channel",
      START,
      { outcome: "unavailable" },
      { kind: "sending", progress: { channel: "email", attempts: 1, rejectedBy: [] } },
    ],
    [
      "silence is never taken for a refusal",
      { ...START, attempts: 90 },
      { outcome: "silent" },
      { kind: "sending", progress: { channel: "email", attempts: 91, rejectedBy: [] } },
    ],
    [
      "a refusal brings the next channel at once",
      START,
      REJECTED,
      { kind: "sending", delayMs: 0, progress: { channel: "push", rejectedBy: ["email"] } },
    ],
    [
      "the next one follows in a circle",
      { ...START, channel: "sms", rejectedBy: ["push"] },
      REJECTED,
      { kind: "sending", progress: { channel: "email", rejectedBy: ["push", "sms"] } },
    ],
    [
      "the last refusal ends it",
      { ...START, channel: "sms", rejectedBy: ["email", "push"] },
      REJECTED,
      { kind: "undeliverable" },
    ],
  ])("%s", (_name, progress, answer, expected) => {
    expect(afterDelivery(progress, answer, Math.random)).toMatchObject(expected);
  });
  it("waits longer and longer, with jitter, and never beyond the limit", () => {
    const delays = Array.from({ length: 40 }, (_, attempts) => {
      const decision = afterDelivery({ ...START, attempts }, { outcome: "unavailable" }, highest);
      return decision.kind === "sending" ? decision.delayMs : Number.NaN;
    });
    expect(delays.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(delays.at(-1)).toBe(DELIVERY_RETRY.maxDelayMs);
    expect(afterDelivery({ ...START, attempts: 2 }, { outcome: "silent" }, () => 0)).toMatchObject({ delayMs: 1_000 });
  });

  it("sends once, whatever is lost, comes late, or is refused", () => {
    const fates = fc.array(fc.constantFrom("accept", "reject", "unavailable", "done-silently", "lost", "crash-after"), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.constantFrom<ChannelName>(...CHANNELS), fates, (channel, chosen) => {
        const books = new Map<ChannelName, "accepted" | "rejected">();
        let progress: Progress = { ...START, channel };
        let end: string | undefined;
        // All faults end after the generated ones.
        for (const fate of [...chosen, "accept", "accept", "accept"]) {
          if (end !== undefined) break;
          if (fate !== "unavailable" && fate !== "lost" && !books.has(progress.channel))
            books.set(progress.channel, fate === "reject" ? "rejected" : "accepted");
          // The process ends before it has stored the answer: the next one starts from the stored state.
          if (fate === "crash-after") continue;
          const answer: DeliveryAnswer =
            fate === "unavailable"
              ? { outcome: "unavailable" }
              : fate === "lost" || fate === "done-silently"
                ? { outcome: "silent" }
                : books.get(progress.channel) === "accepted"
                  ? { outcome: "accepted" }
                  : REJECTED;
          const decision = afterDelivery(progress, answer, Math.random);
          progress = decision.progress;
          if (decision.kind !== "sending") end = decision.kind;
        }
        expect(end).toBeDefined();
        const accepted = [...books].filter(([, status]) => status === "accepted").map(([name]) => name);
        expect(accepted).toEqual(end === "sent" ? [progress.channel] : []);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a message", () => {
  const notice = (orderId: string, eventType: string, occurredAt: number): ToldNotice => ({
    messageId: "m",
    orderId,
    eventType,
    occurredAt,
    template: `t-${eventType}`,
    headline: `H ${eventType}`,
    line: `L ${eventType}`,
    cause: { correlationId: orderId, causationId: `${orderId} ${eventType}` },
  });

  it("that tells one thing has its subject and text", () => {
    expect(compose([notice("a", "order.confirmed", 1)])).toEqual({
      template: "t-order.confirmed",
      subject: "H order.confirmed",
      body: "Order a\nL order.confirmed",
    });
  });
  it("that tells several things of one order has the last one's subject", () => {
    expect(compose([notice("a", "order.created", 1), notice("a", "order.confirmed", 2)])).toEqual({
      template: "order-updates",
      subject: "H order.confirmed",
      body: "Order a\nL order.created\nL order.confirmed",
    });
  });
  it("that tells of several orders tells them one after the other", () => {
    const notices = [
      notice("a", "order.created", 1),
      notice("b", "order.created", 2),
      notice("a", "order.cancelled", 3),
    ];
    expect(compose(notices)).toEqual({
      template: "order-updates",
      subject: "News about 2 orders",
      body: "Order a\nL order.created\nL order.cancelled\n\nOrder b\nL order.created",
    });
    expect(sentEvents({ messageId: "m", customerId: "c", channel: "sms" }, notices, 9)).toEqual([
      {
        cause: { correlationId: "a", causationId: "a order.cancelled" },
        events: [
          {
            type: "notification.sent",
            key: "a",
            payload: {
              orderId: "a",
              notificationId: "m",
              customerId: "c",
              channel: "sms",
              template: "order-updates",
              causedBy: "order.cancelled",
              events: ["order.created", "order.cancelled"],
              timestamp: 9,
            },
          },
        ],
      },
      {
        cause: { correlationId: "b", causationId: "b order.created" },
        events: [
          {
            type: "notification.sent",
            key: "b",
            payload: {
              orderId: "b",
              notificationId: "m",
              customerId: "c",
              channel: "sms",
              template: "order-updates",
              causedBy: "order.created",
              events: ["order.created"],
              timestamp: 9,
            },
          },
        ],
      },
    ]);
  });
  it("keeps texts from outside short, without cutting a character in two", () => {
    expect(shortened("🏯".repeat(500))).toBe(`${"🏯".repeat(119)}…`);
    expect(listed(["1", "2", "3", "4", "5", "6", "7"])).toBe("1, 2, 3, 4, 5, 2 more");
  });
});
