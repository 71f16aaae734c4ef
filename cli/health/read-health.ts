/** Reads the health of the running platform. Parts that do not answer in time are omitted and reported. */
import { setTimeout as delay } from "node:timers/promises";
import { countDeadLetters } from "@event-platform-kit/service/consumer/dead-letter";
import type pg from "pg";
import { reasonOf } from "../../components/machine/coded-error.ts";
import type { CommandContext } from "../context.ts";
import type { ServerAccess } from "../platform/platform-access.ts";
import { openPlatform } from "../platform/platform-access.ts";
import type { PlatformStatus } from "../platform/platform-status.ts";
import type { ServiceContract } from "../verify/evidence.ts";
import { groupLags, groupStates } from "../verify/groups.ts";
import { topicRanges } from "../verify/topic-reader.ts";
import { runningContracts } from "../verify/topology.ts";
import type { FiringAlert, GroupHealth, PlatformHealth, ProcessReadiness, StuckRecords } from "./platform-health.ts";
import { firingAlerts, groupHealth, pagesOf, readinessOf } from "./platform-health.ts";
import { readSamples } from "./service-metrics.ts";

/** Timeout for one part, in milliseconds: `kit status` is most needed when something hangs. */
const LIMIT_MS = 5_000;

/** @returns undefined while the platform is not up. */
export async function readHealth(
  context: CommandContext,
  status: PlatformStatus,
  limitMs = LIMIT_MS,
): Promise<PlatformHealth | undefined> {
  if (status.endpoints === null || (status.state !== "running" && status.state !== "degraded")) return undefined;
  const unknown: string[] = [];
  const part = async <T>(what: string, work: Promise<T>): Promise<T | null> => {
    const answered = new AbortController();
    const late = delay(limitMs, undefined, { signal: answered.signal }).then(() => {
      throw new Error(`no answer within ${limitMs / 1_000} s`);
    });
    try {
      return await Promise.race([work, late]);
    } catch (error) {
      unknown.push(`${what}: ${reasonOf(error)}`);
      return null;
    } finally {
      answered.abort();
      late.catch(() => undefined);
      work.catch(() => undefined);
    }
  };
  const access = await part("servers", openPlatform(context));
  try {
    const [readiness, groups, stuck, alerts] = await Promise.all([
      readReadiness(status),
      access === null
        ? null
        : part(
            "lag",
            runningContracts(context.stateDir).then((contracts) => readGroups(access, contracts, managementOf(status))),
          ),
      access === null ? null : part("stuck records", readStuck(access)),
      status.endpoints.prometheus === undefined ? null : part("alerts", readAlerts(status.endpoints.prometheus)),
    ]);
    return { readiness, groups, stuck, alerts, pages: pagesOf(status.endpoints), unknown };
  } finally {
    // A pending connection must not block the command.
    if (access !== null)
      await Promise.race([access.close().catch(() => undefined), delay(limitMs, undefined, { ref: false })]);
  }
}

function managementOf(status: PlatformStatus): readonly string[] {
  return Object.values(status.endpoints?.services ?? {}).flatMap(({ management }) => management);
}

/** Lag of the groups of these contracts. @param management - Base URLs of the services' management APIs. */
export async function readGroups(
  access: ServerAccess,
  contracts: readonly ServiceContract[],
  management: readonly string[],
): Promise<readonly GroupHealth[]> {
  const consuming = contracts.filter(({ consumes }) => consumes.length > 0);
  const topics = [
    ...new Set(
      consuming.flatMap(({ consumes, retryTopics }) => [...consumes, ...retryTopics].map(({ topic }) => topic)),
    ),
  ];
  const samples = readSamples(management);
  // Reads committed offsets before the end offsets, so that a group never seems to be ahead of its topic.
  const states = await groupStates(access, consuming);
  return groupHealth(groupLags(consuming, states, await topicRanges(access, topics)), await samples);
}

/** Open dead-letter records and parked events of every service that has a database. */
export async function readStuck(access: ServerAccess): Promise<readonly StuckRecords[]> {
  return await Promise.all(
    access.services.map(async (service) => {
      const client = await access.database(service);
      try {
        const { open } = await countDeadLetters({
          query: async (statement) => (await client.query(statement as pg.QueryConfig)).rows,
        });
        const {
          rows: [row],
        } = await client.query<{ parked: string }>("SELECT count(*) AS parked FROM outbox_parked");
        return { service, deadLetters: open, parked: Number(row?.parked ?? 0) };
      } finally {
        await client.end();
      }
    }),
  );
}

/** Asks each service at its management port. */
async function readReadiness({ processes }: PlatformStatus): Promise<Readonly<Record<string, ProcessReadiness>>> {
  const asked = processes.flatMap(({ name, role, state, ports }) => {
    const port = ports.find((known) => known.name === "management");
    return role === "service" && state !== "dead" && port !== undefined ? [{ name, port }] : [];
  });
  return Object.fromEntries(
    await Promise.all(
      asked.map(async ({ name, port }): Promise<readonly [string, ProcessReadiness]> => {
        try {
          const response = await fetch(`http://${port.host}:${port.port}/readyz`, {
            signal: AbortSignal.timeout(LIMIT_MS),
          });
          return [name, readinessOf(await response.json())];
        } catch (error) {
          const reason =
            error instanceof Error && error.name === "TimeoutError"
              ? `no answer within ${LIMIT_MS / 1_000} s`
              : "it does not answer";
          return [name, { ready: false, reasons: [reason] }];
        }
      }),
    ),
  );
}

/** @throws Error when Prometheus does not answer. */
async function readAlerts(prometheus: string): Promise<readonly FiringAlert[]> {
  const response = await fetch(new URL("/api/v1/alerts", prometheus), { signal: AbortSignal.timeout(LIMIT_MS) }).catch(
    () => undefined,
  );
  if (response?.ok !== true)
    throw new Error("Prometheus does not answer (yet): `npx kit logs prometheus` says what it does");
  return firingAlerts(await response.json());
}
