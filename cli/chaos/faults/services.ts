/** Faults that kill services at the worst moments, and that make groups consume records again. */
import { KitError } from "../../errors.ts";
import type { WitnessedFault } from "../../witness.ts";
import type { Probe } from "../expectations.ts";
import { putJson } from "../management.ts";
import { deduplicatedProbe, processIds } from "../probes.ts";
import type { KitInjection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { lookFor, managementOf, namedProcesses, waitUntil } from "../site.ts";
import { runFault } from "./fault.ts";

type Of<F extends KitInjection["fault"]> = Extract<KitInjection, { fault: F }>;

const ANSWER_LIMIT_MS = 5_000;
/** A busy service passes a failure point many times in this time. */
const DEATH_LIMIT_MS = 45_000;

/** Makes a service end itself at a point of its work, and restarts it. */
export async function crashAtPoint(site: Site, injection: Of<"crash-at-point">, at: number): Promise<WitnessedFault> {
  const { target, point, after } = injection;
  let died = false;
  const alive: Probe = {
    what: `${target} lives`,
    when: "during",
    read: async () => (died ? "no" : "yes"),
    felt: (_, now) => now === "no",
  };
  // Before the commit nothing was done, so there is no repetition. At the two other points the work was done and only its
  // acknowledgement is missing.
  const again =
    point === "before-commit" ? [] : [deduplicatedProbe(site, point === "after-commit" ? [target] : undefined)];
  return await runFault(site, {
    name: `${target} ends itself ${point}`,
    at,
    lengthMs: injection.lengthMs,
    probes: [alive, processIds(site, [target]), ...again.map(countedFromZero)],
    async strike() {
      await arm(site, target, point, after);
      died = await site.hands.awaitDeath(target, DEATH_LIMIT_MS);
      if (died) site.note(`${target} has ended itself ${point}`);
    },
    async heal() {
      // A point that was never reached stays armed; the new process has no armed point.
      if (!died) await site.hands.kill([target]).catch(() => undefined);
      await site.hands.revive([target]);
    },
  });
}

/** The counters of the dead process are gone, so any count of the new process is new. */
function countedFromZero(probe: Probe): Probe {
  return { ...probe, felt: (_, after) => Number(after) > 0 };
}

async function arm(site: Site, target: string, point: string, after: number): Promise<void> {
  const [management] = managementOf(await namedProcesses(site, [target]));
  await putJson([new URL("/faults", management ?? "http://unknown.invalid").href], { point, after });
}

const STOP_LIMIT_MS = 20_000;
const EMPTY_LIMIT_MS = 60_000;

/** Sets a group's committed offsets back while none of its instances runs. */
export async function rewindOffsets(site: Site, injection: Of<"rewind-offsets">, at: number): Promise<WitnessedFault> {
  const { service, targets, records } = injection;
  let rewound = 0;
  const distance: Probe = {
    what: `records that ${service} has to read again`,
    when: "after",
    read: async () => rewound,
    felt: (_, after) => Number(after) > 0,
  };
  return await runFault(site, {
    name: `offsets of ${service} set back by ${records} a partition`,
    at,
    lengthMs: injection.lengthMs,
    probes: [distance, processIds(site, targets), countedFromZero(deduplicatedProbe(site, targets))],
    async strike() {
      await site.hands.stop(targets, STOP_LIMIT_MS);
      const done = await lookFor(site, () => setBack(site, service, records), EMPTY_LIMIT_MS);
      site.signal.throwIfAborted();
      if (done === undefined)
        throw new KitError(
          "KIT_CHAOS_FAILED",
          `the offsets of group ${service} could not be altered within ${EMPTY_LIMIT_MS / 1_000} s`,
        );
      rewound = done;
      site.note(`${rewound} records of ${service} are read again`);
    },
    heal: () => site.hands.revive(targets),
  });
}

const EARLIEST = -2n;

/** @returns by how many records the group was set back. */
async function setBack(site: Site, group: string, records: number): Promise<number> {
  const { admin } = site.access;
  const [state] = await admin.listConsumerGroupOffsets({ groups: [group] });
  const committed = (state?.topics ?? []).map(({ name, partitions }) => ({
    name,
    partitions: partitions.filter(({ committedOffset }) => committedOffset >= 0n),
  }));
  const earliest = await admin.listOffsets({
    topics: committed.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, timestamp: EARLIEST })),
    })),
  });
  const firstOf = new Map(
    earliest.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, offset }) => [`${name} ${partitionIndex}`, offset] as const),
    ),
  );
  let distance = 0;
  const topics = committed.map(({ name, partitions }) => ({
    name,
    partitionOffsets: partitions.map(({ partitionIndex, committedOffset }) => {
      const first = firstOf.get(`${name} ${partitionIndex}`) ?? 0n;
      const wanted = committedOffset - BigInt(records);
      const offset = wanted > first ? wanted : first;
      distance += Number(committedOffset - offset);
      return { partition: partitionIndex, offset };
    }),
  }));
  await admin.alterConsumerGroupOffsets({ groupId: group, topics });
  return distance;
}

/** Kills the registry, then starts a service that cannot read its schemas from it. */
export async function coldRegistry(site: Site, injection: Of<"cold-registry">, at: number): Promise<WitnessedFault> {
  const { targets, instances, service } = injection;
  const unready: Probe = {
    what: `${service} says what it misses`,
    when: "during",
    read: async () => {
      const [management] = managementOf(await namedProcesses(site, instances));
      const response = await fetch(new URL("/readyz", management), { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
      const answer: unknown = await response.json();
      const checks =
        typeof answer === "object" && answer !== null && "checks" in answer && typeof answer.checks === "object"
          ? answer.checks
          : {};
      return `schemas: ${String(Object.entries(checks ?? {}).find(([name]) => name === "schemas")?.[1] ?? "unknown")}`;
    },
    felt: (before, after) =>
      before === "schemas: good" &&
      String(after).startsWith("schemas: ") &&
      after !== before &&
      !String(after).endsWith("unknown"),
  };
  let starting: Promise<unknown> = Promise.resolve();
  return await runFault(site, {
    name: `${service} starts without the registry`,
    at,
    lengthMs: injection.lengthMs,
    probes: [unready, processIds(site, [...targets, ...instances])],
    async strike() {
      await site.hands.kill([...targets, ...instances]);
      // The service becomes ready only after the registry is back, so the healing waits for its start.
      starting = site.hands.revive(instances).catch((error: unknown) => error);
      await waitUntil(site, site.now() + 1_000);
    },
    async heal() {
      await site.hands.revive(targets);
      await starting;
      await site.hands.revive(instances);
    },
  });
}
