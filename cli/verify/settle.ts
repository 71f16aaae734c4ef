/**
 * Waits until the platform is at rest: two readings in a row with the same end offsets of all topics, every group at those
 * offsets, and in between every outbox empty and no work of the project in progress that would produce events by itself,
 * seconds later. One reading is not enough: an event on its way from an outbox to its topic would be in neither.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import type { ServerAccess } from "../platform/platform-access.ts";
import { topicsOf } from "./collect.ts";
import type { VerificationDefinition } from "./definition.ts";
import type { ServiceContract, Settlement } from "./evidence.ts";
import { groupLags, groupStates } from "./groups.ts";
import type { ReadRange } from "./topic-reader.ts";
import { topicRanges } from "./topic-reader.ts";

/** Limits of the wait. */
export interface SettleOptions {
  readonly contracts: readonly ServiceContract[];
  /** The project's work in progress in one service's database, in words. @default nothing */
  readonly unfinished?: VerificationDefinition["unfinished"];
  /** Maximum wait in milliseconds; 0: one pair of readings. */
  readonly limitMs: number;
  readonly onProgress?: (detail: string) => void;
  /** Monotone milliseconds. */
  readonly now?: () => number;
}

const LOOK_AGAIN_MS = 250;

/** Waits; returns whether the platform came to rest, and what did not. */
export async function settle(access: ServerAccess, options: SettleOptions): Promise<Settlement> {
  const now = options.now ?? (() => performance.now());
  const started = now();
  const contracts = options.contracts.filter(({ service }) => access.services.includes(service));
  const names = topicsOf(options.contracts).map(({ name }) => name);
  const databases = new Map<string, Client>();
  let quietEnds: string | undefined;
  try {
    for (;;) {
      const waiting = await unfinishedWork(access, databases, options.unfinished);
      const groups = await groupStates(access, contracts);
      const ranges = await topicRanges(access, names);
      const open = [...waiting, ...lagging(contracts, groups, ranges)];
      const ends = ranges.map(({ topic, partition, end }) => `${topic}/${partition}=${end}`).join(" ");
      if (open.length === 0 && ends === quietEnds)
        return { settled: true, waitedMs: Math.round(now() - started), open: [] };
      quietEnds = open.length === 0 ? ends : undefined;
      if (now() - started >= options.limitMs && open.length > 0)
        return { settled: false, waitedMs: Math.round(now() - started), open };
      if (now() - started >= options.limitMs + 20 * LOOK_AGAIN_MS)
        return { settled: false, waitedMs: Math.round(now() - started), open: ["records are still being written"] };
      options.onProgress?.(open.length === 0 ? "quiet; looking once more" : open.slice(0, 3).join("; "));
      await delay(LOOK_AGAIN_MS);
    }
  } finally {
    await Promise.allSettled([...databases.values()].map((client) => client.end()));
  }
}

/** Rows in outboxes, and the project's work in progress, in words. */
async function unfinishedWork(
  access: ServerAccess,
  databases: Map<string, Client>,
  ofProject: SettleOptions["unfinished"] = async () => [],
): Promise<readonly string[]> {
  const found = await Promise.all(
    access.services.map(async (service) => {
      const client = databases.get(service) ?? (await access.database(service));
      databases.set(service, client);
      const {
        rows: [row],
      } = await client.query<{ outbox: string }>("SELECT count(*) AS outbox FROM outbox");
      const waiting = Number(row?.outbox ?? 0) > 0 ? [`${row?.outbox} events in the outbox of ${service}`] : [];
      return [...waiting, ...(await ofProject(client))];
    }),
  );
  return found.flat();
}

/** Groups with lag, in words; delayed retries count too. */
function lagging(
  contracts: readonly ServiceContract[],
  groups: Awaited<ReturnType<typeof groupStates>>,
  ranges: readonly ReadRange[],
): readonly string[] {
  return groupLags(contracts, groups, ranges).flatMap(({ group, topics }) => {
    const lag = topics.reduce((sum, topic) => sum + topic.lag, 0);
    return lag > 0 ? [`${group} is ${lag} records behind`] : [];
  });
}
