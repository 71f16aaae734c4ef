/** The effects of the kit's faults on the order saga, and the conditions on its orders afterwards. */
import type { ChaosDefinition, Demand, FaultWindow, Probe, Site } from "../../../cli/project/chaos.ts";
import { readValue } from "../../../cli/project/chaos.ts";

/** Share of the orders placed during the fault that must be confirmed: all except those that are cancelled for other reasons. */
const CONFIRMED_SHARE = 0.95;

/** Returns the effects and the conditions for a fault of the kit. */
export const expectationsOf: NonNullable<ChaosDefinition["beside"]> = (site, injection, window, at) => {
  switch (injection.fault) {
    case "clock-skew":
      return { demands: [confirmedMeanwhile(site, window)] };
    case "freeze-instance":
      return { probes: [slowOrders(site, at)] };
    default:
      return {};
  }
};

function confirmedMeanwhile(site: Site, window: FaultWindow): Demand {
  return {
    what: `orders placed meanwhile that are confirmed: at least ${CONFIRMED_SHARE * 100} %`,
    read: () =>
      readValue(
        site.access,
        "order-service",
        "SELECT count(*) FILTER (WHERE status = 'confirmed') || ' of ' || count(*) AS value FROM orders WHERE created_at BETWEEN $1 AND $2",
        [new Date(window.from), new Date(window.to)],
      ),
    met: (_, after) => {
      const [some = 0, all = 0] = String(after).split(" of ").map(Number);
      return all > 0 && some >= all * CONFIRMED_SHARE;
    },
    limitMs: 45_000,
  };
}

function slowOrders(site: Site, at: number): Probe {
  return {
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
}
