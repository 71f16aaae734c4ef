/**
 * How late records are applied: the age of the oldest record at hand. While consumption waits, it grows by itself;
 * between two batches the greatest age of the last seconds is kept, or whoever looks then would see a group that is
 * far behind as one that is up to date. Records that nobody has fetched yet are not seen: the lag in records tells of them.
 */
import type { Clock } from "../clock.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import { notBefore } from "./retry-topics.ts";

export interface TimeLag {
  /** Notes records that were taken from their topics. @returns what says that they are done. */
  taken(records: readonly RawRecord[]): () => void;
  /** Seconds, by topic; 0 where everything that was taken lately was young. */
  byTopic(): ReadonlyMap<string, number>;
}

/** For at least this long, and at most twice as long, a greatest age is kept, in milliseconds. A scrape interval fits in. */
const KEPT_MS = 15_000;

/** @param topics - Topics that are reported from the beginning. */
export function timeLag(topics: readonly string[], clock: Clock): TimeLag {
  /** When the oldest record of each batch at hand became due, by topic. */
  const underWay = new Set<ReadonlyMap<string, number>>();
  let recent = new Map<string, number>();
  let earlier = new Map<string, number>();
  let turnAt = clock() + KEPT_MS;

  function turn(now: number): void {
    // A clock that was set back by more than what is kept must not keep an age forever.
    if (now < turnAt && turnAt - now <= KEPT_MS) return;
    earlier = now < turnAt + KEPT_MS ? recent : new Map();
    recent = new Map();
    turnAt = now + KEPT_MS;
  }

  return {
    taken(records) {
      const oldest = new Map<string, number>();
      for (const record of records) {
        // What waits in a retry topic is late from the end of its delay on.
        const due = Math.max(record.timestamp, notBefore(record));
        const known = oldest.get(record.topic);
        if (known === undefined || due < known) oldest.set(record.topic, due);
      }
      underWay.add(oldest);
      return () => {
        if (!underWay.delete(oldest)) return;
        const now = clock();
        turn(now);
        for (const [topic, due] of oldest) recent.set(topic, Math.max(recent.get(topic) ?? 0, now - due));
      };
    },
    byTopic() {
      const now = clock();
      turn(now);
      const ages = new Map(topics.map((topic) => [topic, 0]));
      const note = (topic: string, age: number): void => {
        ages.set(topic, Math.max(ages.get(topic) ?? 0, age));
      };
      for (const kept of [recent, earlier]) for (const [topic, age] of kept) note(topic, age);
      for (const oldest of underWay) for (const [topic, due] of oldest) note(topic, now - due);
      return new Map([...ages].map(([topic, ms]) => [topic, ms / 1_000]));
    },
  };
}
