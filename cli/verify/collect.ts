/**
 * Collects the evidence. The order matters while the platform works: first the end offsets of topics and the groups' offsets,
 * then the tables, then the topics up to their new end offsets. Records after the first end offsets may be newer than the
 * tables; everything that a group committed was in its tables before.
 */
import { schemaRegistry } from "@event-platform-kit/service/events/registry";
import type { ServerAccess } from "../platform/platform-access.ts";
import type { VerificationDefinition } from "./definition.ts";
import { contentReader } from "./event-content.ts";
import type {
  Evidence,
  PartitionRange,
  ServiceContract,
  Settlement,
  TopicKind,
  TopicLog,
  TopicRecord,
} from "./evidence.ts";
import { groupStates } from "./groups.ts";
import { readStoredContent } from "./stored-content.ts";
import { readTables } from "./tables.ts";
import { dumpRecord } from "./topic-dump.ts";
import type { ReadRange } from "./topic-reader.ts";
import { readRanges, topicRanges } from "./topic-reader.ts";

/** Timeout of one request to the registry. */
const REGISTRY_LIMIT_MS = 30_000;

/** Options of the collection. */
export interface CollectOptions<Tables extends object = object, Content = unknown> {
  /** Contracts of all services of the topology, deployed or not. */
  readonly contracts: readonly ServiceContract[];
  /** What the project reads from tables and payloads. @default nothing */
  readonly project?: Pick<VerificationDefinition<Tables, Content>, "readTables" | "contentOf">;
  readonly settlement?: Settlement;
  /** Root of the local store of claim checks. */
  readonly claimCheckFolder?: string;
  /** Called often with the current step. */
  readonly onProgress?: (detail: string) => void;
  readonly now?: () => number;
}

/** One topic of the topology and its purpose. */
export interface KnownTopic {
  readonly name: string;
  readonly kind: TopicKind;
  /** Group that owns it; absent for event topics. */
  readonly group?: string;
}

/** Every topic that contracts name, sorted. */
export function topicsOf(contracts: readonly ServiceContract[]): readonly KnownTopic[] {
  const topics = new Map<string, KnownTopic>();
  for (const contract of contracts) {
    for (const { topic } of [...contract.consumes, ...contract.publishes])
      topics.set(topic, { name: topic, kind: "event" });
    const group = contract.group ?? contract.service;
    if (contract.deadLetterTopic !== undefined)
      topics.set(contract.deadLetterTopic, { name: contract.deadLetterTopic, kind: "dead-letter", group });
    for (const { topic } of contract.retryTopics) topics.set(topic, { name: topic, kind: "retry", group });
  }
  return [...topics.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Reads tables and topics.
 * @throws KitError `KIT_SERVER_UNREACHABLE`, `KIT_TOPICS_UNREADABLE`.
 */
export async function collectEvidence<Tables extends object = object, Content = unknown>(
  access: ServerAccess,
  options: CollectOptions<Tables, Content>,
): Promise<Evidence<Tables, Content>> {
  const { contracts, project, onProgress = () => undefined, now = Date.now } = options;
  const takenAt = now();
  const topics = topicsOf(contracts);
  const names = topics.map(({ name }) => name);
  onProgress("offsets of topics and groups");
  const deployed = contracts.filter(({ service }) => access.services.includes(service));
  // Committed offsets before the end offsets, so that a group never seems to be ahead of its topic.
  const groups = await groupStates(access, deployed);
  const before = await topicRanges(access, names);
  const tables = await readTables<Tables>(
    access,
    async (snapshot) => (await project?.readTables(snapshot)) ?? {},
    (rows) => onProgress(`${rows.toLocaleString("en")} rows of ${access.services.length} databases`),
  );
  const after = await topicRanges(access, names);
  const kinds = new Map(topics.map((topic) => [topic.name, topic]));
  const records: TopicRecord<Content>[] = [];
  // A registry whose topic has just become available is slow at first; schemas that it does not return in time would count as
  // unreadable.
  const contents =
    project === undefined
      ? undefined
      : contentReader(schemaRegistry({ url: access.registry, timeoutMs: REGISTRY_LIMIT_MS }), project.contentOf);
  await readRanges(
    access,
    after,
    (message) => {
      const topic = kinds.get(message.topic);
      const record = dumpRecord(message, topic?.kind ?? "event", topic?.group);
      const place = records.push(record) - 1;
      if (contents === undefined || topic?.kind !== "event" || record.eventType === undefined || record.size < 0)
        return undefined;
      const read = contents(record.eventType, record.key, message.value);
      if (!(read instanceof Promise)) {
        records[place] = { ...record, ...read };
        return undefined;
      }
      return read.then((later) => {
        records[place] = { ...record, ...later };
      });
    },
    {
      onProgress: (read, total) =>
        onProgress(`${read.toLocaleString("en")} of ${total.toLocaleString("en")} records of ${names.length} topics`),
    },
  );
  const { claimCheckFolder } = options;
  const stored =
    claimCheckFolder === undefined ? undefined : await readStoredContent(claimCheckFolder, access, contracts, records);
  return {
    takenAt,
    contracts,
    groups,
    records,
    ...tables,
    ...(stored === undefined ? {} : { stored }),
    topics: topicLogs(topics, before, after),
    ...(options.settlement === undefined ? {} : { settlement: options.settlement }),
  };
}

function topicLogs(
  topics: readonly KnownTopic[],
  before: readonly ReadRange[],
  after: readonly ReadRange[],
): readonly TopicLog[] {
  const settledEnds = new Map(before.map(({ topic, partition, end }) => [`${topic}/${partition}`, end]));
  const byTopic = Map.groupBy(after, ({ topic }) => topic);
  return topics.map((topic) => ({
    ...topic,
    partitions: (byTopic.get(topic.name) ?? []).map(
      ({ partition, start, end }): PartitionRange => ({
        partition,
        start,
        end,
        settledEnd: settledEnds.get(`${topic.name}/${partition}`) ?? end,
      }),
    ),
  }));
}
