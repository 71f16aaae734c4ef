import { brokerCount, type StackSettings } from "../model/stack/stack.ts";
import type { TopicDeclaration } from "../model/types.ts";
import { diskBytes } from "./segments.ts";
import type { PlannedTopic } from "./types.ts";

/** How fast a topic grows, and what that is known from. */
export interface WriteRate {
  /** Bytes per second over all brokers, before replication. */
  readonly bytesPerSecond: number;
  /** `declared`: every producer states its `rate`. `ceiling`: for one at least the quota was taken, which is the most it may write. */
  readonly basis: "declared" | "ceiling";
}

/** What is needed of a state to tell how fast its topics grow. */
export interface DeclaredTopics {
  readonly stack: StackSettings;
  readonly declared: ReadonlyMap<string, TopicDeclaration>;
}

/** Sum over a declared topic's producers. A quota counts on each broker that leads a partition of the topic. */
export function writeRate({ stack, declared }: DeclaredTopics, topic: PlannedTopic): WriteRate {
  const producers = declared.get(topic.name)?.producers ?? [];
  const brokers = Math.min(brokerCount(stack), topic.partitions);
  let bytesPerSecond = 0;
  let basis: WriteRate["basis"] = "declared";
  for (const { rate, quota } of producers) {
    if (rate === undefined) basis = "ceiling";
    bytesPerSecond += rate ?? (quota ?? stack.quotas.producer) * brokers;
  }
  return { bytesPerSecond, basis };
}

/** Bytes that a topic holds on brokers' disks once it is full, before replication; unknown where nothing bounds it. */
export function storedBytes(topic: PlannedTopic, rate: WriteRate): number | undefined {
  return diskBytes(topic.config, topic.partitions, rate.bytesPerSecond);
}
