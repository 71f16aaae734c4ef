/**
 * The outside channels, as this service sees them. A message's id makes its delivery repeatable: the same
 * id is sent at most once by a channel, and gets the same answer forever. Calls take many messages; a
 * channel whose API takes one asks for them side by side.
 */

/** The channels, in the order in which one follows the other. */
export const CHANNELS = ["email", "push", "sms"] as const;
export type ChannelName = (typeof CHANNELS)[number];

export interface DeliveryRequest {
  /** Idempotency key of the delivery. */
  readonly messageId: string;
  /** The customer; the channel knows the address. */
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
  /** Which try it is, from 1; for the channel's records. */
  readonly attempt: number;
}

/**
 * What the channel said about one message. `accepted`: sent, now or earlier. `rejected`: never sent, and
 * never will be under this id. `unavailable`: this call certainly sent nothing. `silent`: there was no
 * answer: it may have.
 */
export type DeliveryAnswer =
  | { readonly outcome: "accepted" }
  | { readonly outcome: "rejected"; readonly code: string }
  | { readonly outcome: "unavailable" }
  | { readonly outcome: "silent" };

export interface Channel {
  readonly name: ChannelName;
  /** Sends; one answer per request, in their order. When it rejects, all are `silent`. */
  deliver(requests: readonly DeliveryRequest[]): Promise<readonly DeliveryAnswer[]>;
}
