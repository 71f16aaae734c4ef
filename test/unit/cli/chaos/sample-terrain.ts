import type { Terrain } from "../../../../cli/chaos/terrain.ts";
import { surveyTerrain } from "../../../../cli/chaos/terrain.ts";

const zones = ["zone-a", "zone-b", "zone-c"];

/** A platform as the local stack declares it, with two instances of each service that takes part in the saga. */
export const SAMPLE_PROCESSES = [
  ...zones.map((zone, place) => ({ name: `kafka-controller-${900 + place}`, role: "controller" as const, zone })),
  ...zones.flatMap((zone, place) =>
    [0, 1, 2].map((index) => ({ name: `kafka-broker-${place * 100 + index}`, role: "broker" as const, zone })),
  ),
  { name: "schema-registry", role: "registry" as const },
  { name: "postgres", role: "database" as const },
  { name: "redis", role: "cache" as const },
  ...[
    "api-gateway",
    "order-service",
    "order-service-1",
    "payment-service",
    "payment-service-1",
    "inventory-service",
    "inventory-service-1",
    "shipping-service",
  ].map((name) => ({ name, role: "service" as const })),
  { name: "log-keeper", role: "maintenance" as const },
];

export const SAMPLE_CONTRACTS = [
  {
    service: "order-service",
    group: "order-service",
    publishes: [{ event: "order.created", topic: "order-events", subject: "order-events-OrderCreated" }],
    consumes: [
      { topic: "payment-events", events: [{ event: "payment.processed" }] },
      { topic: "inventory-events", events: [{ event: "inventory.reserved" }] },
    ],
  },
  {
    service: "payment-service",
    group: "payment-service",
    publishes: [{ event: "payment.processed", topic: "payment-events", subject: "payment-events-PaymentProcessed" }],
    consumes: [{ topic: "order-events", events: [{ event: "order.created" }] }],
  },
  {
    service: "inventory-service",
    group: "inventory-service",
    publishes: [
      { event: "inventory.reserved", topic: "inventory-events", subject: "inventory-events-InventoryReserved" },
    ],
    consumes: [{ topic: "order-events", events: [{ event: "order.created" }, { event: "order.confirmed" }] }],
  },
];

export const SAMPLE_SERVICES = [
  "api-gateway",
  "inventory-service",
  "order-service",
  "payment-service",
  "shipping-service",
];

export const SAMPLE_TERRAIN: Terrain = surveyTerrain(
  SAMPLE_PROCESSES,
  SAMPLE_CONTRACTS,
  SAMPLE_SERVICES,
  "api-gateway",
);

/** A platform with nothing on it. */
export const fewProcesses: Terrain = surveyTerrain([], [], []);
