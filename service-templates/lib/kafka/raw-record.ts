/** A record as read from a topic, not decoded. */
export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | undefined;
  readonly value: Buffer | undefined;
  readonly headers: ReadonlyMap<string, Buffer>;
  readonly leaderEpoch: number;
  /** Time of writing by the producer's clock, in milliseconds since the epoch. */
  readonly timestamp: number;
}
