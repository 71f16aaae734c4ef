/** Reads the offsets, groups and sizes of a cluster as a principal that has only Describe rights. */
import type { Admin } from "@platformatic/kafka";
import { ListOffsetTimestamps } from "@platformatic/kafka";
import type { ClusterFigures, DiskFigures, GroupFigures, PartitionFigures, ReplicaSize } from "./cluster-figures.ts";

/**
 * Reads all figures again.
 * @param unwatched - Groups to leave out.
 */
export async function readCluster(admin: Admin, unwatched: RegExp): Promise<ClusterFigures> {
  const topics = (await admin.listTopics({ includeInternals: false })).toSorted();
  const metadata = await admin.metadata({ topics, forceUpdate: true });
  const partitionsOf = (topic: string): readonly number[] =>
    Array.from({ length: metadata.topics.get(topic)?.partitionsCount ?? 0 }, (_, partition) => partition);
  // Committed offsets are read before the end offsets, so that a group never appears to be ahead of its topic.
  const groups = await readGroups(admin, unwatched);
  const [partitions, { sizes, disks }] = await Promise.all([
    readPartitions(admin, topics, partitionsOf),
    readDirectories(admin, topics, partitionsOf),
  ]);
  return { partitions, groups, sizes, disks };
}

async function readGroups(admin: Admin, unwatched: RegExp): Promise<readonly GroupFigures[]> {
  const groups = [...(await admin.listGroups()).keys()].filter((group) => !unwatched.test(group)).toSorted();
  if (groups.length === 0) return [];
  const [offsets, descriptions] = await Promise.all([
    admin.listConsumerGroupOffsets({ groups }),
    admin.describeGroups({ groups }),
  ]);
  return offsets.map(({ groupId, topics }) => ({
    group: groupId,
    members: descriptions.get(groupId)?.members.size ?? 0,
    positions: topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset }) => ({
        topic: name,
        partition: partitionIndex,
        committed: Number(committedOffset),
      })),
    ),
  }));
}

type PartitionsOf = (topic: string) => readonly number[];

async function readPartitions(
  admin: Admin,
  topics: readonly string[],
  partitionsOf: PartitionsOf,
): Promise<readonly PartitionFigures[]> {
  const offsets = async (timestamp: bigint): Promise<ReadonlyMap<string, number>> => {
    const listed = await admin.listOffsets({
      topics: topics.map((name) => ({
        name,
        partitions: partitionsOf(name).map((partitionIndex) => ({ partitionIndex, timestamp })),
      })),
    });
    return new Map(
      listed.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, offset }) => [`${name}/${partitionIndex}`, Number(offset)]),
      ),
    );
  };
  const [oldest, ends] = await Promise.all([
    offsets(ListOffsetTimestamps.EARLIEST),
    offsets(ListOffsetTimestamps.LATEST),
  ]);
  return topics.flatMap((topic) =>
    partitionsOf(topic).flatMap((partition) => {
      const place = `${topic}/${partition}`;
      const [first, end] = [oldest.get(place), ends.get(place)];
      return first === undefined || end === undefined ? [] : [{ topic, partition, oldest: first, end }];
    }),
  );
}

async function readDirectories(
  admin: Admin,
  topics: readonly string[],
  partitionsOf: PartitionsOf,
): Promise<{ readonly sizes: readonly ReplicaSize[]; readonly disks: readonly DiskFigures[] }> {
  const described = await admin.describeLogDirs({
    topics: topics.map((name) => ({ name, partitions: [...partitionsOf(name)] })),
  });
  return {
    sizes: described.flatMap(({ broker, results }) => {
      const bytes = new Map<string, number>();
      for (const { topics: held } of results)
        for (const { name, partitions } of held)
          bytes.set(
            name,
            partitions.reduce((sum, { partitionSize }) => sum + Number(partitionSize), bytes.get(name) ?? 0),
          );
      return [...bytes].map(([topic, size]) => ({ broker, topic, bytes: size }));
    }),
    disks: described.map(({ broker, results }) => ({
      broker,
      totalBytes: results.reduce((sum, { totalBytes }) => sum + Number(totalBytes), 0),
      usableBytes: results.reduce((sum, { usableBytes }) => sum + Number(usableBytes), 0),
    })),
  };
}
