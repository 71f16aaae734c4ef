/**
 * A simulated carrier with books of its own (carrier_bookings) and a behaviour that can be switched
 * while it runs. It writes over its own connections, as an outside system would: what it did stays done
 * when the service's transaction rolls back. What it does slower than its caller waits, it still does.
 */
import type { Clock } from "../../../lib/clock.ts";
import type { Database } from "../../../lib/database.ts";
import { lateAnswers } from "../../../lib/late-answers.ts";
import type { Mishap } from "../../../lib/mishap.ts";
import { mishapOf } from "../../../lib/mishap.ts";
import type { BookingAnswer, BookingRequest, Carrier, CarrierName, TrackingReport } from "./carrier.ts";
import { CarrierUnavailable } from "./carrier.ts";
import type { Durations } from "./parcel.ts";
import { reportOf } from "./parcel.ts";
import { trackingNumberOf } from "./tracking-number.ts";

export const BEHAVIOURS = ["accept", "reject", "unavailable", "timeout"] as const;

export interface Behaviour {
  /** accept: books. reject: does not serve the address. unavailable: fails before it does anything, whatever is asked. timeout: books, but its answer never comes. */
  readonly behaviour: (typeof BEHAVIOURS)[number];
  /** Time each answer takes, in milliseconds; beyond what its callers wait for, it books after they gave up. */
  readonly latencyMs: number;
  /** Share of bookings that fail by chance, 0 to 1; half of them after they were booked. */
  readonly failureRate: number;
  /** Decides which ones fail. */
  readonly seed: number;
}

export interface CarrierSimulator extends Carrier {
  behaviour(): Promise<Behaviour>;
  change(behaviour: Behaviour): Promise<void>;
  /** Ends what is still on its way. */
  close(): Promise<void>;
}

export interface SimulatorOptions {
  readonly name: CarrierName;
  readonly database: Database;
  readonly durations: Durations;
  /** How long the caller waits for an answer, in milliseconds. */
  readonly answerLimitMs: number;
  readonly clock: Clock;
}

interface BookedRow extends Record<string, unknown> {
  readonly reference: string;
  readonly status: "booked" | "rejected" | "void";
  readonly tracking_number: string | null;
  readonly at: Date;
}

