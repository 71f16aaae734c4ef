/** Faults that freeze instances of services and then continue them with the work that they held. */
import type { WitnessedFault } from "../../witness.ts";
import { readValue } from "../database-settings.ts";
import type { Demand, Probe } from "../expectations.ts";
import { httpProbe } from "../probes.ts";
import type { KitInjection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { managementOf, namedProcesses } from "../site.ts";
import { runFault } from "./fault.ts";

type FreezeInstance = Extract<KitInjection, { fault: "freeze-instance" }>;

/** Maximum time that events of a service may wait for their topic while one of its instances is frozen, in milliseconds. */
const RELAY_MS = 1_000;
/** On a busy machine the value before the fault is the reference. */
const RELAY_FACTOR = 4;
/** Number of events before the fault used for the comparison. */
const BEFORE_MS = 60_000;

async function answers(site: Site, target: string): Promise<Probe> {
  const [management] = managementOf(await namedProcesses(site, [target]));
  return httpProbe(`status of ${target}'s /livez`, `${management ?? "http://unknown.invalid"}/livez`);
}

/** Freezes one instance. The others take over its work, and none of them waits for it. */
export async function freezeInstance(site: Site, injection: FreezeInstance, at: number): Promise<WitnessedFault> {
  const { service, target } = injection;
  const window: { from: number; to?: number } = { from: at - BEFORE_MS };
  const relay: Demand = {
    what: `95 of 100 events of ${service} reach their topic within ${RELAY_MS} ms, or ${RELAY_FACTOR} times what it took before`,
    read: () =>
      readValue(
        site.access,
        service,
        `SELECT round(1000 * extract(epoch FROM percentile_cont(0.95) WITHIN GROUP (ORDER BY published_at - created_at))) AS value
         FROM outbox_published WHERE created_at BETWEEN $1 AND $2`,
        [new Date(window.from), new Date(window.to ?? site.now())],
      ),
    met: (before, after) => Number(after) <= Math.max(RELAY_MS, RELAY_FACTOR * (Number(before) || 0)),
  };
  return await runFault(site, {
    name: `SIGSTOP ${target}`,
    at,
    lengthMs: injection.lengthMs,
    probes: [await answers(site, target)],
    demands: [relay],
    async strike() {
      window.from = site.now();
      await site.hands.freeze([target]);
    },
    async heal() {
      window.to = site.now();
      await site.hands.thaw([target]);
    },
  });
}
