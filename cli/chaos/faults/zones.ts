/** Fails two zones of three: no partition has the replicas that a write needs, so writes stop by design. */
import type { WitnessedFault } from "../../witness.ts";
import { readValue } from "../database-settings.ts";
import type { Demand, Probe } from "../expectations.ts";
import { brokerProbes, processIds, troubleProbe } from "../probes.ts";
import type { KitInjection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { runFault } from "./fault.ts";

type ZonesDown = Extract<KitInjection, { fault: "zones-down" }>;

/** SIGKILL of all brokers of two zones, then a restart. */
export async function takeZonesDown(site: Site, injection: ZonesDown, at: number): Promise<WitnessedFault> {
  const { targets, zones } = injection;
  let healedAt = Number.POSITIVE_INFINITY;
  const waiting = async (): Promise<number> => {
    const until = new Date(Math.min(healedAt, site.now()));
    const counts = await Promise.all(
      site.terrain.publishers.map((service) =>
        readValue(site.access, service, "SELECT count(*) AS value FROM outbox WHERE created_at <= $1", [until]),
      ),
    );
    return counts.reduce((sum, count) => sum + Number(count), 0);
  };
  const held: Probe = {
    what: "events that wait in outboxes for a topic that takes them",
    when: "during",
    read: waiting,
    felt: (before, after) => Number(after) > Number(before) + 10,
  };
  const published: Demand = {
    what: "events from before the healing that still wait",
    read: waiting,
    met: (_, after) => after === 0,
    limitMs: 90_000,
  };
  return await runFault(site, {
    name: `SIGKILL of all brokers of ${zones.join(" and ")}`,
    at,
    lengthMs: injection.lengthMs,
    probes: [...(await brokerProbes(site, targets)), held, processIds(site, targets), troubleProbe(site)],
    demands: [published],
    strike: () => site.hands.kill(targets),
    async heal() {
      await site.hands.revive(targets);
      healedAt = site.now();
    },
  });
}