export function carrierSimulator({ name, database, durations, answerLimitMs, clock }: SimulatorOptions): CarrierSimulator {
  const answers = lateAnswers(answerLimitMs);

  async function behaviour(): Promise<Behaviour> {
    const [row] = await database.query<{ behaviour: Behaviour["behaviour"]; latency_ms: number; failure_rate: number; seed: number }>({
      name: "carrier-behaviour",
      text: "SELECT behaviour, latency_ms, failure_rate, seed FROM carrier_behaviour WHERE carrier = $1",
      values: [name],
    });
    if (row === undefined) return { behaviour: "accept", latencyMs: 0, failureRate: 0, seed: 1 };
    return { behaviour: row.behaviour, latencyMs: row.latency_ms, failureRate: row.failure_rate, seed: row.seed };
  }

  /** Books or rejects; gives back what the books hold by reference, so that repetitions and races see one truth. */
  async function enter(requests: readonly BookingRequest[], status: "booked" | "rejected"): Promise<ReadonlyMap<string, BookedRow>> {
    if (requests.length === 0) return new Map();
    const rows = await database.query<BookedRow>({
      name: "carrier-book",
      // Writing the key onto itself gives back what a repetition meets.
      text: `INSERT INTO carrier_bookings (carrier, reference, shipment_id, status, tracking_number, at)
             SELECT $1, asked.reference, asked.shipment_id, $5, asked.tracking_number, to_timestamp($6 / 1000.0)
               FROM unnest($2::text[], $3::uuid[], $4::text[]) AS asked(reference, shipment_id, tracking_number) ORDER BY asked.reference
             ON CONFLICT (carrier, reference) DO UPDATE SET carrier = EXCLUDED.carrier
             RETURNING reference, status, tracking_number, at`,
      values: [
        name, requests.map((request) => request.reference), requests.map((request) => request.shipmentId),
        requests.map((request) => (status === "booked" ? trackingNumberOf(name, request.reference) : null)), status, clock(),
      ],
    });
    return new Map(rows.map((row) => [row.reference, row]));
  }

  function answerOf(row: BookedRow | undefined, mishap: Mishap | undefined): BookingAnswer {
    if (mishap !== undefined || row === undefined) return { outcome: mishap ?? "silent" };
    if (row.status === "void") return { outcome: "voided" };
    if (row.status === "rejected" || row.tracking_number === null) return { outcome: "rejected", code: "address_not_served" };
    return { outcome: "booked", trackingNumber: row.tracking_number, expectedChangeAt: row.at.getTime() + durations.dispatchMs };
  }

  return {
    name,
    behaviour,
    async change(next) {
      await database.query({
        text: `INSERT INTO carrier_behaviour (carrier, behaviour, latency_ms, failure_rate, seed) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (carrier) DO UPDATE SET behaviour = EXCLUDED.behaviour, latency_ms = EXCLUDED.latency_ms,
                 failure_rate = EXCLUDED.failure_rate, seed = EXCLUDED.seed`,
        values: [name, next.behaviour, next.latencyMs, next.failureRate, next.seed],
      });
    },
    async book(requests) {
      const now = await behaviour();
      if (now.behaviour === "unavailable") return requests.map(() => ({ outcome: "unavailable" }));
      const mishaps = requests.map(({ reference, attempt }) => mishapOf(now.seed, now.failureRate, reference, attempt));
      const heard = requests.filter((_request, place) => mishaps[place] !== "unavailable");
      const books = await answers.inTime(now.latencyMs, () => enter(heard, now.behaviour === "reject" ? "rejected" : "booked"));
      if (now.behaviour === "timeout") await answers.never();
      if (now.behaviour === "timeout" || books === undefined) return requests.map(() => ({ outcome: "silent" }));
      return requests.map(({ reference }, place) => answerOf(books.get(reference), mishaps[place]));
    },
    async makeVoid(bookings) {
      const now = await behaviour();
      if (now.behaviour === "unavailable") return bookings.map(() => "silent");
      const done = await answers.inTime(now.latencyMs, () => database.query({
        name: "carrier-void",
        text: `INSERT INTO carrier_bookings (carrier, reference, shipment_id, status, at)
               SELECT $1, asked.reference, asked.shipment_id, 'void', to_timestamp($4 / 1000.0)
                 FROM unnest($2::text[], $3::uuid[]) AS asked(reference, shipment_id) ORDER BY asked.reference
               ON CONFLICT (carrier, reference) DO UPDATE SET status = 'void'`,
        values: [name, bookings.map((booking) => booking.reference), bookings.map((booking) => booking.shipmentId), clock()],
      }));
      return bookings.map(() => (done === undefined ? "silent" : "void"));
    },
    async track(trackingNumbers) {
      const now = await behaviour();
      if (now.behaviour === "unavailable") throw new CarrierUnavailable(`${name} answered with status 503`);
      const rows = await answers.inTime(now.latencyMs, () => database.query<{ tracking_number: string; at: Date }>({
        name: "carrier-track",
        text: "SELECT tracking_number, at FROM carrier_bookings WHERE tracking_number = ANY($1::text[]) AND carrier = $2 AND status = 'booked'",
        values: [trackingNumbers, name],
      }));
      if (rows === undefined) throw new CarrierUnavailable(`${name} gave no answer within ${answerLimitMs} ms`);
      return new Map<string, TrackingReport>(rows.map((row) => [row.tracking_number, reportOf(row.at.getTime(), clock(), durations)]));
    },
    close: () => answers.close(),
  };
}
