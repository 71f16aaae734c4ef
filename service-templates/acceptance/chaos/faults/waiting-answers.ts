/** A fault in which successful answers wait while order-service is frozen. */
import { setTimeout as delay } from "node:timers/promises";
import type { Demand, Probe, ProjectInjection, Site, WitnessedFault } from "../../../../cli/project/chaos.ts";
import { readValue, runFault } from "../../../../cli/project/chaos.ts";

/** `ahead` does not answer for a while. Then `away` is frozen for longer than the order's timeout, while those answers arrive. */
export interface AnswersWait extends ProjectInjection {
  readonly fault: "answers-wait";
  readonly aheadMs: number;
  readonly ahead: readonly string[];
  readonly away: readonly string[];
}

/**
 * Freezes a participant, so that its answers are delayed. Freezes order-service while they arrive, until all these
 * orders are older than the timeout.
 */
export async function letAnswersWait(site: Site, injection: AnswersWait, at: number): Promise<WitnessedFault> {
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
