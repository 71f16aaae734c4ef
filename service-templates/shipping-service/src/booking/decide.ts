/**
 * Which carrier is asked for what, and what its answer means, as pure functions.
 *
 * A shipment is booked in turns: one carrier is tried a few times, then the other, and so on with
 * growing pauses until one accepts or all have refused. Each turn has a booking reference of its own.
 * A carrier is left only when it certainly holds no booking of the turn: where a call went without an
 * answer, the turn's reference is made void first, and what arrives under it later is refused.
 */
import { crc32 } from "node:zlib";
import type { Random } from "@event-platform-kit/service/clock";
import { derivedUuid } from "@event-platform-kit/service/ids";
import type { Backoff } from "@event-platform-kit/service/retry";
import { backoff } from "@event-platform-kit/service/retry";
import type { BookingAnswer, CarrierName, VoidAnswer } from "../carriers/carrier.ts";
import { CARRIERS } from "../carriers/carrier.ts";

/** Calls without a booking before the other carrier gets its turn. */
export const ATTEMPTS_PER_TURN = 3;

/** Pauses between calls, for as long as it takes. */
export const BOOKING_RETRY: Backoff = { firstDelayMs: 200, maxDelayMs: 60_000, factor: 2 };
/** 2^20 times the first pause is far beyond the longest; more would only overflow. */
const MOST_DOUBLINGS = 20;

/** How far the booking of a shipment has come. */
export interface Progress {
  /** The carrier whose turn it is. */
  readonly carrier: CarrierName;
  /** Counts the changes of the carrier, from 0. */
  readonly turn: number;
  /** Calls of this turn that brought nothing. */
  readonly attempts: number;
  /** The same over all turns. */
  readonly failures: number;
  /** Whether the carrier may hold a booking of this turn that is not known here. */
  readonly inDoubt: boolean;
  /** Carriers that do not serve the address. */
  readonly rejectedBy: readonly CarrierName[];
}

/** What follows from an answer. */
export type Decision =
  | {
      readonly kind: "booked";
      readonly progress: Progress;
      readonly trackingNumber: string;
      readonly lookAfter: number;
    }
  | { readonly kind: "undeliverable"; readonly progress: Progress }
  | {
      readonly kind: "waiting";
      readonly progress: Progress;
      readonly delayMs: number;
      readonly fellOverTo?: CarrierName;
    };

/** Id of an order's only shipment. */
export function shipmentOf(orderId: string): string {
  return derivedUuid("shipment", orderId);
}

/** The start: half of the orders prefer either carrier, and the same order always the same. */
export function firstProgress(orderId: string): Progress {
  const carrier = CARRIERS[crc32(orderId) % CARRIERS.length] ?? CARRIERS[0];
  return { carrier, turn: 0, attempts: 0, failures: 0, inDoubt: false, rejectedBy: [] };
}

/** Idempotency key of a turn's booking. */
export function bookingReference(shipmentId: string, turn: number): string {
  return `${shipmentId}/${turn}`;
}

/** What the carrier is asked next: to book, or to make sure that it has not. */
export function nextCall(progress: Progress): "book" | "void" {
  return progress.inDoubt && progress.attempts >= ATTEMPTS_PER_TURN && otherCarrier(progress) !== undefined
    ? "void"
    : "book";
}

/**
 * What an answer to a booking means.
 * @param progress - As it was before the call: `inDoubt` tells of earlier calls, not of this one.
 */
export function afterBooking(progress: Progress, answer: BookingAnswer, random: Random): Decision {
  switch (answer.outcome) {
    case "booked":
      return {
        kind: "booked",
        progress: { ...progress, inDoubt: false },
        trackingNumber: answer.trackingNumber,
        lookAfter: answer.expectedChangeAt,
      };
    case "rejected": {
      const refused = {
        ...progress,
        inDoubt: false,
        rejectedBy: [...new Set([...progress.rejectedBy, progress.carrier])],
      };
      return otherCarrier(refused) === undefined
        ? { kind: "undeliverable", progress: refused }
        : fallOver(refused, random);
    }
    case "voided":
      // Made void by an earlier run whose word was lost: certain, so the carrier may be left.
      return fallOver({ ...progress, inDoubt: false }, random);
    case "unavailable":
    case "silent": {
      const failed = {
        ...progress,
        attempts: progress.attempts + 1,
        failures: progress.failures + 1,
        // Certainty about this call says nothing about an earlier one.
        inDoubt: progress.inDoubt || answer.outcome === "silent",
      };
      const leaves = failed.attempts >= ATTEMPTS_PER_TURN && !failed.inDoubt && otherCarrier(failed) !== undefined;
      return leaves ? fallOver(failed, random) : waiting(failed, random);
    }
  }
}

/** What an answer to making a booking void means. */
export function afterVoid(progress: Progress, answer: VoidAnswer, random: Random): Decision {
  if (answer === "void") return fallOver({ ...progress, inDoubt: false }, random);
  return waiting({ ...progress, failures: progress.failures + 1 }, random);
}

/** The carrier that follows, of those that have not refused; undefined when there is no other. */
function otherCarrier({ carrier, rejectedBy }: Progress): CarrierName | undefined {
  const place = CARRIERS.indexOf(carrier);
  return [...CARRIERS.slice(place + 1), ...CARRIERS.slice(0, place)].find((name) => !rejectedBy.includes(name));
}

/** Gives the other carrier its turn: the first one at once, later ones after a pause. Without another carrier the same one gets a new turn. */
function fallOver(progress: Progress, random: Random): Decision {
  const other = otherCarrier(progress);
  const next: Progress = {
    ...progress,
    carrier: other ?? progress.carrier,
    turn: progress.turn + 1,
    attempts: 0,
    inDoubt: false,
  };
  if (other === undefined) return waiting(next, random);
  return {
    kind: "waiting",
    progress: next,
    delayMs: progress.turn === 0 ? 0 : pauseAfter(progress.failures, random),
    fellOverTo: other,
  };
}

function waiting(progress: Progress, random: Random): Decision {
  return { kind: "waiting", progress, delayMs: pauseAfter(progress.failures, random) };
}

function pauseAfter(failures: number, random: Random): number {
  return backoff(Math.min(Math.max(failures, 1), MOST_DOUBLINGS), BOOKING_RETRY, random);
}
