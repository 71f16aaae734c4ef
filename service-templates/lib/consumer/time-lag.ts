/**
 * Measures how late records are applied: the age of the oldest record in progress. While consumption pauses, the value
 * grows without new records. Between two batches the measure keeps the greatest age of the last seconds; otherwise a
 * scrape at that moment would show a group that is far behind as up to date. Records that were not fetched yet are not
 * included: the lag in records covers them.
 */
import type { Clock } from "../clock.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import { notBefore } from "./retry-topics.ts";

export interface TimeLag {
  /** Notes that records were taken from their topics. @returns the function that marks them as done. */
  taken(records: readonly RawRecord[]): () => void;
  /** Returns seconds by topic; 0 if all records taken recently were young. */
  byTopic(): ReadonlyMap<string, number>;
}

/** A greatest age is kept for at least this long and at most twice as long, in milliseconds. It covers a scrape interval. */
const KEPT_MS = 15_000;

/** @param topics - Topics that are reported from the start. */
export function timeLag(topics: readonly string[], clock: Clock): TimeLag {
  /** The time when the oldest record of each current batch became due, by topic. */
  const underWay = new Set<ReadonlyMap<string, number>>();
  let recent = new Map<string, number>();
  let earlier = new Map<string, number>();
  let turnAt = clock() + KEPT_MS;

  function turn(now: number): void {
    // If the clock was set back by more than this period, an age must not stay forever.
    if (now < turnAt && turnAt - now <= KEPT_MS) return;
    earlier = now < turnAt + KEPT_MS ? recent : new Map();
    recent = new Map();
    turnAt = now + KEPT_MS;
  }

  return {
    taken(records) {
      const oldest = new Map<string, number>();
      for (const record of records) {
        // A record in a retry topic is late only after its delay.
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
