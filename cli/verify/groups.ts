/** Where consumer groups stand. */

import { KitError } from "../errors.ts";
import type { ServerAccess } from "../platform/platform-access.ts";
import type { GroupState, ServiceContract } from "./evidence.ts";

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
