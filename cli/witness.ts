/**
 * An outside observer's record of a run: every request with its answer, every fault, every record that was written on purpose.
 * `kit verify --witness FILE` compares it with databases and topics.
 */

/** One POST /orders from the view of its client. */
export interface WitnessedOrder {
  readonly idempotencyKey: string;
  readonly customerId: string;
  /** `accepted`: 2xx. `refused`: another answer with a status below 500. `unknown`: none, a timeout, or 5xx; the order may exist. */
  readonly outcome: "accepted" | "refused" | "unknown";
  /** HTTP status; absent without an answer. */
  readonly status?: number;
  /** Present when accepted. */
  readonly orderId?: string;
  /** When it was due to be sent, milliseconds since the epoch: an open loop measures from here. */
  readonly dueAt: number;
  /** When its answer had come (or the timeout passed), milliseconds since the epoch. */
  readonly answeredAt: number;
}

/** A record that was written on purpose and must end in dead-letter records. */
export interface InjectedRecord {
  readonly topic: string;
  readonly partition: number;
  /** Decimal. */
  readonly offset: string;
  /** For example `not-avro`, `unknown-schema`. */
  readonly kind: string;
  /** Groups whose dead-letter records must hold it: all that consume its event type, or all of the topic's where it has none. */
  readonly groups: readonly string[];
}

/** A fault and the proof that it was felt. */
export interface WitnessedFault {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly healedAt: number;
  /** What was measured to show it, for example `{what: "leaders on broker-3", before: "34", after: "0"}`. */
  readonly evidence: readonly { readonly what: string; readonly before: string; readonly after: string }[];
  /** Whether the evidence shows that the fault was felt; a run with a fault that was not is void. */
  readonly felt: boolean;
  /** What had to be true once it was healed, with what was seen; a run in which one is not met is violated. */
  readonly demands?: readonly { readonly what: string; readonly seen: string; readonly met: boolean }[];
}

/** The document. */
export interface Witness {
  readonly orders: readonly WitnessedOrder[];
  readonly injected: readonly InjectedRecord[];
  readonly faults: readonly WitnessedFault[];
}

/** A witness who saw nothing. */
export const NO_WITNESS: Witness = { orders: [], injected: [], faults: [] };
