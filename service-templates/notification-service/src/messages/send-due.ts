/**
 * Sends due messages through one channel: claim, send, store. The claim commits before the channel is called. The
 * answers are stored in one transaction with the events that follow. The instance that takes over after a crash sends
 * again with the same id, which the channel answers without sending twice. An instance whose claim expired meanwhile
 * stores nothing.
 */
import type { Context } from "@event-platform-kit/service";
import type { Channel, DeliveryAnswer, DeliveryRequest } from "../channels/channel.ts";
import type { EventMap } from "../events.generated.ts";
import type { MessageMetrics } from "../message-metrics.ts";
import type { ToldNotice } from "../notices/notices-table.ts";
import { lockKnownOrders, noticesOfMessages } from "../notices/notices-table.ts";
import { compose, sentEvents } from "./compose.ts";
import type { Decision } from "./decide.ts";
import { afterDelivery } from "./decide.ts";
import type { Claimed } from "./messages-table.ts";
import { claimDue, storeDeliveries } from "./messages-table.ts";

/** Messages per pass. */
export const AT_ONCE = 200;

export interface PassOptions {
  readonly context: Pick<Context<EventMap>, "clock" | "database" | "log" | "outbox" | "random">;
  readonly channel: Channel;
  readonly metrics: MessageMetrics;
  /** How long a claim lasts, in milliseconds: well above any answer time. The messages of a crashed instance wait this long. */
  readonly leaseMs: number;
}

interface Decided {
  readonly message: Claimed;
  readonly notices: readonly ToldNotice[];
  readonly decision: Decision;
}

/** Runs one pass; returns the number of due messages. */
export async function sendDue(options: PassOptions): Promise<number> {
  const {
    context: { clock, database, outbox, random },
    channel,
    metrics,
  } = options;
  const claimed = await claimDue(database, { channel: channel.name, limit: AT_ONCE, leaseMs: options.leaseMs });
  if (claimed.length === 0) return 0;
  const notices = await noticesOfMessages(
    database,
    claimed.map(({ messageId }) => messageId),
  );
  const answers = await ask(
    options,
    claimed.map(({ messageId, customerId, progress }) => {
      const { subject, body } = compose(notices.get(messageId) ?? []);
      return { messageId, recipient: customerId, subject, body, attempt: progress.attempts + 1 };
    }),
  );
  const decided = claimed.map((message, place): Decided => {
    const answer = answers[place] ?? { outcome: "silent" };
    metrics.answers.inc({ channel: channel.name, answer: answer.outcome });
    return {
      message,
      notices: notices.get(message.messageId) ?? [],
      decision: afterDelivery(message.progress, answer, random),
    };
  });

  const now = clock();
  await database.transaction(async (tx) => {
    const kept = await storeDeliveries(
      tx,
      decided.map(({ message, decision }) => ({
        messageId: message.messageId,
        claim: message.claim,
        status: decision.kind,
        progress: decision.progress,
        delayMs: decision.kind === "sending" ? decision.delayMs : 0,
      })),
    );
    const held = decided.filter(({ message }) => kept.has(message.messageId));
    const sent = held.filter(({ decision }) => decision.kind === "sent");
    // Two messages of one customer may concern the same order, and two instances may send them at once.
    if (sent.length > 0)
      await lockKnownOrders(tx, [...new Set(sent.flatMap(({ notices: told }) => told.map(({ orderId }) => orderId)))]);
    await outbox.add(
      tx,
      sent.flatMap(({ message, notices: told, decision }) =>
        sentEvents({ ...message, channel: decision.progress.channel }, told, now),
      ),
    );
    tx.afterCommit(() =>
      held.forEach((item) => {
        report(options, item);
      }),
    );
  });
  return claimed.length;
}

/** Calls the channel. If the whole call fails, each of its messages counts as unanswered. */
async function ask(
  { context: { log }, channel }: PassOptions,
  requests: readonly DeliveryRequest[],
): Promise<readonly DeliveryAnswer[]> {
  try {
    return await channel.deliver(requests);
  } catch (error) {
    log.warn(
      { err: error, channel: channel.name, messages: requests.length },
      "the channel could not be asked; its messages are sent again under their ids",
    );
    return requests.map(() => ({ outcome: "silent" }));
  }
}

function report({ context: { log }, channel, metrics }: PassOptions, { message, notices, decision }: Decided): void {
  if (decision.kind === "sending") return;
  metrics.messages.inc({ channel: channel.name, outcome: decision.kind });
  if (decision.kind === "sent") metrics.noticesPerMessage.observe(notices.length);
  else
    for (const { orderId, cause } of notices)
      log.error(
        {
          orderId,
          traceId: cause.trace?.traceId,
          messageId: message.messageId,
          rejectedBy: decision.progress.rejectedBy,
        },
        "no channel reaches the customer; the message is undeliverable",
      );
}
