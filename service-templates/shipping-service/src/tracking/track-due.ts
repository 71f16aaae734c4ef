/**
 * Tracks shipments with one carrier: requests reports about due shipments, stores the changes, publishes them. One
 * transaction covers all of them. Their rows stay locked meanwhile, so every step is stored and published once,
 * whatever other instances do. Requesting a report has no effect at the carrier, so it may be repeated.
 */

import type { PassOptions } from "../booking/book-due.ts";
import { AT_ONCE } from "../booking/book-due.ts";
import { CarrierUnavailable } from "../carriers/carrier.ts";
import { shipmentStep } from "../shipment-events.ts";
import { lockUnderWay, storeTracking } from "../shipments-table.ts";
import { afterReport } from "./decide.ts";

/** Earliest next request for a shipment without news, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Runs one pass; returns the number of due shipments. If the carrier does not answer, nothing is lost: the shipments
 * stay due.
 */
export async function trackDue({
  context: { clock, database, log, outbox },
  carrier,
  metrics,
}: PassOptions): Promise<number> {
  return database.transaction(async (tx) => {
    const due = await lockUnderWay(tx, carrier.name, AT_ONCE);
    if (due.length === 0) return 0;
    let reports;
    try {
      reports = await carrier.track(due.map((shipment) => shipment.trackingNumber));
    } catch (error) {
      if (!(error instanceof CarrierUnavailable)) throw error;
      metrics.answers.inc({ carrier: carrier.name, call: "track", answer: "unavailable" });
      log.warn({ err: error, shipments: due.length }, "shipments could not be followed; it is repeated");
      return 0;
    }
    metrics.answers.inc({ carrier: carrier.name, call: "track", answer: "reported" });
    const now = clock();
    const moved = due.map((shipment) => {
      const report = reports.get(shipment.trackingNumber);
      return { shipment, report, move: afterReport(shipment.status, report) };
    });
    await storeTracking(
      tx,
      moved.map(({ shipment, report, move }) => ({
        shipmentId: shipment.shipmentId,
        status: move.status,
        inMs: move.steps.length === 0 ? LOOK_AGAIN_MS : 0,
        ...(report?.expectedChangeAt === undefined ? {} : { notBefore: report.expectedChangeAt }),
        ...(move.steps.includes("shipment.dispatched") ? { dispatchedAt: report?.dispatchedAt ?? now } : {}),
        ...(move.steps.includes("shipment.delivered") ? { deliveredAt: report?.deliveredAt ?? now } : {}),
      })),
    );
    await outbox.add(
      tx,
      moved.map(({ shipment, report, move }) => ({
        cause: shipment.cause,
        events:
          report === undefined ? [] : move.steps.map((step) => shipmentStep(step, shipment, carrier.name, report, now)),
      })),
    );
    tx.afterCommit(() => {
      for (const step of moved.flatMap(({ move }) => move.steps)) {
        metrics.shipments.inc({
          carrier: carrier.name,
          outcome: step === "shipment.delivered" ? "delivered" : "dispatched",
        });
      }
    });
    return due.length;
  });
}
