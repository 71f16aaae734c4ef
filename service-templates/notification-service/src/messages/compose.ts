/**
 * Composes a message's text from its notices, and the events that report that it was sent. Pure: the same notices give
 * the same text at every attempt.
 */
import type { Cause } from "@event-platform-kit/service/events/envelope";
import type { Published } from "@event-platform-kit/service/events/event-map";
import type { ChannelName } from "../channels/channel.ts";
import type { EventMap } from "../events.generated.ts";
import type { ToldNotice } from "../notices/notices-table.ts";
import { counted } from "../wording.ts";

/** Name of the text of a message with more than one notice. */
export const DIGEST = "order-updates";

export interface MessageText {
  readonly template: string;
  readonly subject: string;
  readonly body: string;
}

/**
 * Returns the text of a message. For a single order, the last notice gives the subject; several orders are listed one
 * after the other.
 */
export function compose(notices: readonly ToldNotice[]): MessageText {
  const orders = [...Map.groupBy(notices, (notice) => notice.orderId)];
  const last = notices.at(-1);
  return {
    template: notices.length === 1 && last !== undefined ? last.template : DIGEST,
    subject:
      orders.length === 1 && last !== undefined ? last.headline : `News about ${counted(orders.length, "order")}`,
    body: orders
      .map(([orderId, told]) => [`Order ${orderId}`, ...told.map((notice) => notice.line)].join("\n"))
      .join("\n\n"),
  };
}

/** The data of a sent message. */
export interface SentMessage {
  readonly messageId: string;
  readonly customerId: string;
  readonly channel: ChannelName;
}

/** Returns one notification.sent for every order in the message, each with its cause. */
export function sentEvents(
  message: SentMessage,
  notices: readonly ToldNotice[],
  timestamp: number,
): readonly { readonly cause: Cause; readonly events: readonly Published<EventMap>[] }[] {
  const { template } = compose(notices);
  return [...Map.groupBy(notices, (notice) => notice.orderId)].flatMap(([orderId, told]) => {
    const last = told.at(-1);
    return last === undefined
      ? []
      : [
          {
            cause: last.cause,
            events: [
              {
                type: "notification.sent",
                key: orderId,
                payload: {
                  orderId,
                  notificationId: message.messageId,
                  customerId: message.customerId,
                  channel: message.channel,
                  template,
                  causedBy: last.eventType,
                  events: told.map((notice) => notice.eventType),
                  timestamp,
                },
              },
            ],
          },
        ];
  });
}
