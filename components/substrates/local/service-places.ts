/**
 * Ports are kept by name: a service has a place, a block of ports, and keeps it for as long as the platform's status
 * file names it. So one that comes or goes moves nobody's ports.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { LocalPorts } from "../../local/ports.ts";
import { compareText } from "../../model/problems/problem.ts";

/** Instances of one service that fit its block of ports. */
export const INSTANCES_PER_SERVICE = 10;
/** Blocks of ports on one machine. */
const PLACES = 10;

/** The part of `status.json` that tells which ports services have. */
const statusSchema = z.object({
  endpoints: z.object({ services: z.record(z.string(), z.object({ management: z.array(z.string()) })) }),
});

/**
 * Gives every service a place: the one that it has, else the lowest that nobody has.
 * @param kept - Places of the services of the last `up`. Those of services that are gone are given away last: their
 * processes end only when the new ones run.
 * @throws {RangeError} when there are more services than places.
 */
export function servicePlaces(
  services: readonly string[],
  kept: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const taken = new Set<number>();
  for (const service of services) {
    const place = kept.get(service);
    if (place === undefined || place >= PLACES || taken.has(place)) continue;
    places.set(service, place);
    taken.add(place);
  }
  const all = Array.from({ length: PLACES }, (_, place) => place);
  const held = new Set(kept.values());
  for (const service of services.filter((name) => !places.has(name)).toSorted(compareText)) {
    const free = all.find((place) => !taken.has(place) && !held.has(place)) ?? all.find((place) => !taken.has(place));
    if (free === undefined)
      throw new RangeError(
        `${service} has no ports: one machine holds at most ${PLACES} services, service-templates/ has ${services.length}.`,
      );
    places.set(service, free);
    taken.add(free);
  }
  return places;
}

/**
 * Places of the services of the last `up`, from the management ports in its status file. Empty where there is no such
 * file, or the platform has moved to another base since.
 */
export function readPlaces(stateDir: string, ports: LocalPorts): ReadonlyMap<string, number> {
  const file = join(stateDir, "status.json");
  return existsSync(file) ? placesIn(readFileSync(file, "utf8"), ports) : new Map();
}

/** As {@link readPlaces}, of the file's text. */
export function placesIn(text: string, ports: LocalPorts): ReadonlyMap<string, number> {
  const status = statusSchema.safeParse(parsed(text));
  if (!status.success) return new Map();
  return new Map(
    Object.entries(status.data.endpoints.services).flatMap(([service, { management }]) => {
      const [first] = management;
      const ordinal =
        first === undefined || !URL.canParse(first) ? -1 : Number(new URL(first).port) - ports.serviceManagement(0);
      const place = ordinal / INSTANCES_PER_SERVICE;
      return Number.isInteger(place) && place >= 0 && place < PLACES ? [[service, place] as const] : [];
    }),
  );
}

/** A file that an interrupted `up` left half-written says nothing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
