/**
 * Processes a polled batch: it decodes the records and prepares them, then uses one database transaction for inbox,
 * handlers and outbox. If a record makes that transaction fail, each record gets its own transaction, with retries. A
 * record that still fails goes to the next retry topic, if the consumer has one, or becomes a dead-letter record; then
 * the consumer continues with the partition.
 *
 * A failure that the records do not cause is retried until it succeeds: an outage (database or registry down) or a
 * fault of the service itself (schema, rights, credentials). When records of different keys fail in the same way one
 * after the other, the breaker holds them back (breaker.ts).
 */
import type { ClaimChecks } from "../claim-check/claim-check.ts";
import { readClaim } from "../claim-check/reference.ts";
import type { Clock, Random } from "../clock.ts";
import type { Contract } from "../contract.ts";
import { messageOf, ServiceError } from "../errors.ts";
import type { Codec } from "../events/codec.ts";
import { eventTypeOf, readEnvelope } from "../events/envelope.ts";
import type { AnyEvents, ConsumedType, EventMap, Received } from "../events/event-map.ts";
import type { PassPoint } from "../fault-points.ts";
import { NO_FAULTS } from "../fault-points.ts";
import type { RawRecord } from "../kafka/raw-record.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { RetryPolicy } from "../retry.ts";
import { retry } from "../retry.ts";
import type { Database, Transaction, TransactionOptions } from "../storage/database.ts";
import type { Tracer } from "../tracing/tracer.ts";
import { UNTRACED } from "../tracing/tracer.ts";
import { faultOf, isPermanent, isTimeout } from "./consumer-faults.ts";
import type { ConsumerPauses } from "./consumer-pauses.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { deadLetterCode, deadLetterEntry, noteDeadLetter } from "./dead-letter.ts";
import { eventSpans } from "./event-spans.ts";
import type { Handler, Handlers, Step } from "./handler.ts";
import { enterInbox } from "./inbox.ts";
import type { Outcome, RetryScope } from "./outcomes.ts";
import { patience } from "./patience.ts";
import type { Attempt, Item } from "./record-by-record.ts";
import { recordByRecord } from "./record-by-record.ts";
import { isReplayForOthers } from "./replay.ts";
import type { Delivery } from "./retry-topics.ts";
import { retryTopics } from "./retry-topics.ts";

/** Processes a batch. Resolves when every record is applied, already known, skipped, delayed, or a dead-letter record. */
export type BatchProcessor = (records: readonly RawRecord[], signal: AbortSignal) => Promise<void>;

export interface BatchOptions<E extends EventMap = AnyEvents> {
  readonly contract: Contract;
  readonly codec: Pick<Codec<E>, "decode">;
  readonly database: Database;
  readonly outbox: Outbox<E>;
  readonly handlers: Handlers<E>;
  /** Fetches stored bodies. @default none: such a record becomes a dead-letter record */
  readonly claimChecks?: Pick<ClaimChecks, "value">;
  /**
   * Takes the row locks that the batch needs, at the start of the transaction and in one fixed order, so that two
   * instances cannot deadlock. Called with all events, including those that turn out to be already known.
   */
  readonly lock?: (events: readonly Received<E>[], tx: Transaction) => Promise<void>;
  /**
   * Writes, at the end of the transaction, the rows that the handlers collected: many rows with one statement instead
   * of one statement per event. Called with the new events.
   */
  readonly finish?: (events: readonly Received<E>[], tx: Transaction) => Promise<void>;
  /** Attempts for one record before it is delayed or becomes a dead-letter record. */
  readonly retry?: RetryPolicy;
  readonly passPoint?: PassPoint;
  readonly clock: Clock;
  readonly random: Random;
  /** @default no spans, only identifiers */
  readonly tracer?: Tracer;
  readonly onOutcome: (outcome: Outcome, topic: string, eventType: string, count: number) => void;
  /** Called when an event's transaction was committed, at `now`, in milliseconds since the epoch. */
  readonly onApplied: (event: Received<E>, now: number) => void;
  /** Called when a handler succeeded or failed. `seconds` includes its preparation. */
  readonly onHandled: (eventType: string, seconds: number) => void;
  readonly onDeadLetter: (deadLetter: DeadLetter) => void;
  /** Called when a record was written to a retry topic. */
  readonly onDelayed: (deadLetter: DeadLetter, topic: string) => void;
  /** Called with records that are retried: those of a batch together, or one record. */
  readonly onRetry: (error: unknown, retry: Retry) => void;
  /** Called when the breaker opens or closes. */
  readonly onBreaker: (open: boolean) => void;
  /** Records each pause that has another cause than a record. */
  readonly pauses: ConsumerPauses;
  /** Called with the size of a batch and the seconds from poll to commit. */
  readonly onBatch: (size: number, seconds: number) => void;
}

