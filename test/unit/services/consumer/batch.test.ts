import type { Handler } from "@event-platform-kit/service/consumer/handler";
import type { Contract } from "@event-platform-kit/service/contract";
import { ServiceError } from "@event-platform-kit/service/errors";
import type { AnyEvents } from "@event-platform-kit/service/events/event-map";
import { derivedUuid } from "@event-platform-kit/service/ids";
import type { Database, Row, Statement, Transaction } from "@event-platform-kit/service/storage/database";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { batchProcessor } from "../../../../service-templates/lib/consumer/batch.ts";
import type { PauseReason } from "../../../../service-templates/lib/consumer/consumer-faults.ts";
import type { ConsumerPauses } from "../../../../service-templates/lib/consumer/consumer-pauses.ts";
import { consumerPauses } from "../../../../service-templates/lib/consumer/consumer-pauses.ts";
import type { Outcome } from "../../../../service-templates/lib/consumer/outcomes.ts";
import type { RawRecord } from "../../../../service-templates/lib/kafka/raw-record.ts";

const CONTRACT: Contract = {
  service: "s",
  group: "s",
  instances: 1,
  deadLetterTopic: "s.dlt",
  retryTopics: [],
  publishes: [],
  consumes: [
    {
      topic: "t",
      events: [
        { event: "a", record: "A", schema: "a" },
        { event: "b", record: "B", schema: "b" },
      ],
    },
  ],
};
const coded = (code: string, message = "x"): Error => Object.assign(new Error(message), { code });

function record(offset: number, type = "a", key = `k${offset}`): RawRecord {
  const headers = {
    "event-id": derivedUuid("event", String(offset)),
    "event-type": type,
    "occurred-at": "2026-01-01T00:00:00Z",
    "correlation-id": "c",
    "event-version": "1",
  };
  return {
    topic: "t",
    partition: 0,
    offset: BigInt(offset),
    key: Buffer.from(key),
    value: Buffer.from([offset % 256]),
    leaderEpoch: 0,
    timestamp: 0,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
  };
}

interface Bench {
  readonly process: (records: readonly RawRecord[], signal?: AbortSignal) => Promise<void>;
  readonly applied: string[];
  /** Offsets of dead-letter records. */
  readonly letters: number[];
  readonly pauses: ConsumerPauses;
  readonly changes: (readonly [PauseReason, boolean])[];
  /** Options of each transaction of a record or a batch. */
  readonly prepared: (boolean | undefined)[];
  /** Type and moment of each event that was applied. */
  readonly latencies: (readonly [string, number])[];
  /** Types of events whose handlers ran, each time that one did. */
  readonly handled: string[];
  /** Retries: scope, number of events, attempt. */
  readonly retries: (readonly [string, number, number])[];
  /** Whether the breaker opened or closed, each time that it did. */
  readonly breaker: boolean[];
}

