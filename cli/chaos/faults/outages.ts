/** Faults that kill or freeze processes and bring them back. */

import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { KitError } from "../../errors.ts";
import type { WitnessedFault } from "../../witness.ts";
import type { Probe } from "../expectations.ts";
import {
  brokerId,
  brokerProbes,
  controllerProbe,
  databaseProbes,
  httpProbe,
  processIds,
  troubleProbe,
} from "../probes.ts";
import { NO_ANSWER } from "../reading.ts";
import type { KitInjection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { listenerOf, lookFor, managementOf, namedProcesses } from "../site.ts";
import { runFault } from "./fault.ts";

type Of<F extends KitInjection["fault"]> = Extract<KitInjection, { fault: F }>;

/** Measurements that show that the processes are down, by their role. */
async function probesOf(site: Site, injection: Of<"kill">): Promise<readonly Probe[]> {
  const { targets } = injection;
  switch (injection.of) {
    case "broker":
    case "zone":
      return brokerProbes(site, targets);
    case "registry":
      return [httpProbe("status of the registry's GET /subjects", `${site.access.status.endpoints.registry}/subjects`)];
    case "database":
      return databaseProbes(site);
    case "cache":
      return [await cacheProbe(site)];
    case "gateway": {
      const [management] = managementOf(await namedProcesses(site, targets));
      return [
        httpProbe("status of the gateway's /livez", `${management ?? site.access.status.endpoints.gateway}/livez`),
      ];
    }
  }
}

/** SIGKILL, then a restart. */
export async function killAndRevive(site: Site, injection: Of<"kill">, at: number): Promise<WitnessedFault> {
  const { targets } = injection;
  return await runFault(site, {
    name: `SIGKILL ${targets.join(", ")}`,
    at,
    lengthMs: injection.lengthMs,
    probes: [...(await probesOf(site, injection)), processIds(site, targets), troubleProbe(site)],
    strike: () => site.hands.kill(targets),
    heal: () => site.hands.revive(targets),
  });
}

/** SIGSTOP, then SIGCONT. */
export async function freezeAndThaw(site: Site, injection: Of<"freeze">, at: number): Promise<WitnessedFault> {
  const { targets } = injection;
  return await runFault(site, {
    name: `SIGSTOP ${targets.join(", ")}`,
    at,
    lengthMs: injection.lengthMs,
    probes: [...(await brokerProbes(site, targets)), troubleProbe(site)],
    strike: () => site.hands.freeze(targets),
    heal: () => site.hands.thaw(targets),
  });
}

/** SIGKILL of the controller that is active at that moment. */
export async function killActiveController(
  site: Site,
  injection: Of<"kill-active-controller">,
  at: number,
): Promise<WitnessedFault> {
  const struck: string[] = [];
  return await runFault(site, {
    name: "SIGKILL of the active controller",
    at,
    lengthMs: injection.lengthMs,
    probes: [controllerProbe(site), troubleProbe(site)],
    async strike() {
      const { id } = await site.cluster.activeController();
      const victim = (await site.hands.processes()).find(
        ({ role, name }) => role === "controller" && brokerId(name) === id,
      );
      if (victim === undefined) throw new KitError("KIT_CHAOS_FAILED", `there is no process of controller ${id}`);
      site.note(`the active controller is ${victim.name}`);
      struck.push(victim.name);
      await site.hands.kill([victim.name]);
    },
    heal: () => site.hands.revive(struck),
  });
}

const STOP_LIMIT_MS = 40_000;
const IN_STEP_LIMIT_MS = 180_000;

/** Restarts every broker in order, the next only when all partitions have all their replicas. */
export async function rollBrokers(site: Site, injection: Of<"roll-brokers">, at: number): Promise<WitnessedFault> {
  const { targets } = injection;
  const gone: string[] = [];
  return await runFault(site, {
    name: "rolling restart of all brokers",
    at,
    lengthMs: injection.lengthMs,
    probes: [processIds(site, targets), troubleProbe(site)],
    async strike() {
      for (const name of targets) {
        site.signal.throwIfAborted();
        await awaitInStep(site, name);
        gone.push(name);
        await site.hands.stop([name], STOP_LIMIT_MS);
        await site.hands.revive([name]);
        gone.pop();
        site.note(`${name} restarted`);
      }
      await awaitInStep(site, "the end");
    },
    heal: () => site.hands.revive(gone),
  });
}

async function awaitInStep(site: Site, before: string): Promise<void> {
  // Twice in a row: the controller does not count a broker as missing before it has noticed its restart.
  const twice = await lookFor(
    site,
    async () => {
      for (let round = 0; round < 2; round += 1) {
        if ((await site.cluster.partitions()).underReplicated > 0) return undefined;
        await delay(500);
      }
      return true;
    },
    IN_STEP_LIMIT_MS,
  );
  site.signal.throwIfAborted();
  if (twice === undefined)
    throw new KitError(
      "KIT_CHAOS_FAILED",
      `partitions still lack replicas after ${IN_STEP_LIMIT_MS / 1_000} s; waited for them before ${before}`,
    );
}

/** Number of keys in the cache of the service that uses it. */
async function cacheProbe(site: Site): Promise<Probe> {
  const { endpoints, files } = site.access.status;
  const [ca, text] = await Promise.all([readFile(files.ca, "utf8"), readFile(files.credentials, "utf8")]);
  const credentials = JSON.parse(text) as Record<string, { readonly redis?: string }>;
  const [login] = Object.entries(credentials).filter(([, { redis }]) => redis !== undefined);
  const [cache] = (await site.hands.processes()).filter(({ role }) => role === "cache");
  const address =
    (cache === undefined ? undefined : listenerOf(cache, "redis")) ?? `${endpoints.redis.host}:${endpoints.redis.port}`;
  const tls = "tls" in endpoints.redis && endpoints.redis.tls === true;
  return {
    what: "keys in the cache",
    when: "during",
    async read() {
      const client = new Redis({
        host: address.slice(0, address.lastIndexOf(":")),
        port: endpoints.redis.port,
        lazyConnect: true,
        retryStrategy: () => null,
        maxRetriesPerRequest: 0,
        connectTimeout: 2_000,
        commandTimeout: 2_000,
        enableReadyCheck: false,
        ...(login === undefined ? {} : { username: login[0], password: login[1].redis ?? "" }),
        ...(tls ? { tls: { ca } } : {}),
      });
      client.on("error", () => undefined);
      try {
        await client.connect();
        return await client.dbsize();
      } finally {
        client.disconnect();
      }
    },
    felt: (before, after) => before !== NO_ANSWER && after === NO_ANSWER,
  };
}
