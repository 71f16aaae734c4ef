/** A message's text from the notices it tells, and the events that say it was sent. Pure: the same notices give the same text at every attempt. */
import type { Cause } from "@event-platform-kit/service/events/envelope";
import type { Published } from "@event-platform-kit/service/events/event-map";
import type { ChannelName } from "../channels/channel.ts";
import type { EventMap } from "../events.generated.ts";
import type { ToldNotice } from "../notices/notices-table.ts";
import { counted } from "../wording.ts";

/** Name of the text of a message that tells more than one thing. */
export const DIGEST = "order-updates";

export interface MessageText {
  readonly template: string;
  readonly subject: string;
  readonly body: string;
}

/** The text of a message. A single order's last notice gives the subject; several orders are told one after the other. */
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

/** What was sent to whom, and how. */
export interface SentMessage {
  readonly messageId: string;
  readonly customerId: string;
  readonly channel: ChannelName;
}

/** One notification.sent for every order that the message tells about, each with what led to it. */
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
