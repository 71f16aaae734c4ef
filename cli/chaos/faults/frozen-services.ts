/** Services that stand still for longer than an order waits, and go on with what they held in their hands. */
import { setTimeout as delay } from "node:timers/promises";
import type { WitnessedFault } from "../../witness.ts";
import { readValue } from "../database-settings.ts";
import type { Demand } from "../demands.ts";
import type { Probe } from "../probes.ts";
import { httpProbe } from "../probes.ts";
import type { Injection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { managementOf, namedProcesses } from "../site.ts";
import { runFault } from "./fault.ts";

type Of<F extends Injection["fault"]> = Extract<Injection, { fault: F }>;

/** What the events of a service may wait for their topic while one of its instances is frozen, in milliseconds. */
const RELAY_MS = 1_000;
/** On a busy machine it is judged by what it was before. */
const RELAY_FACTOR = 4;
/** How many events before the fault are compared with. */
const BEFORE_MS = 60_000;

async function answers(site: Site, target: string): Promise<Probe> {
  const [management] = managementOf(await namedProcesses(site, [target]));
  return httpProbe(`status of ${target}'s /livez`, `${management ?? "http://unknown.invalid"}/livez`);
}

/** One instance stands still; the others take over what it had, and none of them waits for it. */
export async function freezeInstance(
  site: Site,
  injection: Of<"freeze-instance">,
  at: number,
): Promise<WitnessedFault> {
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
  const slowest: Probe = {
    what: "orders that took more than 3 s to be confirmed",
    when: "after",
    read: () =>
      readValue(
        site.access,
        "order-service",
        `SELECT count(*) AS value FROM orders o JOIN order_steps s USING (order_id) WHERE s.name = 'order.confirmed' AND o.created_at >= $1 AND s.at > o.created_at + interval '3 seconds'`,
        [new Date(at)],
      ),
    felt: (before, after) => Number(after) > Number(before),
  };
  return await runFault(site, {
    name: `SIGSTOP ${target}`,
    at,
    lengthMs: injection.lengthMs,
    probes: [await answers(site, target), slowest],
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

/** A participant holds its answers back; while they come, order-service stands still until every order that they are for is old. */
export async function letAnswersWait(site: Site, injection: Of<"answers-wait">, at: number): Promise<WitnessedFault> {
  const { ahead, away, aheadMs } = injection;
  const piledUp = { from: at, to: at };
  const count = (columns: string): Promise<string> =>
    readValue(
      site.access,
      "order-service",
      `SELECT ${columns} AS value FROM orders WHERE created_at BETWEEN $1 AND $2`,
      [new Date(piledUp.from), new Date(piledUp.to)],
    );
  const old: Probe = {
    what: "orders that are older than they may wait, with their answers still to be read",
    when: "during",
    read: () =>
      count("count(*) FILTER (WHERE status = 'pending' AND created_at < clock_timestamp() - interval '30 seconds')"),
    felt: (_, after) => Number(after) > 0,
  };
  const kept: Demand = {
    what: "of these, orders that are still open, and orders cancelled though their answers were good and waiting",
    read: () =>
      count(
        "count(*) FILTER (WHERE status = 'pending') || ' open, ' || count(*) FILTER (WHERE reason = 'timed_out') || ' timed out'",
      ),
    met: (_, after) => after === "0 open, 0 timed out",
    limitMs: 60_000,
  };
  return await runFault(site, {
    name: `SIGSTOP ${away.join(", ")} while answers of ${ahead.join(", ")} come`,
    at,
    lengthMs: aheadMs + injection.lengthMs,
    probes: [old],
    demands: [kept],
    async strike() {
      await site.hands.freeze(ahead);
      piledUp.from = site.now();
      await delay(aheadMs, undefined, { signal: site.signal });
      piledUp.to = site.now();
      await site.hands.freeze(away);
      await site.hands.thaw(ahead);
    },
    heal: () => site.hands.thaw([...ahead, ...away]),
  });
}
