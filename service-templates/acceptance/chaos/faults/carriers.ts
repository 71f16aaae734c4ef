/** A fault in which carriers refuse: an order is paid and reserved, but cannot be delivered. */
import type { Demand, Probe, ProjectInjection, Site, Undo, WitnessedFault } from "../../../../cli/project/chaos.ts";
import {
  getJson,
  managementOf,
  namedProcesses,
  putJson,
  readValue,
  runFault,
  undoable,
} from "../../../../cli/project/chaos.ts";

/** Every carrier refuses every parcel. */
export interface CarriersRefuse extends ProjectInjection {
  readonly fault: "carriers-refuse";
  readonly carriers: readonly string[];
  readonly targets: readonly string[];
}

const SHIPPING = "shipping-service";
const ORDERS = "order-service";
/** Longest wait of a parcel for its first booking, in milliseconds. */
const BOOKED_WITHIN_MS = 10_000;

/** Makes all carriers refuse every parcel for a while. */
export async function refuseParcels(site: Site, injection: CarriersRefuse, at: number): Promise<WitnessedFault> {
  const { carriers, targets } = injection;
  const addresses = managementOf(await namedProcesses(site, targets));
  const urlsOf = (carrier: string): string[] => addresses.map((address) => `${address}/carriers/${carrier}`);
  const undeliverable = async (): Promise<readonly string[]> =>
    JSON.parse(
      await readValue(
        site.access,
        SHIPPING,
        "SELECT coalesce(json_agg(order_id), '[]')::text AS value FROM shipments WHERE status = 'undeliverable' AND created_at >= $1",
        [new Date(at - BOOKED_WITHIN_MS)],
      ),
    ) as string[];
  const refused: Probe = {
    what: "parcels that no carrier takes",
    when: "during",
    read: async () => (await undeliverable()).length,
    felt: (before, after) => Number(after) > Number(before),
  };
  const undone: Demand = {
    what: "orders of these parcels that are not undone: payment refunded, stock released",
    read: async () =>
      readValue(
        site.access,
        ORDERS,
        "SELECT count(*) AS value FROM orders WHERE order_id = ANY($1::uuid[]) AND NOT (payment = 'refunded' AND inventory = 'released')",
        [await undeliverable()],
      ),
    met: (_, after) => after === "0",
    limitMs: 60_000,
  };
  let undo = (): Promise<void> => Promise.resolve();
  return await runFault(site, {
    name: `${carriers.join(" and ")} refuse every parcel`,
    at,
    lengthMs: injection.lengthMs,
    probes: [refused],
    demands: [undone],
    async strike() {
      const steps = await Promise.all(
        carriers.map(
          async (carrier): Promise<Undo> => ({
            kind: "put",
            urls: urlsOf(carrier),
            body: await behaviourOf(urlsOf(carrier)),
          }),
        ),
      );
      undo = await undoable(site.access, site.stateDir, steps, async () => {
        for (const carrier of carriers) await putJson(urlsOf(carrier), { behaviour: "reject" });
      });
    },
    heal: () => undo(),
  });
}

/** Returns the current behaviour of a carrier, to restore it later. */
async function behaviourOf([url = ""]: readonly string[]): Promise<Record<string, unknown>> {
  const answer = await getJson(url);
  return typeof answer === "object" && answer !== null ? { ...answer } : {};
}
