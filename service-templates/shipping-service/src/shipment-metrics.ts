/** Metrics of this service, in addition to those of every service. */
import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";
import { CARRIERS } from "./carriers/carrier.ts";

export interface ShipmentMetrics {
  /** Shipments by outcome: created, dispatched, delivered, undeliverable. */
  readonly shipments: Counter<"carrier" | "outcome">;
  /** Changes from one carrier to the other. */
  readonly fallOvers: Counter<"from" | "to">;
  /** Answers of carriers, by request: book, void, track. */
  readonly answers: Counter<"carrier" | "call" | "answer">;
  /** Shipments that no carrier has accepted yet. */
  readonly waiting: Gauge;
  /** Age of the oldest waiting shipment; 0 if there is none. */
  readonly waitingOldestAge: Gauge;
}

export function shipmentMetrics(registry: Registry): ShipmentMetrics {
  const registers = [registry];
  const metrics: ShipmentMetrics = {
    shipments: new Counter({
      name: "shipments_total",
      help: "Shipments by carrier and outcome",
      labelNames: ["carrier", "outcome"],
      registers,
    }),
    fallOvers: new Counter({
      name: "shipment_fall_overs_total",
      help: "Shipments that went to the other carrier",
      labelNames: ["from", "to"],
      registers,
    }),
    answers: new Counter({
      name: "carrier_answers_total",
      help: "Answers of carriers",
      labelNames: ["carrier", "call", "answer"],
      registers,
    }),
    waiting: new Gauge({ name: "shipments_waiting", help: "Shipments that no carrier has accepted yet", registers }),
    waitingOldestAge: new Gauge({
      name: "shipments_waiting_oldest_age_seconds",
      help: "Age of the oldest shipment that no carrier has accepted yet",
      registers,
    }),
  };
  // Alerts on an increase need the series to exist before its first event.
  for (const carrier of CARRIERS) {
    for (const outcome of ["created", "dispatched", "delivered", "undeliverable"])
      metrics.shipments.inc({ carrier, outcome }, 0);
    for (const to of CARRIERS) if (to !== carrier) metrics.fallOvers.inc({ from: carrier, to }, 0);
  }
  return metrics;
}
