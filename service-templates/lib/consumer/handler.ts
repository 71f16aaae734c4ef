/** Handlers of the events that a service consumes. */
import type { ConsumedType, EventMap, Published, Received } from "../events/event-map.ts";
import type { Transaction } from "../storage/database.ts";

/**
 * Applies an event: changes the service's own state through `tx` and returns the events that follow from it. It may run
 * again after a rollback.
 */
export type Step<E extends EventMap> = (tx: Transaction) => Promise<readonly Published<E>[]>;

/** A service's handler of one type of event. It applies the event, or prepares the step that applies it. */
export type Handler<E extends EventMap, T extends ConsumedType<E>> =
  | { readonly apply: (event: Received<E, T>, ...rest: Parameters<Step<E>>) => ReturnType<Step<E>> }
  | {
      /**
       * Does work outside the transaction, such as calls to external systems, before the transaction and in parallel
       * for the whole batch. Returns the step that applies the event. It may run more than once for an event and must
       * be idempotent.
       * @param batch - All events of the batch, in their order: a later event may make the work unnecessary.
       */
      readonly prepare: (event: Received<E, T>, batch: readonly Received<E>[]) => Promise<Step<E>>;
    };

/** A handler for each event that a service consumes, by event type. */
export type Handlers<E extends EventMap> = { readonly [T in ConsumedType<E>]: Handler<E, T> };
