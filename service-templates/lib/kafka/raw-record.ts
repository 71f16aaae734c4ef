/** A record as it came from a topic, undecoded. */
export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | undefined;
  readonly value: Buffer | undefined;
  readonly headers: ReadonlyMap<string, Buffer>;
  readonly leaderEpoch: number;
  /** When it was written, by its producer's clock, in milliseconds since the epoch. */
  readonly timestamp: number;
}
