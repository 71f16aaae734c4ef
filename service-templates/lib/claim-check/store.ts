/**
 * A store of immutable objects. Keys are those of `newClaimKey`. Everything that fails, except that an object is not
 * there, throws: the store is away, or does not let this service in.
 */
export interface ClaimCheckStore {
  /** Stores an object whole or not at all; durable once it resolves. */
  put(key: string, content: Buffer): Promise<void>;
  /** The object, but no more than `atMost` bytes and one, by which it is seen that there are more; undefined when it is not there. */
  get(key: string, atMost: number): Promise<Buffer | undefined>;
  /** Keys that begin with the prefix, sorted, in portions. */
  list(prefix: string): AsyncIterable<readonly string[]>;
  /** Removes objects, those too that are not there. */
  remove(keys: readonly string[]): Promise<void>;
  /** Gives its connections back. */
  close(): void;
}
