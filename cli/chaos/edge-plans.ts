/** Faults at the edges: connections of the exposed service, rights in the database, sizes of records, clocks. */
import type { Draw, KitInjection } from "./schedule.ts";

const seconds = (count: number): number => count * 1_000;

/** All processes of a service. @throws RangeError when there is none. */
export function instancesOf(draw: Draw, service: string): readonly string[] {
  const instances = draw.terrain.instances
    .filter((instance) => instance.service === service)
    .map(({ process }) => process);
  if (instances.length === 0) throw new RangeError(`the platform has no ${service}`);
  return instances;
}

/**
 * One process of a service that the load does not need.
 * @param entry - Services whose first instance the load needs.
 * @throws RangeError when there is none.
 */
export function spareInstance(draw: Draw, service: string, entry: readonly string[]): string {
  const instances = instancesOf(draw, service);
  return draw.pick(entry.includes(service) ? instances.slice(1) : instances, `instance of ${service} beside the first`);
}

/**
 * Freezes one of several instances of a service.
 * @param lengthMs - Minimum and maximum length.
 * @throws RangeError when the chosen service has one instance.
 */
export function freezeOne(
  draw: Draw,
  atMs: number,
  services: readonly string[],
  entry: readonly string[],
  lengthMs: readonly [number, number],
): KitInjection[] {
  const service = draw.pick(services, "service");
  if (instancesOf(draw, service).length < 2)
    throw new RangeError(`the platform has one instance of ${service}; another one must go on while it is frozen`);
  return [
    {
      fault: "freeze-instance",
      atMs,
      lengthMs: draw.between(...lengthMs),
      service,
      target: spareInstance(draw, service, entry),
    },
  ];
}

/** Many times the limit of requests in progress, so that slots that are not freed exhaust it. */
export function disconnectStorm(draw: Draw, atMs: number): KitInjection[] {
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

export function largePoison(draw: Draw, atMs: number): KitInjection[] {
  const { topic, event } = draw.pick(draw.terrain.events, "event that is consumed");
  return [{ fault: "large-poison", atMs, lengthMs: 0, topic, event, heap: draw.between(150, 250) }];
}

/** As after a fail-over that left the service on a replica. */
export function readOnlyDatabase(draw: Draw, atMs: number): KitInjection[] {
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

/** One instance of each service except the exposed one, some ahead and some behind. */
export function clockSkew(draw: Draw, atMs: number, entry: readonly string[]): KitInjection[] {
  const services = [...new Set(draw.terrain.instances.map(({ service }) => service))].filter(
    (service) => service !== draw.terrain.exposed,
  );
  const clocks = services.map((service) => ({
    target: spareInstance(draw, service, entry),
    offsetMs: seconds(draw.between(LEAST_SKEW_S, MOST_SKEW_S)) * (draw.between(0, 1) === 0 ? -1 : 1),
  }));
  return [{ fault: "clock-skew", atMs, lengthMs: draw.between(seconds(8), seconds(12)), clocks }];
}

export function twoZonesDown(draw: Draw, atMs: number): KitInjection[] {
  const [spared, ...zones] = draw.shuffle([...new Set(draw.terrain.brokers.map(({ zone }) => zone))].toSorted());
  if (spared === undefined || zones.length < 2) throw new RangeError("the platform has fewer than three zones");
  const targets = draw.terrain.brokers.filter(({ zone }) => zones.includes(zone)).map(({ name }) => name);
  return [
    { fault: "zones-down", atMs, lengthMs: draw.between(seconds(8), seconds(12)), zones: zones.toSorted(), targets },
  ];
}
