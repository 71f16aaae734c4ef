/** What a service does with the events that it reads. */
import type { ConsumedType, EventMap, Published, Received } from "../events/event-map.ts";
import type { Transaction } from "../storage/database.ts";

/** Applies an event: changes the service's own state through `tx`, and gives back the events that follow from it. It may run again after a rollback. */
export type Step<E extends EventMap> = (tx: Transaction) => Promise<readonly Published<E>[]>;

/** What a service does with one type of event: it applies it, or prepares what is applied then. */
export type Handler<E extends EventMap, T extends ConsumedType<E>> =
  | { readonly apply: (event: Received<E, T>, ...rest: Parameters<Step<E>>) => ReturnType<Step<E>> }
  | {
      /**
       * Work with the outside world, before the transaction and at the same time for the whole batch; gives back how the
       * event is applied. It may run more than once for an event and must be idempotent.
       * @param batch - All events of the batch, in their order: what comes further on may make the work needless.
       */
      readonly prepare: (event: Received<E, T>, batch: readonly Received<E>[]) => Promise<Step<E>>;
    };

/** A handler for each event that a service reads, by event type. */
export type Handlers<E extends EventMap> = { readonly [T in ConsumedType<E>]: Handler<E, T> };