/** A processor on a database without state. `fails` determines the result of applying a record. */
function bench(
  fails: (offset: number, type: string, attempt: number) => Error | undefined,
  decodes: (offset: number) => Error | undefined = () => undefined,
): Bench {
  const applied: string[] = [];
  const deadLetters: number[] = [];
  const prepared: (boolean | undefined)[] = [];
  const latencies: (readonly [string, number])[] = [];
  const handled: string[] = [];
  const retries: (readonly [string, number, number])[] = [];
  const breaker: boolean[] = [];
  const attempts = new Map<number, number>();
  const changes: (readonly [PauseReason, boolean])[] = [];
  const pauses = consumerPauses({
    clock: Date.now,
    onChange: (reason, pause) => changes.push([reason, pause !== undefined]),
  });
  const database: Database = {
    query: async () => [],
    close: async () => undefined,
    async transaction(work, options) {
      prepared.push(options?.prepared);
      const tx: Transaction = {
        async query<R extends Row>({ name, values }: Statement): Promise<readonly R[]> {
          if (name === "inbox-enter")
            return (values?.[0] as string[]).map((event_id) => ({ event_id })) as unknown as R[];
          return [{ letter_id: "x" }] as unknown as R[];
        },
        afterCommit: () => undefined,
      };
      return work(tx);
    },
  };
  const handler: Handler<AnyEvents, string> = {
    async apply(event) {
      const offset = Number(event.source.offset);
      attempts.set(offset, (attempts.get(offset) ?? 0) + 1);
      const error = fails(offset, event.type, attempts.get(offset) ?? 0);
      if (error !== undefined) throw error;
      return [];
    },
  };
  const process = batchProcessor({
    contract: CONTRACT,
    database,
    pauses,
    handlers: { a: handler, b: handler },
    clock: Date.now,
    random: () => 0.5,
    codec: {
      async decode(_type, value) {
        const error = decodes(value[0] ?? 0);
        if (error !== undefined) throw error;
        return {};
      },
    },
    outbox: { add: async () => undefined, put: async () => undefined },
    onOutcome: (outcome: Outcome, _topic, type) => {
      if (outcome === "applied") applied.push(type);
    },
    onDeadLetter: (deadLetter) => deadLetters.push(Number(deadLetter.record.offset)),
    onApplied: (event, now) => latencies.push([event.type, now]),
    onHandled: (event) => handled.push(event),
    onDelayed: () => undefined,
    onRetry: (_error, { scope, records, attempt }) => retries.push([scope, records.length, attempt]),
    onBatch: () => undefined,
    onBreaker: (open) => breaker.push(open),
  });
  return {
    process: (records, signal = new AbortController().signal) => process(records, signal),
    applied,
    letters: deadLetters,
    pauses,
    changes,
    prepared,
    latencies,
    handled,
    retries,
    breaker,
  };
}

