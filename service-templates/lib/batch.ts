/**
 * A polled batch: decode, prepare, then one database transaction for all of it: inbox, handlers,
 * outbox. When that transaction fails because of a record, each record gets its own, with retries;
 * what still fails goes to the next retry topic, where the consumer has any, or becomes a dead
 * letter, and the partition moves on. What fails because of the
 * circumstances (database or registry down) is repeated until it works: those records are not at fault.
 */
import type { ClaimChecks } from "./claim-check.ts";
import { readClaim } from "./claim-check-reference.ts";
import type { Codec, Payload } from "./codec.ts";
import type { Contract } from "./contract.ts";
import type { Clock, Random } from "./clock.ts";
import { pause } from "./clock.ts";
import type { Database, Transaction } from "./database.ts";
import { isTransientDatabaseError } from "./database.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { deadLetterCode, deadLetterEntry, noteDeadLetter } from "./dead-letter.ts";
import type { NewEvent, RawRecord, ReceivedEvent } from "./envelope.ts";
import { eventTypeOf, readEnvelope } from "./envelope.ts";
import type { ErrorCode } from "./errors.ts";
import { messageOf, ServiceError } from "./errors.ts";
import type { PassPoint } from "./fault-points.ts";
import { NO_FAULTS } from "./fault-points.ts";
import { enterInbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import { isReplayForOthers } from "./replay.ts";
import type { RetryPolicy } from "./retry.ts";
import { backoff, retry } from "./retry.ts";
import type { Delivery } from "./retry-topics.ts";
import { retryTopics } from "./retry-topics.ts";

/** What a service does with one kind of event. */
export interface Handler<P extends Payload = Payload, Prepared = unknown> {
  /**
   * Work with the outside world, before the transaction and at the same time for the whole batch.
   * It may run more than once for an event and must be idempotent.
   */
  readonly prepare?: (event: ReceivedEvent<P>) => Promise<Prepared>;
  /** Applies the event: changes the service's own state and gives back the events that follow from it. */
  readonly apply: (event: ReceivedEvent<P>, tx: Transaction, prepared: Prepared) => Promise<readonly NewEvent[]>;
}

/** A handler of some event, whatever its payload. */
export interface AnyHandler {
  readonly prepare?: (event: ReceivedEvent<never>) => Promise<unknown>;
  readonly apply: (event: ReceivedEvent<never>, tx: Transaction, prepared: never) => Promise<readonly NewEvent[]>;
}

/** Handlers by event type. The payload type of each is the one its Avro schema describes. */
export type Handlers = Readonly<Record<string, AnyHandler>>;

/** Takes a batch; resolves when every record is applied, known already, skipped, delayed, or a dead letter. */
export type BatchProcessor = (records: readonly RawRecord[], signal: AbortSignal) => Promise<void>;

/** What became of records. */
export type Outcome = "applied" | "deduplicated" | "skipped" | "delayed" | "dead-lettered";

export interface BatchOptions {
  readonly contract: Contract;
  readonly codec: Codec;
  readonly database: Database;
  readonly outbox: Outbox;
  readonly handlers: Handlers;
  /** Fetches stored bodies. @default none: such a record is a dead letter */
  readonly claimChecks?: Pick<ClaimChecks, "value">;
  /**
   * Takes, at the beginning of the transaction, the row locks that the batch needs, in one fixed order,
   * so that two instances never wait for each other crosswise. Called with all events, those too that turn
   * out to be known.
   */
  readonly lock?: (events: readonly ReceivedEvent[], tx: Transaction) => Promise<void>;
  /**
   * Writes, at the end of the transaction, what the handlers only gathered: many rows with one statement
   * instead of one statement per event. Called with the events that were new.
   */
  readonly finish?: (events: readonly ReceivedEvent[], tx: Transaction) => Promise<void>;
  /** Attempts for one record before it is delayed or a dead letter. */
  readonly retry?: RetryPolicy;
  readonly passPoint?: PassPoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly onOutcome: (outcome: Outcome, topic: string, eventType: string, count: number) => void;
  readonly onDeadLetter: (letter: DeadLetter) => void;
  /** A record waits in a retry topic now. */
  readonly onDelayed: (letter: DeadLetter, topic: string) => void;
  readonly onRetry: (error: unknown, attempt: number, delayMs: number) => void;
  /** Seconds a batch took from poll to commit, and its size. */
  readonly onBatch: (size: number, seconds: number) => void;
}

interface Decoded {
  readonly delivery: Delivery;
  readonly event: ReceivedEvent;
}

const RECORD_RETRY: RetryPolicy = { attempts: 5, firstDelayMs: 20, maxDelayMs: 500, factor: 2 };
const CIRCUMSTANCES: RetryPolicy = { attempts: 0, firstDelayMs: 50, maxDelayMs: 2_000, factor: 2 };

export function batchProcessor(options: BatchOptions): BatchProcessor {
  const wanted = new Set(options.contract.consumes.flatMap((topic) => topic.events.map(({ event }) => `${topic.topic} ${event}`)));
  const missing = options.contract.consumes.flatMap((topic) => topic.events).filter(({ event }) => options.handlers[event] === undefined);
  if (missing.length > 0) {
    throw new ServiceError("SVC_HANDLER_MISSING", `${options.contract.service} consumes ${missing.map(({ event }) => event).join(", ")} without a handler`);
  }
  const group = options.contract.group ?? options.contract.service;
  const deadLetterTopic = options.contract.deadLetterTopic ?? `${group}.dlt`;
  const retries = retryTopics(options.contract);
  const passPoint = options.passPoint ?? NO_FAULTS;

  /** Repeats for as long as the circumstances are at fault; gives other errors on. */
  async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!isCircumstantial(error) || signal.aborted) throw error;
        const delay = backoff(attempt, CIRCUMSTANCES, options.random);
        options.onRetry(error, attempt, delay);
        await pause(delay, signal);
      }
    }
  }

  async function decode(delivery: Delivery): Promise<Decoded> {
    const { record } = delivery;
    const envelope = readEnvelope(record);
    if (record.value === undefined) throw new ServiceError("SVC_RECORD_FRAMING", "the record has no value", { permanent: true });
    const claim = readClaim(record.headers);
    const value = claim === undefined ? record.value : await options.claimChecks?.value(record.topic, record.value, claim) ?? record.value;
    const payload = await options.codec.decode(envelope.type, value);
    return { delivery, event: { ...envelope, payload, ...(claim === undefined ? {} : { claim }), source: { topic: record.topic, partition: record.partition, offset: record.offset } } };
  }

  async function prepare(event: ReceivedEvent): Promise<unknown> {
    const handler = options.handlers[event.type] as Handler | undefined;
    return handler?.prepare?.(event);
  }

  /** Applies events, in their order, in one transaction; gives back those that were new. */
  async function apply(events: readonly ReceivedEvent[], prepared: readonly unknown[]): Promise<readonly ReceivedEvent[]> {
    const preparedOf = new Map(events.map((event, place) => [event, prepared[place]]));
    const entered = await options.database.transaction(async (tx) => {
      // One round trip for both; the rows of events that turn out to be known are locked for nothing, which is rare.
      const [fresh] = await Promise.all([enterInbox(tx, events), options.lock?.(events, tx)]);
      if (fresh.length === 0) return fresh;
      const groups = [];
      for (const event of fresh) {
        const handler = options.handlers[event.type] as Handler | undefined;
        if (handler === undefined) throw new ServiceError("SVC_HANDLER_MISSING", `no handler for ${event.type}`, { permanent: true });
        const caused = await handler.apply(event, tx, preparedOf.get(event));
        groups.push({
          cause: { correlationId: event.correlationId, causationId: event.id, ...(event.trace === undefined ? {} : { trace: event.trace }) },
          events: caused,
        });
      }
      await Promise.all([options.finish?.(fresh, tx), options.outbox.add(tx, groups)]);
      passPoint("before-commit");
      return fresh;
    });
    if (entered.length > 0) passPoint("after-commit");
    return entered;
  }

  function count(events: readonly ReceivedEvent[], fresh: readonly ReceivedEvent[]): void {
    const applied = new Set(fresh);
    for (const event of events) options.onOutcome(applied.has(event) ? "applied" : "deduplicated", event.source.topic, event.type, 1);
  }

  async function bury(letter: DeadLetter, signal: AbortSignal): Promise<void> {
    const entry = deadLetterEntry(letter, { group, topic: deadLetterTopic, failedAt: new Date(options.clock()).toISOString() });
    await patiently(() => options.database.transaction(async (tx) => {
      if (await noteDeadLetter(tx, entry)) await options.outbox.put(tx, [entry]);
    }), signal);
    options.onOutcome("dead-lettered", letter.record.topic, entry.eventType, 1);
    options.onDeadLetter(letter);
  }

  /** To the next retry topic. A copy of it, written when this is repeated after a crash, is known to the inbox. */
  async function postpone(delivery: Delivery, next: NonNullable<Delivery["next"]>, letter: DeadLetter, signal: AbortSignal): Promise<void> {
    const entry = retries.entry(delivery, next, letter.attempts, options.clock());
    await patiently(() => options.database.transaction((tx) => options.outbox.put(tx, [entry])), signal);
    options.onOutcome("delayed", letter.record.topic, entry.eventType, 1);
    options.onDelayed(letter, next.topic);
  }

  /** One record by itself: retried with backoff, then delayed or buried. */
  async function single({ delivery, event }: Decoded, signal: AbortSignal): Promise<void> {
    let attempts = 0;
    try {
      const fresh = await patiently(() => retry(async (attempt) => {
        attempts = attempt;
        return apply([event], [await prepare(event)]);
      }, {
        policy: options.retry ?? RECORD_RETRY, random: options.random, signal, onRetry: options.onRetry,
        retryable: (error) => !isPermanent(error) && !isCircumstantial(error),
      }), signal);
      count([event], fresh);
    } catch (error) {
      if (signal.aborted && !isPermanent(error)) throw error;
      const letter = { record: delivery.record, error, attempts: delivery.attempts + attempts };
      if (delivery.next === undefined || isPermanent(error)) await bury(letter, signal);
      else await postpone(delivery, delivery.next, letter, signal);
    }
  }

  return async (records, signal) => {
    const started = options.clock();
    const decoded: Decoded[] = [];
    const poison: DeadLetter[] = [];
    for (const record of records) {
      let delivery: Delivery = { record, attempts: 0, next: undefined };
      try {
        delivery = retries.deliver(record);
        const type = eventTypeOf(record);
        const unwanted = type !== undefined && !wanted.has(`${delivery.record.topic} ${type}`);
        if (unwanted || isReplayForOthers(record, group)) {
          options.onOutcome("skipped", delivery.record.topic, type ?? "unknown", 1);
          continue;
        }
        const readable = delivery;
        decoded.push(await patiently(() => decode(readable), signal));
      } catch (error) {
        if (isCircumstantial(error)) throw error;
        poison.push({ record: delivery.record, error, attempts: delivery.attempts + 1 });
      }
    }
    for (const letter of poison) await bury(letter, signal);
    if (decoded.length > 0) {
      const events = decoded.map(({ event }) => event);
      let together: readonly ReceivedEvent[] | undefined;
      try {
        const prepared = await Promise.all(events.map(prepare));
        together = await patiently(() => apply(events, prepared), signal);
      } catch (error) {
        if (signal.aborted) throw error;
        // One of them is at fault; alone, each shows whether it is the one.
        options.onRetry(error, 1, 0);
      }
      if (together !== undefined) count(events, together);
      else for (const item of decoded) await single(item, signal);
    }
    options.onBatch(records.length, (options.clock() - started) / 1_000);
  };
}

function isPermanent(error: unknown): boolean {
  return error instanceof ServiceError && error.permanent;
}

const CIRCUMSTANTIAL: readonly ErrorCode[] = ["SVC_REGISTRY_UNAVAILABLE", "SVC_CLAIM_STORE_UNAVAILABLE", "SVC_PROVIDER_UNAVAILABLE", "SVC_BATCH_OVERTAKEN"];

/** Whether the surroundings failed, not the record. */
function isCircumstantial(error: unknown): boolean {
  return error instanceof ServiceError ? CIRCUMSTANTIAL.includes(error.code) : isTransientDatabaseError(error);
}

/** For logs. */
export function describeLetter(letter: DeadLetter): Record<string, unknown> {
  const { topic, partition, offset } = letter.record;
  return { topic, partition, offset: offset.toString(), code: deadLetterCode(letter.error), reason: messageOf(letter.error), attempts: letter.attempts };
}
