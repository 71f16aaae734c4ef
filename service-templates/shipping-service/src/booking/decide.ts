/**
 * Decides which carrier gets which request, and what its answer means, as pure functions.
 *
 * A shipment is booked in turns: one carrier gets a few attempts, then the other, and so on with growing pauses until
 * one accepts or all have refused. Each turn has its own booking reference. The service leaves a carrier only when it
 * certainly has no booking of the turn: if a call was not answered, the turn's reference is voided first, and the
 * carrier refuses later requests with it.
 */
import { crc32 } from "node:zlib";
import type { Random } from "@event-platform-kit/service/clock";
import { derivedUuid } from "@event-platform-kit/service/ids";
import type { Backoff } from "@event-platform-kit/service/retry";
import { backoff } from "@event-platform-kit/service/retry";
import type { BookingAnswer, CarrierName, VoidAnswer } from "../carriers/carrier.ts";
import { CARRIERS } from "../carriers/carrier.ts";

/** Failed calls before the other carrier gets its turn. */
export const ATTEMPTS_PER_TURN = 3;

/** Pauses between calls; their number is not limited. */
export const BOOKING_RETRY: Backoff = { firstDelayMs: 200, maxDelayMs: 60_000, factor: 2 };
/** 2^20 times the first pause is far above the longest pause; more doublings would only overflow. */
const MOST_DOUBLINGS = 20;

/** State of a shipment's booking. */
export interface Progress {
  /** The carrier of the current turn. */
  readonly carrier: CarrierName;
  /** Number of changes of the carrier, from 0. */
  readonly turn: number;
  /** Failed calls of this turn. */
  readonly attempts: number;
  /** Failed calls of all turns. */
  readonly failures: number;
  /** Whether the carrier may have a booking of this turn that is not known here. */
  readonly inDoubt: boolean;
  /** Carriers that do not serve the address. */
  readonly rejectedBy: readonly CarrierName[];
}

/** The decision that follows from an answer. */
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

/** Returns the id of an order's only shipment. */
export function shipmentOf(orderId: string): string {
  return derivedUuid("shipment", orderId);
}

/** Returns the initial state: each carrier is preferred by half of the orders, and the same order always prefers the same one. */
export function firstProgress(orderId: string): Progress {
  const carrier = CARRIERS[crc32(orderId) % CARRIERS.length] ?? CARRIERS[0];
  return { carrier, turn: 0, attempts: 0, failures: 0, inDoubt: false, rejectedBy: [] };
}

/** Returns the idempotency key of a turn's booking. */
export function bookingReference(shipmentId: string, turn: number): string {
  return `${shipmentId}/${turn}`;
}

/** Returns the next request to the carrier: to book, or to void a possible booking. */
export function nextCall(progress: Progress): "book" | "void" {
  return progress.inDoubt && progress.attempts >= ATTEMPTS_PER_TURN && otherCarrier(progress) !== undefined
    ? "void"
    : "book";
}

/**
 * Returns the decision after an answer to a booking request.
 * @param progress - State before the call: `inDoubt` is about earlier calls, not this one.
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
      // An earlier attempt voided the reference, and its answer was lost: this is certain, so the service may leave the
      // carrier.
      return fallOver({ ...progress, inDoubt: false }, random);
    case "unavailable":
    case "silent": {
      const failed = {
        ...progress,
        attempts: progress.attempts + 1,
        failures: progress.failures + 1,
        // A definite answer to this call says nothing about an earlier one.
        inDoubt: progress.inDoubt || answer.outcome === "silent",
      };
      const leaves = failed.attempts >= ATTEMPTS_PER_TURN && !failed.inDoubt && otherCarrier(failed) !== undefined;
      return leaves ? fallOver(failed, random) : waiting(failed, random);
    }
  }
}

/** Returns the decision after an answer to a void request. */
export function afterVoid(progress: Progress, answer: VoidAnswer, random: Random): Decision {
  if (answer === "void") return fallOver({ ...progress, inDoubt: false }, random);
  return waiting({ ...progress, failures: progress.failures + 1 }, random);
}

/** Returns the next carrier that has not refused; undefined if there is none. */
function otherCarrier({ carrier, rejectedBy }: Progress): CarrierName | undefined {
  const place = CARRIERS.indexOf(carrier);
  return [...CARRIERS.slice(place + 1), ...CARRIERS.slice(0, place)].find((name) => !rejectedBy.includes(name));
}

/**
 * Gives the other carrier its turn: the first time at once, later after a pause. If there is no other carrier, the same
 * one gets a new turn.
 */
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