/** Records that are retried. */
export interface Retry extends RetrySubject {
  /** The number of the failed attempt, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
}

/** The records that are retried: those of a batch together, or one record. */
interface RetrySubject {
  readonly scope: RetryScope;
  readonly records: readonly RawRecord[];
}

function alone(record: RawRecord): RetrySubject {
  return { scope: "record", records: [record] };
}

const RECORD_RETRY: RetryPolicy = { attempts: 5, firstDelayMs: 20, maxDelayMs: 500, factor: 2 };
/** Attempts for a record whose statement reaches its timeout: each attempt takes as long as the timeout. */
const TIMEOUT_ATTEMPTS = 2;

export function batchProcessor<E extends EventMap = AnyEvents>(options: BatchOptions<E>): BatchProcessor {
  type Event = Received<E>;
  const wanted = new Set(
    options.contract.consumes.flatMap((topic) => topic.events.map(({ event }) => `${topic.topic} ${event}`)),
  );
  const missing = options.contract.consumes.flatMap((topic) => topic.events).filter(({ event }) => !isHandled(event));
  if (missing.length > 0) {
    throw new ServiceError(
      "SVC_HANDLER_MISSING",
      `${options.contract.service} consumes ${missing.map(({ event }) => event).join(", ")} without a handler`,
    );
  }
  const group = options.contract.group ?? options.contract.service;
  const deadLetterTopic = options.contract.deadLetterTopic ?? `${group}.dlt`;
  const retries = retryTopics(options.contract);
  const passPoint = options.passPoint ?? NO_FAULTS;

  const spans = eventSpans<Event>(options.tracer ?? UNTRACED, group);
  const patiently = patience<RetrySubject>({
    ...options,
    onRetry: (error, subject, attempt, delayMs) => options.onRetry(error, { ...subject, attempt, delayMs }),
  });
  const singly = recordByRecord({
    attempt,
    giveUp,
    pauses: options.pauses,
    onBreaker: options.onBreaker,
    random: options.random,
  });

  function isHandled(type: string): type is ConsumedType<E> {
    return Object.hasOwn(options.handlers, type);
  }

  async function decode({ record }: Delivery): Promise<Event> {
    const { type, ...envelope } = readEnvelope(record);
    if (record.value === undefined)
      throw new ServiceError("SVC_RECORD_FRAMING", "the record has no value", { permanent: true });
    if (!isHandled(type)) throw new ServiceError("SVC_HANDLER_MISSING", `no handler for ${type}`, { permanent: true });
    const claim = readClaim(record.headers);
    const value =
      claim === undefined
        ? record.value
        : ((await options.claimChecks?.value(record.topic, record.value, claim)) ?? record.value);
    return {
      ...envelope,
      type,
      payload: await options.codec.decode(type, value),
      ...(claim === undefined ? {} : { claim }),
      source: { topic: record.topic, partition: record.partition, offset: record.offset },
    };
  }

  /** The batch of each event. An event that is applied alone is also prepared with a view of its batch. */
  const batches = new WeakMap<Event, readonly Event[]>();

  /** Returns the step that the event's handler runs within the transaction. */
  async function prepare<T extends ConsumedType<E>>(event: Received<E, T>): Promise<Step<E>> {
    const handler: Handler<E, T> = options.handlers[event.type];
    const begun = performance.now();
    const step: Step<E> =
      "prepare" in handler
        ? await spans.within(event, () => handler.prepare(event, batches.get(event) ?? [event]))
        : (tx) => handler.apply(event, tx);
    const preparedMs = performance.now() - begun;
    return async (tx) => {
      const started = performance.now();
      try {
        return await spans.within(event, () => step(tx));
      } finally {
        options.onHandled(event.type, (preparedMs + performance.now() - started) / 1_000);
      }
    };
  }

  /** Applies events, in their order, in one transaction. Returns the new ones. */
  async function apply(
    events: readonly Event[],
    steps: readonly Step<E>[],
    how?: TransactionOptions,
  ): Promise<readonly Event[]> {
    const stepOf = new Map(events.map((event, place) => [event, steps[place]]));
    const transaction = async (tx: Transaction): Promise<readonly Event[]> => {
      // Both use one round trip. The rows of events that are already known are locked needlessly, which is rare.
      const [fresh] = await Promise.all([enterInbox(tx, events), options.lock?.(events, tx)]);
      if (fresh.length === 0) return fresh;
      const groups = [];
      for (const event of fresh) {
        const step = stepOf.get(event);
        if (step === undefined) throw new Error(`the event ${event.id} was not prepared`);
        const caused = await step(tx);
        groups.push({
          cause: {
            correlationId: event.correlationId,
            causationId: event.id,
            ...(event.trace === undefined ? {} : { trace: event.trace }),
          },
          events: caused,
        });
      }
      await Promise.all([options.finish?.(fresh, tx), options.outbox.add(tx, groups)]);
      passPoint("before-commit");
      return fresh;
    };
    const entered = await spans.within(events[0], () => options.database.transaction(transaction, how));
    if (entered.length > 0) passPoint("after-commit");
    return entered;
  }

  /** Counts the outcomes of events. Returns the types of events that were applied. */
  function count(events: readonly Event[], fresh: readonly Event[]): ReadonlySet<string> {
    const applied = new Set(fresh);
    const now = options.clock();
    for (const event of fresh) options.onApplied(event, now);
    for (const event of events) {
      const outcome = applied.has(event) ? "applied" : "deduplicated";
      options.onOutcome(outcome, event.source.topic, event.type, 1);
      spans.end(event, outcome);
    }
    // A known event proves nothing: its handler did not run.
    return new Set(fresh.map(({ type }) => type));
  }

  async function bury(deadLetter: DeadLetter, signal: AbortSignal): Promise<void> {
    const entry = deadLetterEntry(deadLetter, {
      group,
      topic: deadLetterTopic,
      failedAt: new Date(options.clock()).toISOString(),
    });
    await patiently(
      () =>
        options.database.transaction(async (tx) => {
          if (await noteDeadLetter(tx, entry)) await options.outbox.put(tx, [entry]);
        }),
      alone(deadLetter.record),
      signal,
    );
    options.onOutcome("dead-lettered", deadLetter.record.topic, entry.eventType, 1);
    options.onDeadLetter(deadLetter);
  }

  /** Writes a record to the next retry topic. If this is repeated after a crash, the inbox recognizes the copy. */
  async function postpone(
    delivery: Delivery,
    next: NonNullable<Delivery["next"]>,
    deadLetter: DeadLetter,
    signal: AbortSignal,
  ): Promise<void> {
    const entry = retries.entry(delivery, next, deadLetter.attempts, options.clock());
    await patiently(
      () => options.database.transaction((tx) => options.outbox.put(tx, [entry])),
      alone(deadLetter.record),
      signal,
    );
    options.onOutcome("delayed", deadLetter.record.topic, entry.eventType, 1);
    options.onDelayed(deadLetter, next.topic);
  }

  /** Reads a batch. Leaves out records that this service does not consume. */
  async function read(records: readonly RawRecord[], signal: AbortSignal): Promise<readonly Item<Event>[]> {
    const items: Item<Event>[] = [];
    for (const record of records) {
      let delivery: Delivery = { record, attempts: 0, next: undefined };
      const type = eventTypeOf(record);
      const item = (): Pick<Item, "delivery" | "kind" | "key" | "attempts"> => ({
        delivery,
        kind: type ?? "unknown",
        key: record.key?.toString("latin1") ?? "",
        attempts: 0,
      });
      try {
        delivery = retries.deliver(record);
        const unwanted = type !== undefined && !wanted.has(`${delivery.record.topic} ${type}`);
        if (unwanted || isReplayForOthers(record, group)) {
          options.onOutcome("skipped", delivery.record.topic, type ?? "unknown", 1);
          continue;
        }
        const readable = delivery;
        const event = await patiently(() => decode(readable), alone(readable.record), signal);
        items.push({ ...item(), event: spans.begin(event) });
      } catch (error) {
        if (faultOf(error) !== undefined) throw error;
        items.push({ ...item(), unreadable: error, attempts: 1 });
      }
    }
    const events = items.flatMap(({ event }) => event ?? []);
    for (const event of events) batches.set(event, events);
    return items;
  }

  /**
   * Applies all readable records in one transaction. Returns the records that must be applied one by one, and the types
   * of events that were applied.
   */
  async function together(
    items: readonly Item<Event>[],
    signal: AbortSignal,
  ): Promise<{ readonly left: readonly Item<Event>[]; readonly applied: ReadonlySet<string> }> {
    const events = items.flatMap(({ event }) => event ?? []);
    if (events.length === 0) return { left: items, applied: new Set() };
    const batch: RetrySubject = {
      scope: "batch",
      records: items.flatMap(({ event, delivery }) => (event === undefined ? [] : delivery.record)),
    };
    try {
      const prepared = await Promise.all(events.map(prepare));
      const fresh = await patiently(() => apply(events, prepared), batch, signal);
      return { left: items.filter(({ event }) => event === undefined), applied: count(events, fresh) };
    } catch (error) {
      if (signal.aborted) throw error;
      // One of the records is at fault. Applied alone, each shows whether it is that one.
      options.onRetry(error, { ...batch, attempt: 1, delayMs: 0 });
      return { left: items, applied: new Set() };
    }
  }

  /** Applies one record, with retries and backoff. Throws if the record is not at fault and the signal is aborted. */
  async function single(item: Item<Event>, event: Event, signal: AbortSignal): Promise<Attempt> {
    const policy = options.retry ?? RECORD_RETRY;
    let attempts = 0;
    try {
      const fresh = await patiently(
        () =>
          retry(
            async (attempt) => {
              attempts = attempt;
              // A value may fail because its statement was prepared before the column was widened, so the last attempt
              // plans the statement again.
              return apply([event], [await prepare(event)], { prepared: attempt < policy.attempts });
            },
            {
              policy,
              random: options.random,
              signal,
              onRetry: (error, attempt, delayMs) =>
                options.onRetry(error, { ...alone(item.delivery.record), attempt, delayMs }),
              retryable: (error) =>
                !isPermanent(error) &&
                faultOf(error) === undefined &&
                !(isTimeout(error) && attempts >= TIMEOUT_ATTEMPTS),
            },
          ),
        alone(item.delivery.record),
        signal,
      );
      return { done: count([event], fresh).size > 0 ? "applied" : "known" };
    } catch (error) {
      if (faultOf(error) !== undefined || (signal.aborted && !isPermanent(error))) throw error;
      return { error };
    } finally {
      item.attempts += attempts;
    }
  }

  async function attempt(item: Item<Event>, afterPause: boolean, signal: AbortSignal): Promise<Attempt> {
    if (item.event !== undefined) return single(item, item.event, signal);
    if (!afterPause) return { error: item.unreadable };
    // An unreadable record may be readable now, because its schema is available again or is registered meanwhile.
    try {
      item.attempts += 1;
      const event = await patiently(() => decode(item.delivery), alone(item.delivery.record), signal);
      return await single(item, spans.begin(event), signal);
    } catch (error) {
      if (faultOf(error) !== undefined || signal.aborted) throw error;
      return { error };
    }
  }

  async function giveUp(
    { delivery, attempts, event }: Item<Event>,
    error: unknown,
    signal: AbortSignal,
  ): Promise<void> {
    const deadLetter = { record: delivery.record, error, attempts: delivery.attempts + attempts };
    const next = isPermanent(error) ? undefined : delivery.next;
    if (next === undefined) await bury(deadLetter, signal);
    else await postpone(delivery, next, deadLetter, signal);
    if (event !== undefined) spans.end(event, next === undefined ? "dead-lettered" : "delayed", error);
  }

  return async (records, signal) => {
    const started = options.clock();
    const items = await read(records, signal);
    if (singly.isProbing()) {
      await singly.process(items, signal);
    } else {
      const { left, applied } = await together(items, signal);
      singly.applied(applied);
      await singly.process(left, signal, applied);
    }
    options.onBatch(records.length, (options.clock() - started) / 1_000);
  };
}

/** Returns the fields of a dead-letter record for logs. */
export function describeDeadLetter(deadLetter: DeadLetter): Record<string, unknown> {
  const { topic, partition, offset } = deadLetter.record;
  return {
    topic,
    partition,
    offset: offset.toString(),
    code: deadLetterCode(deadLetter.error),
    reason: messageOf(deadLetter.error),
    attempts: deadLetter.attempts,
  };
}
