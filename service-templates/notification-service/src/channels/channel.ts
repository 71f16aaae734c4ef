/**
 * Interface of the external channels. A message's id makes its delivery repeatable: a channel sends the same id at most
 * once, and always gives it the same answer. Calls take many messages; for a channel whose API takes one, the
 * implementation sends parallel requests.
 */

/** The channels, in the order in which the service tries them. */
export const CHANNELS = ["email", "push", "sms"] as const;
export type ChannelName = (typeof CHANNELS)[number];

export interface DeliveryRequest {
  /** Idempotency key of the delivery. */
  readonly messageId: string;
  /** The customer; the channel knows the address. */
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
  /** Number of the attempt, from 1; for the channel's records. */
  readonly attempt: number;
}

/**
 * The channel's answer to one message. `accepted`: sent, now or earlier. `rejected`: not sent, now or ever, under this
 * id. `unavailable`: this call certainly sent nothing. `silent`: there was no answer: the channel may have sent it.
 */
export type DeliveryAnswer =
  | { readonly outcome: "accepted" }
  | { readonly outcome: "rejected"; readonly code: string }
  | { readonly outcome: "unavailable" }
  | { readonly outcome: "silent" };

export interface Channel {
  readonly name: ChannelName;
  /** Sends messages; returns one answer per request, in their order. If it rejects, all answers are `silent`. */
  deliver(requests: readonly DeliveryRequest[]): Promise<readonly DeliveryAnswer[]>;
}
