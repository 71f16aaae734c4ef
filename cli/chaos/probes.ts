/**
 * Evidence that a fault had an effect: measurements before it and during or after it. A run whose fault had no effect says
 * nothing about the platform, so it is void.
 */

import { readSamples, sumOf } from "../health/service-metrics.ts";
import type { WitnessedFault } from "../witness.ts";
import type { Demand, Probe } from "./expectations.ts";
import { NO_ANSWER, type Reading } from "./reading.ts";
import type { Site } from "./site.ts";
import { listenerOf, lookFor, managementOf, namedProcesses } from "./site.ts";

/** One line of evidence. */
export type Evidence = WitnessedFault["evidence"][number] & { readonly felt: boolean };

const higher = (before: Reading, after: Reading): boolean => Number(after) > Number(before);
const other = (before: Reading, after: Reading): boolean => after !== before;

/** Takes a measurement; an unreachable server is a finding, not an error. */
export async function measure(probe: Pick<Probe, "read">): Promise<Reading> {
  return await probe.read().catch(() => NO_ANSWER);
}

/** Repeats a measurement until it shows the fault or the timeout is reached. */
export async function measureUntilFelt(site: Site, probe: Probe, before: Reading, limitMs: number): Promise<Evidence> {
  let after: Reading = before;
  await lookFor(
    site,
    async () => {
      after = await measure(probe);
      return probe.felt(before, after) ? true : undefined;
    },
    limitMs,
  );
  return { what: probe.what, before: String(before), after: String(after), felt: probe.felt(before, after) };
}

/** Process ids, which change when the processes are restarted. */
export function processIds(site: Site, names: readonly string[]): Probe {
  return {
    what: names.length === 1 ? `process id of ${names[0] ?? ""}` : `process ids of ${names.join(", ")}`,
    when: "after",
    read: async () => (await namedProcesses(site, names)).map(({ pid }) => pid ?? "none").join(" "),
    felt: (before, after) => {
      const [was, is] = [String(before).split(" "), String(after).split(" ")];
      return was.length === is.length && is.every((pid, place) => pid !== "none" && pid !== was[place]);
    },
  };
}

/** A broker's id is the number at the end of its process' name. */
export function brokerId(name: string): number {
  return Number(/(\d+)$/.exec(name)?.[1]);
}

/** Partitions that brokers lead, and partitions with a missing replica. */
export async function brokerProbes(site: Site, names: readonly string[]): Promise<readonly Probe[]> {
  const processes = await namedProcesses(site, names);
  const avoid = new Set(processes.flatMap((process) => listenerOf(process, "internal") ?? []));
  const ids = names.map(brokerId);
  return [
    {
      what: `partitions led by ${names.join(", ")}`,
      when: "during",
      read: async () => {
        const { leaders } = await site.cluster.partitions(avoid);
        return ids.reduce((sum, id) => sum + (leaders.get(id) ?? 0), 0);
      },
      // After an earlier fault the leaders may already be elsewhere; then the replicas show the fault.
      felt: (before, after) => Number(after) < Number(before) || (before === 0 && after === 0),
    },
    {
      what: "partitions with a replica out of step",
      when: "during",
      read: async () => (await site.cluster.partitions(avoid)).underReplicated,
      felt: higher,
    },
  ];
}

/** The active controller. */
export function controllerProbe(site: Site): Probe {
  return {
    what: "active controller",
    when: "during",
    read: async () => {
      const { id, epoch } = await site.cluster.activeController();
      return `${id} in epoch ${epoch}`;
    },
    felt: (before, after) => after !== NO_ANSWER && after !== before,
  };
}

const HTTP_LIMIT_MS = 2_000;

/** The status that an address answers, or nothing. */
export function httpProbe(what: string, url: string): Probe {
  return {
    what,
    when: "during",
    read: async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(HTTP_LIMIT_MS) });
      await response.body?.cancel();
      return response.status;
    },
    felt: other,
  };
}

/** Whether the database answers, and its start time. */
export function databaseProbes(site: Site): readonly Probe[] {
  const [service = ""] = site.access.services;
  const ask = async (sql: string): Promise<string> => {
    const client = await site.access.database(service);
    try {
      const { rows } = await client.query<{ answer: string }>(sql);
      return rows[0]?.answer ?? "";
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  return [
    { what: "PostgreSQL", when: "during", read: () => ask("SELECT 'answers' AS answer"), felt: other },
    {
      what: "PostgreSQL runs since",
      when: "after",
      read: () => ask("SELECT to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'HH24:MI:SS.MS') AS answer"),
      felt: (before, after) => after !== NO_ANSWER && after !== before,
    },
  ];
}

/** Duplicate records that services detected, over all services. Counts of a dead process are lost. */
export function deduplicatedProbe(site: Site, names?: readonly string[]): Probe {
  return {
    what: `records met again and not applied again${names === undefined ? "" : ` by ${names.join(", ")}`}`,
    when: "after",
    read: async () =>
      sumOf(await readSamples(await managementAddresses(site, names)), "consumer_records_total", {
        outcome: "deduplicated",
      }),
    felt: higher,
  };
}

/** Failed attempts that services counted; reported but not required, because a fault may end before any service is affected. */
export function troubleProbe(site: Site): Probe {
  return {
    what: "failed attempts counted by services (relay, consumer)",
    when: "after",
    read: async () => {
      const samples = await readSamples(await managementAddresses(site));
      return sumOf(samples, "outbox_relay_failures_total") + sumOf(samples, "consumer_retries_total");
    },
    felt: () => true,
  };
}

/** Failed attempts that the instances of a service counted; reported but not required. */
export function serviceTroubleProbe(site: Site, service: string): Probe {
  return {
    what: `attempts that ${service} repeated`,
    when: "after",
    felt: () => true,
    read: async () =>
      sumOf(await readSamples(await managementAddresses(site, instancesOf(site, service))), "consumer_retries_total"),
  };
}

/** Consumers of a service that have paused and report it. */
export function pausedProbe(site: Site, service: string): Probe {
  return {
    what: `consumers of ${service} that pause`,
    when: "during",
    felt: higher,
    read: async () =>
      sumOf(await readSamples(await managementAddresses(site, instancesOf(site, service))), "consumer_paused"),
  };
}

/** Whether every instance of a service reports that it can work. */
export function readyAgain(site: Site, service: string): Demand {
  const names = instancesOf(site, service);
  return {
    what: `instances of ${service} that are ready`,
    read: async () => {
      const answers = await Promise.all(
        (await managementAddresses(site, names)).map(async (address) => {
          const response = await fetch(new URL("/readyz", address), { signal: AbortSignal.timeout(HTTP_LIMIT_MS) });
          await response.body?.cancel();
          return response.status === 200;
        }),
      );
      return answers.filter(Boolean).length;
    },
    met: (_, after) => after === names.length,
    limitMs: 60_000,
  };
}

function instancesOf(site: Site, service: string): readonly string[] {
  return site.terrain.instances.filter((instance) => instance.service === service).map(({ process }) => process);
}

async function managementAddresses(site: Site, names?: readonly string[]): Promise<readonly string[]> {
  const processes = await site.hands.processes();
  return managementOf(
    processes.filter(({ role, name }) => role === "service" && (names === undefined || names.includes(name))),
  );
}
