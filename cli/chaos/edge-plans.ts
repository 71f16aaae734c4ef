/** Faults at the edges: of the saga's time-out, of the gateway's connections, of the database's schema and rights, of clocks and of outside systems. */
import type { Draw, Injection, MigratedColumn } from "./schedule.ts";

const seconds = (count: number): number => count * 1_000;

const GATEWAY = "api-gateway";
/** Its first instance stands behind the gateway's one address of it; on one machine nothing balances between them. */
const ORDERS = "order-service";
const PAYMENT = "payment-service";
const INVENTORY = "inventory-service";
const SHIPPING = "shipping-service";

/** All processes of a service. @throws RangeError when there is none. */
export function instancesOf(draw: Draw, service: string): readonly string[] {
  const instances = draw.terrain.instances
    .filter((instance) => instance.service === service)
    .map(({ process }) => process);
  if (instances.length === 0) throw new RangeError(`the platform has no ${service}`);
  return instances;
}

/** One of a service's processes of which the front door needs none. */
function spareInstance(draw: Draw, service: string): string {
  const instances = instancesOf(draw, service);
  return draw.pick(service === ORDERS ? instances.slice(1) : instances, `instance of ${service} beside the first`);
}

/** Longer than the 30 s an order waits. */
export function serviceFreeze(draw: Draw, atMs: number): Injection[] {
  const service = draw.pick([ORDERS, PAYMENT, INVENTORY], "service");
  if (instancesOf(draw, service).length < 2)
    throw new RangeError(`the platform has one instance of ${service}; another one must go on while it is frozen`);
  return [
    {
      fault: "freeze-instance",
      atMs,
      lengthMs: draw.between(seconds(33), seconds(38)),
      service,
      target: spareInstance(draw, service),
    },
  ];
}

/** Enough to exhaust any limit of requests under way, many times over, if they are not given back. */
export function disconnectStorm(draw: Draw, atMs: number): Injection[] {
  return [
    {
      fault: "disconnect-storm",
      atMs,
      lengthMs: seconds(4),
      requests: draw.between(1_500, 2_500),
      seed: draw.between(0, 999_999),
    },
  ];
}

export function largePoison(draw: Draw, atMs: number): Injection[] {
  const { topic, event } = draw.pick(draw.terrain.events, "event that is consumed");
  return [{ fault: "large-poison", atMs, lengthMs: 0, topic, event, heap: draw.between(150, 250) }];
}

/** Read back with every record of the service, so that plans of prepared statements become stale. */
const COLUMNS: readonly MigratedColumn[] = [
  { service: ORDERS, table: "orders", column: "currency", from: "character(3)", to: "character varying(8)" },
  { service: PAYMENT, table: "payments", column: "currency", from: "character(3)", to: "character varying(8)" },
];

export function liveMigration(draw: Draw, atMs: number): Injection[] {
  return [
    {
      fault: "widen-column",
      atMs,
      lengthMs: draw.between(seconds(4), seconds(8)),
      column: draw.pick(COLUMNS, "column"),
    },
  ];
}

/** As after a fail-over that left the service with a replica. */
export function readOnlyDatabase(draw: Draw, atMs: number): Injection[] {
  return [
    {
      fault: "read-only-database",
      atMs,
      lengthMs: draw.between(seconds(5), seconds(9)),
      service: draw.pick(draw.terrain.consumers, "service that consumes"),
    },
  ];
}

const MOST_SKEW_S = 600;
const LEAST_SKEW_S = 60;

/** One instance of each service but the gateway, some ahead and some behind. */
export function clockSkew(draw: Draw, atMs: number): Injection[] {
  const services = [...new Set(draw.terrain.instances.map(({ service }) => service))].filter(
    (service) => service !== GATEWAY,
  );
  const clocks = services.map((service) => ({
    target: spareInstance(draw, service),
    offsetMs: seconds(draw.between(LEAST_SKEW_S, MOST_SKEW_S)) * (draw.between(0, 1) === 0 ? -1 : 1),
  }));
  return [{ fault: "clock-skew", atMs, lengthMs: draw.between(seconds(8), seconds(12)), clocks }];
}

/** Orders whose answers come while nobody takes them: they are old when order-service goes on, and good. */
export function outageBeyondTimeout(draw: Draw, atMs: number): Injection[] {
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

export function carrierRefuses(draw: Draw, atMs: number): Injection[] {
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

export function twoZonesDown(draw: Draw, atMs: number): Injection[] {
  const [spared, ...zones] = draw.shuffle([...new Set(draw.terrain.brokers.map(({ zone }) => zone))].toSorted());
  if (spared === undefined || zones.length < 2) throw new RangeError("the platform has fewer than three zones");
  const targets = draw.terrain.brokers.filter(({ zone }) => zones.includes(zone)).map(({ name }) => name);
  return [
    { fault: "zones-down", atMs, lengthMs: draw.between(seconds(8), seconds(12)), zones: zones.toSorted(), targets },
  ];
}
