/** A partition of a topic. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/** One text per partition, for maps. */
export function partitionKey({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
