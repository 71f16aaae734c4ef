import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "@event-platform-kit/service/clock";
import { afterEach, describe, expect, it } from "vitest";
import type { ConsumerOptions, EventConsumer } from "../../../../service-templates/lib/consumer/consumer.ts";
import { eventConsumer } from "../../../../service-templates/lib/consumer/consumer.ts";
import type { Subscription } from "../../../../service-templates/lib/kafka/kafka.ts";
import type { RawRecord } from "../../../../service-templates/lib/kafka/raw-record.ts";
import { eventually } from "../../../platform/condition.ts";

const RECORD: RawRecord = {
  topic: "t",
  partition: 0,
  offset: 4n,
  key: undefined,
  value: undefined,
  headers: new Map(),
  leaderEpoch: 1,
  timestamp: 0,
};

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    signal.addEventListener("abort", () => done(), { once: true });
  });
}

/** A membership with one record, then silence. */
function membership(differs: Partial<Subscription> = {}): Subscription {
  let given = false;
  return {
    records: {
      async next(_limit, signal) {
        if (given) await untilAborted(signal);
        else given = true;
        return signal.aborted ? [] : [RECORD];
      },
    },
    apart: [],
    isAssigned: () => true,
    watch: untilAborted,
    standing: async () => [],
    commit: async () => undefined,
    close: async () => undefined,
    ...differs,
  };
}

describe("a membership that is of no use any more is replaced", () => {
  const started: EventConsumer[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((consumer) => consumer.stop()));
  });

  /** Starts with the first membership; those after it are whole. Gives back what was noticed. */
  function consume(
    first: Subscription,
    options: Partial<ConsumerOptions> = {},
  ): { readonly joins: () => number; readonly errors: string[]; readonly committed: bigint[] } {
    let joins = 0;
    const errors: string[] = [];
    const committed: bigint[] = [];
    const second = membership({
      commit: async (positions) => {
        committed.push(...positions.map(({ offset }) => offset));
      },
    });
    const consumer = eventConsumer({
      subscribe: async () => {
        joins += 1;
        return joins === 1 ? first : second;
      },
      process: async () => undefined,
      commitMs: 1,
      clock: systemClock,
      onError: (error, doing) => errors.push(`${doing}: ${(error as Error).message}`),
      ...options,
    });
    started.push(consumer);
    consumer.start();
    return { joins: () => joins, errors, committed };
  }

  it("when a partition stands still", async () => {
    const seen = consume(
      membership({
        watch: async () => {
          await delay(5);
          throw new Error("t/0 is not read any more");
        },
      }),
    );
    await eventually("a commit of the second membership", () => (seen.committed.length > 0 ? true : undefined), 5_000);
    expect(seen.committed).toEqual([5n]);
    expect(seen.joins()).toBe(2);
    expect(seen.errors).toEqual(["consuming: t/0 is not read any more"]);
  });

  it("when no commit succeeds within the limit", async () => {
    const seen = consume(
      membership({
        commit: async () => {
          await delay(60);
          throw new Error("no coordinator");
        },
      }),
      { commitLimitMs: 50 },
    );
    await eventually("a commit of the second membership", () => (seen.committed.length > 0 ? true : undefined), 5_000);
    expect(seen.committed).toEqual([5n]);
    expect(seen.errors).toEqual(["committing offsets: no coordinator", "consuming: no coordinator"]);
  });

  it("but not for one commit that fails", async () => {
    let attempts = 0;
    const seen = consume(
      membership({
        commit: async () => {
          attempts += 1;
          if (attempts === 1) throw new Error("the coordinator moves");
        },
      }),
    );
    await eventually("the commit to be repeated", () => (attempts === 2 ? true : undefined), 5_000);
    expect(seen.joins()).toBe(1);
    expect(seen.errors).toEqual(["committing offsets: the coordinator moves"]);
  });
});
