/**
 * The cluster from the view of its own brokers. Uses separate connections with short timeouts: the ordinary client would wait
 * its long timeouts for a broker that was just killed or frozen.
 */
import { Connection, describeQuorumV2, metadataV12 } from "@platformatic/kafka";
import { KitError } from "../errors.ts";
import type { KafkaConnection } from "../platform/platform-access.ts";

/** A reading of all partitions. */
export interface ClusterState {
  /** Partitions by the id of their leader. */
  readonly leaders: ReadonlyMap<number, number>;
  /** Partitions with a replica that is not in sync. */
  readonly underReplicated: number;
  /** Partitions without a leader. */
  readonly leaderless: number;
  readonly partitions: number;
}

/** Asks the cluster. */
export interface ClusterView {
  /** @param avoid - `host:port` of brokers that are not asked. */
  partitions(avoid?: ReadonlySet<string>): Promise<ClusterState>;
  /** Id and epoch of the active controller. */
  activeController(): Promise<{ readonly id: number; readonly epoch: number }>;
}

const LIMIT_MS = 4_000;

/** Reads through the given listeners; the first broker that answers serves each request. */
export function clusterView(kafka: KafkaConnection): ClusterView {
  async function ask<T>(
    question: (connection: Connection) => Promise<T>,
    avoid: ReadonlySet<string> = new Set(),
  ): Promise<T> {
    let last: unknown;
    for (const address of kafka.bootstrapBrokers.filter((broker) => !avoid.has(broker))) {
      const colon = address.lastIndexOf(":");
      const connection = new Connection(kafka.clientId, {
        ...(kafka.tls === undefined ? {} : { tls: kafka.tls }),
        connectTimeout: LIMIT_MS,
        requestTimeout: LIMIT_MS,
      });
      // A broken connection fails the request; without a listener it would end the process.
      connection.on("error", () => undefined);
      try {
        return await within(
          LIMIT_MS,
          address,
          (async () => {
            await connection.connect(address.slice(0, colon), Number(address.slice(colon + 1)));
            return await question(connection);
          })(),
        );
      } catch (error) {
        last = error;
      } finally {
        void connection.close().catch(() => undefined);
      }
    }
    throw new KitError("KIT_SERVER_UNREACHABLE", "no Kafka broker answers", { cause: last });
  }

  return {
    async partitions(avoid) {
      const { topics } = await ask((connection) => metadataV12.api.async(connection, null, false, false), avoid);
      const all = (topics ?? []).flatMap((topic) => topic.partitions);
      const leaders = new Map<number, number>();
      for (const { leaderId } of all) if (leaderId >= 0) leaders.set(leaderId, (leaders.get(leaderId) ?? 0) + 1);
      return {
        leaders,
        partitions: all.length,
        underReplicated: all.filter((partition) => partition.isrNodes.length < partition.replicaNodes.length).length,
        leaderless: all.filter(({ leaderId }) => leaderId < 0).length,
      };
    },
    async activeController() {
      const answer = await ask((connection) =>
        describeQuorumV2.api.async(connection, [
          { topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] },
        ]),
      );
      const quorum = answer.topics[0]?.partitions[0];
      if (quorum === undefined || quorum.leaderId < 0)
        throw new KitError("KIT_SERVER_UNREACHABLE", "the controllers have no leader");
      return { id: quorum.leaderId, epoch: quorum.leaderEpoch };
    },
  };
}

async function within<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
