/** Plans of the saga's scenarios: faults of its participants, of its timeout and of the carriers. */
import type { Draw, KitInjection, MigratedColumn } from "../../../cli/project/chaos.ts";
import { freezeOne, instancesOf } from "../../../cli/project/chaos.ts";
import type { CarriersRefuse } from "./faults/carriers.ts";
import type { DelayReplies, MissTimeOut } from "./faults/disorder.ts";
import type { AnswersWait } from "./faults/waiting-answers.ts";

export const seconds = (count: number): number => count * 1_000;

/** The gateway has one address for it, that of its first instance: on one machine there is no load balancing. */
const ORDERS = "order-service";
/** Participants of the saga that answer the order. */
const PAYMENT = "payment-service";
const INVENTORY = "inventory-service";
const SHIPPING = "shipping-service";

/** Services whose first instance the load needs. */
export const ENTRY: readonly string[] = [ORDERS];

export function outOfOrder(draw: Draw, atMs: number): DelayReplies[] {
  const first = draw.between(seconds(3), seconds(5));
  const second = draw.between(seconds(3), seconds(5));
  const pause = seconds(3);
  return [
    { fault: "delay-replies", atMs, lengthMs: first, service: PAYMENT, targets: instancesOf(draw, PAYMENT) },
    {
      fault: "delay-replies",
      atMs: atMs + first + pause,
      lengthMs: second,
      service: INVENTORY,
      targets: instancesOf(draw, INVENTORY),
    },
  ];
}

/** Lasts longer than the order's timeout of 30 s. */
export function lateReplies(draw: Draw, atMs: number): MissTimeOut[] {
  return [
    {
      fault: "miss-time-out",
      atMs,
      lengthMs: draw.between(seconds(36), seconds(42)),
      service: INVENTORY,
      targets: instancesOf(draw, INVENTORY),
    },
  ];
}

/** Lasts longer than the order's timeout of 30 s. */
export function serviceFreeze(draw: Draw, atMs: number): KitInjection[] {
  return freezeOne(draw, atMs, [ORDERS, PAYMENT, INVENTORY], ENTRY, [seconds(33), seconds(38)]);
}

/** Columns that are read with every record of the service, so that plans of prepared statements become stale. */
const COLUMNS: readonly MigratedColumn[] = [
  { service: ORDERS, table: "orders", column: "currency", from: "character(3)", to: "character varying(8)" },
  { service: PAYMENT, table: "payments", column: "currency", from: "character(3)", to: "character varying(8)" },
];

export function liveMigration(draw: Draw, atMs: number): KitInjection[] {
  return [
    {
      fault: "widen-column",
      atMs,
      lengthMs: draw.between(seconds(4), seconds(8)),
      column: draw.pick(COLUMNS, "column"),
    },
  ];
}

/**
 * Returns a fault in which answers arrive while order-service is frozen: the orders are older than the timeout when it
 * continues, but successful.
 */
export function outageBeyondTimeout(draw: Draw, atMs: number): AnswersWait[] {
  return [
    {
      fault: "answers-wait",
      atMs,
      lengthMs: draw.between(seconds(33), seconds(37)),
      aheadMs: draw.between(seconds(4), seconds(6)),
      ahead: instancesOf(draw, PAYMENT),
      away: instancesOf(draw, ORDERS),
    },
  ];
}

const CARRIERS = ["fedex", "ups"];

export function carrierRefuses(draw: Draw, atMs: number): CarriersRefuse[] {
  return [
    {
      fault: "carriers-refuse",
      atMs,
      lengthMs: draw.between(seconds(4), seconds(7)),
      carriers: CARRIERS,
      targets: instancesOf(draw, SHIPPING),
    },
  ];
}
