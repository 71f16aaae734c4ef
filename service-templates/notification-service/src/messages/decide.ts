/** Which channel a message goes through, and what the channel's answer means, as pure functions. */
import { crc32 } from "node:zlib";
import type { Random } from "@event-platform-kit/service/clock";
import type { Backoff } from "@event-platform-kit/service/retry";
import { backoff } from "@event-platform-kit/service/retry";
import type { ChannelName, DeliveryAnswer } from "../channels/channel.ts";
import { CHANNELS } from "../channels/channel.ts";

/** Pauses between attempts, for as long as it takes. */
export const DELIVERY_RETRY: Backoff = { firstDelayMs: 500, maxDelayMs: 60_000, factor: 2 };
/** 2^20 times the first pause is far beyond the longest; more would only overflow. */
const MOST_DOUBLINGS = 20;

/** How far the delivery of a message has come. */
export interface Progress {
  readonly channel: ChannelName;
  /** Attempts of all channels that brought nothing. */
  readonly attempts: number;
  /** Channels that do not reach the customer. */
  readonly rejectedBy: readonly ChannelName[];
}

/** What follows from an answer. */
export type Decision =
  | { readonly kind: "sent"; readonly progress: Progress }
  | { readonly kind: "undeliverable"; readonly progress: Progress }
  | { readonly kind: "sending"; readonly progress: Progress; readonly delayMs: number };

/** The channel a customer is reached through first: the same one every time. */
export function preferredChannel(customerId: string): ChannelName {
  return CHANNELS[crc32(customerId) % CHANNELS.length] ?? CHANNELS[0];
}

/**
 * What an answer means. A channel that stays silent may have sent the message: it is asked again under
 * the same id, never another one. Only a refusal is certain enough to leave a channel for good.
 */
export function afterDelivery(progress: Progress, answer: DeliveryAnswer, random: Random): Decision {
  switch (answer.outcome) {
    case "accepted":
      return { kind: "sent", progress };
    case "rejected": {
      const rejectedBy = [...new Set([...progress.rejectedBy, progress.channel])];
      const next = nextChannel(progress.channel, rejectedBy);
      return next === undefined
        ? { kind: "undeliverable", progress: { ...progress, rejectedBy } }
        : { kind: "sending", progress: { ...progress, channel: next, rejectedBy }, delayMs: 0 };
    }
    case "unavailable":
    case "silent": {
      const attempts = progress.attempts + 1;
      return {
        kind: "sending",
        progress: { ...progress, attempts },
        delayMs: backoff(Math.min(attempts, MOST_DOUBLINGS), DELIVERY_RETRY, random),
      };
    }
  }
}

/** The channel that follows, of those that have not refused; undefined when there is no other. */
function nextChannel(channel: ChannelName, rejectedBy: readonly ChannelName[]): ChannelName | undefined {
  const place = CHANNELS.indexOf(channel);
  return [...CHANNELS.slice(place + 1), ...CHANNELS.slice(0, place)].find((name) => !rejectedBy.includes(name));
}
