/** How the events of a service are typed. */
import type { NewEvent, ReceivedEvent } from "./envelope.ts";

/** The payload of an event of which nothing more is known. */
export type Payload = Readonly<Record<string, unknown>>;

/** Payloads by event type, of what a service reads and of what it publishes: as its `events.generated.ts` has them. */
export interface EventMap {
  readonly consumes: Readonly<Record<string, object>>;
  readonly publishes: Readonly<Record<string, object>>;
}

/** The events of any service, for parts that look into no payload. */
export interface AnyEvents {
  readonly consumes: Readonly<Record<string, Payload>>;
  readonly publishes: Readonly<Record<string, Payload>>;
}

/** Types of the events that a service reads. */
export type ConsumedType<E extends EventMap> = keyof E["consumes"] & string;

/** Types of the events that a service publishes. */
export type PublishedType<E extends EventMap> = keyof E["publishes"] & string;

/** A received event of one of some types; without them, of any that the service reads. `type` tells which payload it has. */
export type Received<E extends EventMap, T extends ConsumedType<E> = ConsumedType<E>> = {
  [K in T]: ReceivedEvent<E["consumes"][K], K>;
}[T];

/** A new event of one of some types; without them, of any that the service publishes. */
export type Published<E extends EventMap, T extends PublishedType<E> = PublishedType<E>> = {
  [K in T]: NewEvent<E["publishes"][K], K>;
}[T];
