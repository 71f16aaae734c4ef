/** What a carrier's report means for a shipment in transit, as a pure function. */
import type { TrackingReport } from "../carriers/carrier.ts";

export type UnderWay = "booked" | "dispatched";
export type ShipmentStep = "shipment.dispatched" | "shipment.delivered";

export interface Move {
  readonly status: UnderWay | "delivered";
  /** Events that follow, in order, including steps that the reports skipped. */
  readonly steps: readonly ShipmentStep[];
}

/** Returns the next status. A report that is not new, or comes late, changes nothing. */
export function afterReport(status: UnderWay, report: Pick<TrackingReport, "state"> | undefined): Move {
  if (report === undefined || report.state === "accepted") return { status, steps: [] };
  const steps: readonly ShipmentStep[] = status === "booked" ? ["shipment.dispatched"] : [];
  return report.state === "delivered"
    ? { status: "delivered", steps: [...steps, "shipment.delivered"] }
    : { status: "dispatched", steps };
}
