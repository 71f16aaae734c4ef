/** Decides the channel of a message, and what the channel's answer means, as pure functions. */
import { crc32 } from "node:zlib";
import type { Random } from "@event-platform-kit/service/clock";
import type { Backoff } from "@event-platform-kit/service/retry";
import { backoff } from "@event-platform-kit/service/retry";
import type { ChannelName, DeliveryAnswer } from "../channels/channel.ts";
import { CHANNELS } from "../channels/channel.ts";

/** Pauses between attempts; their number is not limited. */
export const DELIVERY_RETRY: Backoff = { firstDelayMs: 500, maxDelayMs: 60_000, factor: 2 };
/** 2^20 times the first pause is far above the longest pause; more doublings would only overflow. */
const MOST_DOUBLINGS = 20;

/** State of a message's delivery. */
export interface Progress {
  readonly channel: ChannelName;
  /** Failed attempts of all channels. */
  readonly attempts: number;
  /** Channels that do not reach the customer. */
  readonly rejectedBy: readonly ChannelName[];
}

/** The decision that follows from an answer. */
export type Decision =
  | { readonly kind: "sent"; readonly progress: Progress }
  | { readonly kind: "undeliverable"; readonly progress: Progress }
  | { readonly kind: "sending"; readonly progress: Progress; readonly delayMs: number };

/** Returns the first channel for a customer, which is always the same one. */
export function preferredChannel(customerId: string): ChannelName {
  return CHANNELS[crc32(customerId) % CHANNELS.length] ?? CHANNELS[0];
}

/**
 * Returns the decision after an answer. A channel that did not answer may have sent the message, so it is called again
 * with the same id, and never another channel. Only a refusal is certain enough to leave a channel permanently.
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

/** Returns the next channel that has not refused; undefined if there is none. */
function nextChannel(channel: ChannelName, rejectedBy: readonly ChannelName[]): ChannelName | undefined {
  const place = CHANNELS.indexOf(channel);
  return [...CHANNELS.slice(place + 1), ...CHANNELS.slice(0, place)].find((name) => !rejectedBy.includes(name));
}
