/** A partition of a topic. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/** Returns a unique text for a partition, as a key for maps. */
export function partitionKey({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
