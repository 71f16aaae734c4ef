/** Changes to a service's database from outside: another column type, no right to write. The records are not at fault. */
import type { WitnessedFault } from "../../witness.ts";
import { columnType, readValue, refuseWrites, setColumnType, writesRefused } from "../database-settings.ts";
import type { Demand, Probe } from "../expectations.ts";
import { pausedProbe, readyAgain, serviceTroubleProbe } from "../probes.ts";
import type { KitInjection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { undoable } from "../undo.ts";
import { runFault } from "./fault.ts";

type Of<F extends KitInjection["fault"]> = Extract<KitInjection, { fault: F }>;

const NOTHING = (): Promise<void> => Promise.resolve();

/** Good records must wait for the database and must not become dead-letter records. */
function noNewDeadLetters(site: Site, service: string): Demand {
  return {
    what: `dead-letter records of ${service}: as many as before`,
    read: () => readValue(site.access, service, "SELECT count(*) AS value FROM dead_letters"),
    met: (before, after) => after === before,
  };
}

/** Widens the type of a column while it is read and written, and restores the old type. */
export async function widenColumn(site: Site, injection: Of<"widen-column">, at: number): Promise<WitnessedFault> {
  const { service, table, column, from, to } = injection.column;
  const type: Probe = {
    what: `type of ${table}.${column}`,
    when: "during",
    read: () => columnType(site.access, { service, table, column }),
    felt: (before, after) => before === from && after === to,
  };
  let undo = NOTHING;
  return await runFault(site, {
    name: `${service}: ${table}.${column} becomes ${to}`,
    at,
    lengthMs: injection.lengthMs,
    probes: [type, serviceTroubleProbe(site, service)],
    demands: [noNewDeadLetters(site, service)],
    async strike() {
      undo = await undoable(
        site.access,
        site.stateDir,
        [{ kind: "column-type", service, table, column, type: from }],
        () => setColumnType(site.access, { service, table, column, type: to }),
      );
    },
    heal: () => undo(),
  });
}

/** Makes the database read-only, as after a fail-over that left the service on a replica. */
export async function makeReadOnly(
  site: Site,
  injection: Of<"read-only-database">,
  at: number,
): Promise<WitnessedFault> {
  const { service } = injection;
  const settings: Probe = {
    what: `sessions of ${service}`,
    when: "during",
    read: () => writesRefused(site.access, service),
    felt: (before, after) => before === "writable" && after === "read-only",
  };
  let undo = NOTHING;
  return await runFault(site, {
    name: `the database of ${service} is read-only`,
    at,
    lengthMs: injection.lengthMs,
    probes: [settings, pausedProbe(site, service)],
    demands: [noNewDeadLetters(site, service), readyAgain(site, service)],
    async strike() {
      undo = await undoable(site.access, site.stateDir, [{ kind: "allow-writes", service }], () =>
        refuseWrites(site.access, service),
      );
    },
    heal: () => undo(),
  });
}
