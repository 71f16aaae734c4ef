/**
 * Assigns ports by name: a service has a place, which is a block of ports. It keeps the place as long as the platform's
 * status file names it. An added or removed service thus does not change the ports of others.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { LocalPorts } from "../../local/ports.ts";
import { compareText } from "../../model/problems/problem.ts";

/** Number of instances of one service that fit in its block of ports. */
export const INSTANCES_PER_SERVICE = 10;
/** Number of blocks of ports on one machine. */
const PLACES = 10;

/** The part of `status.json` with the ports of the services. */
const statusSchema = z.object({
  endpoints: z.object({ services: z.record(z.string(), z.object({ management: z.array(z.string()) })) }),
});

/**
 * Assigns a place to every service: the one that it has, otherwise the lowest free one.
 * @param kept - Places of the services of the last `up`. Places of removed services are reassigned last, because their
 * processes end only when the new ones run.
 * @throws {RangeError} if there are more services than places.
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
 * Returns the places of the services of the last `up`, from the management ports in its status file; empty if there is
 * no such file, or if the base port has changed since.
 */
export function readPlaces(stateDir: string, ports: LocalPorts): ReadonlyMap<string, number> {
  const file = join(stateDir, "status.json");
  return existsSync(file) ? placesIn(readFileSync(file, "utf8"), ports) : new Map();
}

/** As {@link readPlaces}, from the text of the file. */
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

/** Parses the file. A file that an interrupted `up` left incomplete is ignored. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
