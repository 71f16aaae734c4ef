/**
 * A store of immutable objects. Keys come from `newClaimKey`. Every failure except a missing object throws: the store
 * is unavailable, or denies access.
 */
export interface ClaimCheckStore {
  /** Stores an object completely or not at all; it is durable when the promise resolves. */
  put(key: string, content: Buffer): Promise<void>;
  /** Returns the object, but at most `atMost` bytes plus one, which shows that there are more; undefined if it does not exist. */
  get(key: string, atMost: number): Promise<Buffer | undefined>;
  /** Keys that begin with the prefix, sorted, in portions. */
  list(prefix: string): AsyncIterable<readonly string[]>;
  /** Removes objects, including those that do not exist. */
  remove(keys: readonly string[]): Promise<void>;
  /** Closes its connections. */
  close(): void;
}
