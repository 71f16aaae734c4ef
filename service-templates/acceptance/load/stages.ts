/** Divides an order's time, from the moment it was due to its confirmation, into stages. */
import type { LatencySummary } from "../../../cli/project/load.ts";
import { summarize } from "../../../cli/project/load.ts";

/** A participant for which the confirmation waits. */
export type Participant = "payment" | "inventory";

/** Times of one participant's part, milliseconds since the epoch. */
export interface ParticipantTimes {
  /** order.created entered its inbox. */
  readonly received: number;
  /** Its answer was written to its outbox. */
  readonly answered: number;
  /** Its answer was acknowledged by Kafka and moved out of the outbox. */
  readonly relayed: number;
  /** Its answer entered order-service's inbox. */
  readonly returned: number;
}

/** Times of one order, milliseconds since the epoch. */
export interface OrderTimes {
  readonly due: number;
  /** order.created was written to the outbox; its transaction commits right after. */
  readonly created: number;
  /** order.created was acknowledged by Kafka and moved out of the outbox. */
  readonly relayed: number;
  readonly participants: Readonly<Record<Participant, ParticipantTimes>>;
  /** The step order.confirmed. */
  readonly confirmed: number;
}

/** Stages in their order. */
export const STAGES = [
  "accept the order",
  "relay order.created",
  "reach the participant",
  "apply, write the answer",
  "relay the answer",
  "reach order-service",
  "confirm",
] as const;

/** One of {@link STAGES}. */
export type Stage = (typeof STAGES)[number];

/** Time of one order in each stage, in milliseconds. */
export interface OrderStages {
  /** The participant whose answer came last: only its answer delayed the confirmation. */
  readonly critical: Participant;
  /** In the order of {@link STAGES}; their sum is the time from due to confirmed. */
  readonly durations: readonly number[];
}

/** Summary of a stage over many orders. */
export interface StageSummary extends LatencySummary {
  readonly name: Stage;
}

/**
 * Divides an order's time along its critical path. Times come from several processes and may overlap (a record can be
 * received before its sender has stored the acknowledgement). Each stage then starts at the latest time so far and
 * lasts at least 0, so that no time counts twice and the sum stays the total.
 */
export function stagesOf(order: OrderTimes): OrderStages {
  const { payment, inventory } = order.participants;
  const critical: Participant = inventory.returned >= payment.returned ? "inventory" : "payment";
  const way = order.participants[critical];
  const moments = [
    order.created,
    order.relayed,
    way.received,
    way.answered,
    way.relayed,
    way.returned,
    order.confirmed,
  ];
  let latest = order.due;
  const durations = moments.map((moment) => {
    // No stage extends beyond the confirmation.
    const until = Math.min(Math.max(latest, moment), Math.max(order.due, order.confirmed));
    const duration = until - latest;
    latest = until;
    return duration;
  });
  return { critical, durations };
}

/** Summarizes each stage over orders. */
export function summarizeStages(orders: readonly OrderStages[]): readonly StageSummary[] {
  return STAGES.map((name, place) => ({ name, ...summarize(orders.map((order) => order.durations[place] ?? 0)) }));
}
