import { brokerCount, type StackSettings } from "../../model/stack/stack.ts";
import type { TopicDeclaration } from "../../model/types.ts";
import type { PlannedTopic } from "../types.ts";
import { diskBytes } from "./segments.ts";

/** Growth rate of a topic, and its basis. */
export interface WriteRate {
  /** Bytes per second over all brokers, before replication. */
  readonly bytesPerSecond: number;
  /**
   * `declared`: every producer states its `rate`. `ceiling`: at least one producer does not, and its quota, the most
   * that it may write, was used instead.
   */
  readonly basis: "declared" | "ceiling";
}

/** The part of a state that determines how fast its topics grow. */
export interface DeclaredTopics {
  readonly stack: StackSettings;
  readonly declared: ReadonlyMap<string, TopicDeclaration>;
}

/**
 * Returns the sum over a declared topic's producers. A quota applies on each broker that leads a partition of the
 * topic.
 */
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

/** Returns the bytes that a full topic holds on brokers' disks, before replication; undefined if nothing limits them. */
export function storedBytes(topic: PlannedTopic, rate: WriteRate): number | undefined {
  return diskBytes(topic.config, topic.partitions, rate.bytesPerSecond);
}