describe("a batch whose records fail", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const many = (count: number, type = "a"): RawRecord[] =>
    Array.from({ length: count }, (_, offset) => record(offset, type));
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  it.each<readonly [string, PauseReason]>([
    ["0A000", "database-schema"],
    ["42703", "database-schema"],
    ["42P01", "database-schema"],
    ["26000", "database-schema"],
    ["42501", "database-rights"],
    ["25006", "database-read-only"],
    ["28P01", "database-credentials"],
    ["28000", "database-credentials"],
    ["42883", "database-schema"],
    ["3F000", "database-schema"],
    ["0LP01", "database-rights"],
  ])("waits while the service is at fault (%s), says why, and goes on by itself", async (code, reason) => {
    let healed = false;
    const { process, letters, applied, pauses, changes } = bench(() =>
      healed ? undefined : coded(code, "it does not fit"),
    );
    const done = process(many(20));
    await pass(600_000);
    expect(letters).toEqual([]);
    expect(pauses.current()).toMatchObject({ blames: "service", reason, detail: "it does not fit" });
    healed = true;
    await pass(10_000);
    await done;
    expect([letters, applied.length, pauses.current()]).toEqual([[], 20, undefined]);
    expect(changes).toEqual([
      [reason, true],
      [reason, false],
    ]);
  });

  it("makes a single poison key a dead-letter record as before, and applies the rest", async () => {
    const { process, letters, applied, changes, prepared, retries, handled, latencies, breaker } = bench((offset) =>
      offset === 3 ? coded("23514") : undefined,
    );
    const done = process(many(8));
    await pass(5_000);
    await done;
    expect([letters, applied.length, changes, breaker]).toEqual([[3], 7, [], []]);
    expect(retries).toEqual([["batch", 8, 1], ...[1, 2, 3, 4].map((attempt) => ["record", 1, attempt])]);
    expect(
      latencies.map(([type]) => type),
      "applied events, once each",
    ).toEqual(many(7).map(() => "a"));
    expect(handled, "four in the batch that failed, seven of their own, five attempts").toHaveLength(4 + 7 + 5);
    // The last of the five attempts uses no prepared statement.
    expect(prepared.filter((choice) => choice === false)).toHaveLength(1);
  });

  it("holds records back when those of five keys fail alike, and applies them once that is over", async () => {
    let healed = false;
    const { process, letters, applied, pauses, changes, breaker } = bench(() =>
      healed ? undefined : new Error("something that all share"),
    );
    const done = process(many(50));
    await pass(60_000);
    expect(letters).toEqual([0, 1, 2, 3]);
    expect(pauses.current()).toMatchObject({ blames: "service", reason: "repeated-failures" });
    expect(pauses.current()?.detail).toContain("something that all share");
    expect(breaker).toEqual([true]);
    healed = true;
    await pass(60_000);
    await done;
    expect([letters, applied.length, pauses.current(), changes]).toEqual([
      [0, 1, 2, 3],
      46,
      undefined,
      [
        ["repeated-failures", true],
        ["repeated-failures", false],
      ],
    ]);
  });

  it("finds out with a good record behind them that bad ones are at fault themselves", async () => {
    const { process, letters, applied } = bench((offset) => (offset < 12 ? new Error("bad by itself") : undefined));
    const done = process(many(20));
    await pass(10_000);
    await done;
    expect(letters.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, offset) => offset));
    expect(applied).toHaveLength(8);
  });

  it("is not stopped by records that nobody can read, nor by unreadable ones beside good ones", async () => {
    const broken = bench(
      () => undefined,
      () => new ServiceError("SVC_RECORD_BODY", "no", { permanent: true }),
    );
    await broken.process(many(30));
    expect([broken.letters.length, broken.changes]).toEqual([30, []]);
    const beside = bench(
      () => undefined,
      (offset) =>
        offset < 20 ? new ServiceError("SVC_RECORD_SCHEMA_INCOMPATIBLE", "no", { permanent: true }) : undefined,
    );
    await beside.process(many(30));
    expect([beside.letters.length, beside.applied.length, beside.changes]).toEqual([20, 10, []]);
  });

  it("waits when nothing can be read any more, and reads it again", async () => {
    let healed = false;
    const { process, letters, applied } = bench(
      () => undefined,
      () => (healed ? undefined : new ServiceError("SVC_RECORD_SCHEMA_INCOMPATIBLE", "no", { permanent: true })),
    );
    const done = process(many(30));
    await pass(120_000);
    expect(letters).toHaveLength(4);
    healed = true;
    await pass(60_000);
    await done;
    expect([letters.length, applied.length]).toEqual([4, 26]);
  });

  it("keeps the order of a key while it probes", async () => {
    let healed = false;
    const order: number[] = [];
    const { process } = bench((offset) => {
      if (!healed) return new Error("all alike");
      order.push(offset);
      return undefined;
    });
    const keys = ["p", "q", "r"];
    const done = process([
      ...many(5),
      ...Array.from({ length: 12 }, (_, place) => record(100 + place, "a", keys[place % 3])),
    ]);
    await pass(90_000);
    healed = true;
    await pass(60_000);
    await done;
    for (const [place] of keys.entries()) {
      const own = order.filter((offset) => offset >= 100 && (offset - 100) % 3 === place);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
      expect(own).toHaveLength(4);
    }
  });

  it("gives up in the end, one record per probe, and never before", async () => {
    const { process, letters } = bench(() => new Error("forever"));
    const done = process(many(10));
    await pass(3_600_000);
    await done;
    expect(letters.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("counts a statement that is too slow against its record, after two attempts, under a code of its own", async () => {
    let attempts = 0;
    const { process, letters } = bench((offset) => {
      if (offset !== 2) return undefined;
      attempts += 1;
      return coded("57014");
    });
    const done = process(many(5));
    await pass(60_000);
    await done;
    // Once with the batch, twice by itself.
    expect([letters, attempts]).toEqual([[2], 3]);
  });

  it("gives nothing up when it is stopped while it waits", async () => {
    const stop = new AbortController();
    const { process, letters, pauses } = bench(() => coded("42501"));
    const ended = process(many(3), stop.signal).then(
      () => "done",
      () => "not done",
    );
    await pass(30_000);
    stop.abort();
    await pass(1_000);
    expect([await ended, letters, pauses.current()]).toEqual(["not done", [], undefined]);
    const held = bench(() => new Error("all alike"));
    const again = new AbortController();
    const end = held.process(many(20), again.signal).then(
      () => "done",
      () => "not done",
    );
    await pass(30_000);
    again.abort();
    await pass(1_000);
    expect([await end, held.letters, held.pauses.current()]).toEqual(["not done", [0, 1, 2, 3], undefined]);
  });
});
