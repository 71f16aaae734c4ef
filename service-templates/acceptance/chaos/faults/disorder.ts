/** Faults in which the saga's participants answer in another order, or after the order's timeout. */
import type { Probe, ProjectInjection, Site, WitnessedFault } from "../../../../cli/project/chaos.ts";
import { processIds, runFault } from "../../../../cli/project/chaos.ts";

/** One participant of the saga is frozen, so that the other one answers first. */
export interface DelayReplies extends ProjectInjection {
  readonly fault: "delay-replies";
  readonly service: string;
  readonly targets: readonly string[];
}

/** One participant is down for longer than the order's timeout. */
export interface MissTimeOut extends ProjectInjection {
  readonly fault: "miss-time-out";
  readonly service: string;
  readonly targets: readonly string[];
}

const ORDER_SERVICE = "order-service";

async function countOrders(site: Site, sql: string, since: number): Promise<number> {
  const client = await site.access.database(ORDER_SERVICE);
  try {
    const { rows } = await client.query<{ count: string }>(sql, [new Date(since)]);
    return Number(rows[0]?.count ?? 0);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The step of each participant that answers an order. */
const ANSWER: Readonly<Record<string, readonly [string, string]>> = {
  "payment-service": ["payment.processed", "inventory.reserved"],
  "inventory-service": ["inventory.reserved", "payment.processed"],
};

/** Freezes one participant for a while; the other one has answered long before it continues. */
export async function delayReplies(site: Site, injection: DelayReplies, at: number): Promise<WitnessedFault> {
  const { service, targets } = injection;
  const [late = "", early = ""] = ANSWER[service] ?? [];
  const overtaken: Probe = {
    what: `orders with ${early} more than a second before ${late}`,
    when: "after",
    read: () =>
      countOrders(
        site,
        `SELECT count(*) FROM order_steps a JOIN order_steps b USING (order_id)
      WHERE a.name = '${early}' AND b.name = '${late}' AND b.at > a.at + interval '1 second' AND a.at >= $1`,
        at,
      ),
    felt: (before, after) => Number(after) > Number(before),
  };
  return await runFault(site, {
    name: `SIGSTOP ${targets.join(", ")}`,
    at,
    lengthMs: injection.lengthMs,
    probes: [overtaken],
    strike: () => site.hands.freeze(targets),
    heal: () => site.hands.thaw(targets),
  });
}

/** Stops one participant until orders have timed out; its late answers must be compensated. */
export async function missTimeOut(site: Site, injection: MissTimeOut, at: number): Promise<WitnessedFault> {
  const { service, targets } = injection;
  const [late = ""] = ANSWER[service] ?? [];
  const timedOut: Probe = {
    what: "orders cancelled because their time was over",
    when: "during",
    read: () =>
      countOrders(site, "SELECT count(*) FROM orders WHERE reason = 'timed_out' AND created_at >= $1", at - 60_000),
    felt: (before, after) => Number(after) > Number(before),
  };
  const lateAnswers: Probe = {
    what: `cancelled orders that ${service} answered, or that were undone, afterwards`,
    when: "after",
    read: () =>
      countOrders(
        site,
        `SELECT count(*) FROM order_steps a JOIN order_steps b USING (order_id)
      WHERE a.name = 'order.cancelled' AND b.name IN ('${late}', 'inventory.released', 'payment.refunded') AND b.at > a.at AND a.at >= $1`,
        at,
      ),
    felt: (before, after) => Number(after) > Number(before),
  };
  return await runFault(site, {
    name: `${targets.join(", ")} away for longer than an order waits`,
    at,
    lengthMs: injection.lengthMs,
    probes: [timedOut, lateAnswers, processIds(site, targets)],
    strike: () => site.hands.kill(targets),
    heal: () => site.hands.revive(targets),
  });
}
