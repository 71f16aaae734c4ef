/** The types of a service's events. */
import type { NewEvent, ReceivedEvent } from "./envelope.ts";

/** The payload of an event about which nothing more is known. */
export type Payload = Readonly<Record<string, unknown>>;

/** Payloads by event type, for consumed and for published events, as in the service's `events.generated.ts`. */
export interface EventMap {
  readonly consumes: Readonly<Record<string, object>>;
  readonly publishes: Readonly<Record<string, object>>;
}

/** The events of any service, for code that does not look into payloads. */
export interface AnyEvents {
  readonly consumes: Readonly<Record<string, Payload>>;
  readonly publishes: Readonly<Record<string, Payload>>;
}

/** Types of the events that a service consumes. */
export type ConsumedType<E extends EventMap> = keyof E["consumes"] & string;

/** Types of the events that a service publishes. */
export type PublishedType<E extends EventMap> = keyof E["publishes"] & string;

/**
 * A received event of one of the given types; by default, of any type that the service consumes. `type` determines the
 * payload.
 */
export type Received<E extends EventMap, T extends ConsumedType<E> = ConsumedType<E>> = {
  [K in T]: ReceivedEvent<E["consumes"][K], K>;
}[T];

/** A new event of one of the given types; by default, of any type that the service publishes. */
export type Published<E extends EventMap, T extends PublishedType<E> = PublishedType<E>> = {
  [K in T]: NewEvent<E["publishes"][K], K>;
}[T];
