/**
 * A simulated carrier with its own table (carrier_bookings) and a behaviour that can be changed while it runs. It
 * writes over its own connections, like an external system: its changes remain when the service's transaction rolls
 * back. Work that takes longer than the caller's timeout is still done.
 */

import type { Switchable } from "@event-platform-kit/service/simulation";
import { storedBehaviour } from "@event-platform-kit/service/simulation";
import { lateAnswers } from "@event-platform-kit/service/simulation/late-answers";
import type { Mishap } from "@event-platform-kit/service/simulation/mishap";
import { mishapOf } from "@event-platform-kit/service/simulation/mishap";
import type { Database } from "@event-platform-kit/service/storage/database";
import type { BookingAnswer, BookingRequest, Carrier, CarrierName, TrackingReport } from "./carrier.ts";
import { CarrierUnavailable } from "./carrier.ts";
import type { Durations } from "./parcel.ts";
import { reportOf } from "./parcel.ts";
import { trackingNumberOf } from "./tracking-number.ts";

/** A simulated carrier. accept: books. reject: does not serve the address. */
export interface CarrierSimulator extends Carrier, Switchable {
  /** Ends the work in progress. */
  close(): Promise<void>;
}

export interface SimulatorOptions {
  readonly name: CarrierName;
  readonly database: Database;
  readonly durations: Durations;
  /** The caller's timeout, in milliseconds. */
  readonly answerLimitMs: number;
}

interface BookedRow extends Record<string, unknown> {
  readonly reference: string;
  readonly status: "booked" | "rejected" | "void";
  readonly tracking_number: string | null;
  readonly at: Date;
}

export function carrierSimulator({ name, database, durations, answerLimitMs }: SimulatorOptions): CarrierSimulator {
  const answers = lateAnswers(answerLimitMs);
  const kept = storedBehaviour(database, { table: "carrier_behaviour", column: "carrier" }, name);

  /** Books or rejects. Returns what the table contains by reference, so that repetitions and races get the same result. */
  async function enter(
    requests: readonly BookingRequest[],
    status: "booked" | "rejected",
  ): Promise<ReadonlyMap<string, BookedRow>> {
    if (requests.length === 0) return new Map();
    const rows = await database.query<BookedRow>({
      name: "carrier-book",
      // Writing the key onto itself returns the existing row to a repetition.
      text: `INSERT INTO carrier_bookings (carrier, reference, shipment_id, status, tracking_number, at)
             SELECT $1, asked.reference, asked.shipment_id, $5, asked.tracking_number, clock_timestamp()
               FROM unnest($2::text[], $3::uuid[], $4::text[]) AS asked(reference, shipment_id, tracking_number) ORDER BY asked.reference
             ON CONFLICT (carrier, reference) DO UPDATE SET carrier = EXCLUDED.carrier
             RETURNING reference, status, tracking_number, at`,
      values: [
        name,
        requests.map((request) => request.reference),
        requests.map((request) => request.shipmentId),
        requests.map((request) => (status === "booked" ? trackingNumberOf(name, request.reference) : null)),
        status,
      ],
    });
    return new Map(rows.map((row) => [row.reference, row]));
  }

  function answerOf(row: BookedRow | undefined, mishap: Mishap | undefined): BookingAnswer {
    if (mishap !== undefined || row === undefined) return { outcome: mishap ?? "silent" };
    if (row.status === "void") return { outcome: "voided" };
    if (row.status === "rejected" || row.tracking_number === null)
      return { outcome: "rejected", code: "address_not_served" };
    return {
      outcome: "booked",
      trackingNumber: row.tracking_number,
      expectedChangeAt: row.at.getTime() + durations.dispatchMs,
    };
  }

  return {
    name,
    ...kept,
    async book(requests) {
      const now = await kept.behaviour();
      if (now.behaviour === "unavailable") return requests.map(() => ({ outcome: "unavailable" }));
      const mishaps = requests.map(({ reference, attempt }) => mishapOf(now.seed, now.failureRate, reference, attempt));
      const heard = requests.filter((_request, place) => mishaps[place] !== "unavailable");
      const books = await answers.inTime(now.latencyMs, () =>
        enter(heard, now.behaviour === "reject" ? "rejected" : "booked"),
      );
      if (now.behaviour === "timeout") await answers.never();
      if (now.behaviour === "timeout" || books === undefined) return requests.map(() => ({ outcome: "silent" }));
      return requests.map(({ reference }, place) => answerOf(books.get(reference), mishaps[place]));
    },
    async makeVoid(bookings) {
      const now = await kept.behaviour();
      if (now.behaviour === "unavailable") return bookings.map(() => "silent");
      const done = await answers.inTime(now.latencyMs, () =>
        database.query({
          name: "carrier-void",
          text: `INSERT INTO carrier_bookings (carrier, reference, shipment_id, status, at)
               SELECT $1, asked.reference, asked.shipment_id, 'void', clock_timestamp()
                 FROM unnest($2::text[], $3::uuid[]) AS asked(reference, shipment_id) ORDER BY asked.reference
               ON CONFLICT (carrier, reference) DO UPDATE SET status = 'void'`,
          values: [name, bookings.map((booking) => booking.reference), bookings.map((booking) => booking.shipmentId)],
        }),
      );
      return bookings.map(() => (done === undefined ? "silent" : "void"));
    },
    async track(trackingNumbers) {
      const now = await kept.behaviour();
      if (now.behaviour === "unavailable") throw new CarrierUnavailable(`${name} answered with status 503`);
      const rows = await answers.inTime(now.latencyMs, () =>
        database.query<{ tracking_number: string; at: Date; now: Date }>({
          name: "carrier-track",
          text: "SELECT tracking_number, at, clock_timestamp() AS now FROM carrier_bookings WHERE tracking_number = ANY($1::text[]) AND carrier = $2 AND status = 'booked'",
          values: [trackingNumbers, name],
        }),
      );
      if (rows === undefined) throw new CarrierUnavailable(`${name} gave no answer within ${answerLimitMs} ms`);
      return new Map<string, TrackingReport>(
        rows.map((row) => [row.tracking_number, reportOf(row.at.getTime(), row.now.getTime(), durations)]),
      );
    },
    close: () => answers.close(),
  };
}
