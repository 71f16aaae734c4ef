/** Positions of consumer groups. */

import { KitError } from "../errors.ts";
import type { ServerAccess } from "../platform/platform-access.ts";
import type { GroupState, ServiceContract } from "./evidence.ts";
import type { ReadRange } from "./topic-reader.ts";

/** Groups of contracts that consume, with their members and committed offsets; a group that never joined has neither. */
export async function groupStates(
  access: ServerAccess,
  contracts: readonly ServiceContract[],
): Promise<readonly GroupState[]> {
  const wanted = contracts.flatMap(({ group, consumes }) =>
    group === undefined || consumes.length === 0 ? [] : [group],
  );
  try {
    const known = new Set((await access.admin.listGroups()).keys());
    const groups = wanted.filter((group) => known.has(group));
    if (groups.length === 0) return [];
    const [offsets, descriptions] = await Promise.all([
      access.admin.listConsumerGroupOffsets({ groups }),
      access.admin.describeGroups({ groups }),
    ]);
    return offsets.map(({ groupId, topics }) => ({
      group: groupId,
      members: descriptions.get(groupId)?.members.size ?? 0,
      positions: topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, committedOffset }) => ({
          topic: name,
          partition: partitionIndex,
          committed: committedOffset < 0n ? undefined : Number(committedOffset),
        })),
      ),
    }));
  } catch (cause) {
    throw new KitError(
      "KIT_SERVER_UNREACHABLE",
      `Kafka, while reading the groups' offsets: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** Number of records that a group has not read yet. */
export interface GroupLag {
  readonly group: string;
  /** Connected members. */
  readonly members: number;
  /** By topic, including the retry topics of the group; sorted. */
  readonly topics: readonly { readonly topic: string; readonly lag: number }[];
}

/** The lag of every consuming group; records that were deleted before a group read them do not count. Pure. */
export function groupLags(
  contracts: readonly ServiceContract[],
  groups: readonly GroupState[],
  ranges: readonly ReadRange[],
): readonly GroupLag[] {
  return contracts.flatMap(({ group, consumes, retryTopics }) => {
    if (group === undefined) return [];
    const state = groups.find((known) => known.group === group);
    const positions = new Map(
      (state?.positions ?? []).map(({ topic, partition, committed }) => [`${topic}/${partition}`, committed]),
    );
    const lagOf = (topic: string): number =>
      ranges
        .filter((range) => range.topic === topic)
        .reduce(
          (sum, { partition, start, end }) =>
            sum + Math.max(0, end - Math.max(positions.get(`${topic}/${partition}`) ?? start, start)),
          0,
        );
    const topics = [...new Set([...consumes, ...retryTopics].map(({ topic }) => topic))].toSorted();
    return [{ group, members: state?.members ?? 0, topics: topics.map((topic) => ({ topic, lag: lagOf(topic) })) }];
  });
}
