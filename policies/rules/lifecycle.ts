import * as z from "zod";
import type { TopicDeclaration } from "../../components/model/types.ts";
import { type Breach, type Rule, rule, ruleWith } from "../rule.ts";
import { placeOf } from "./places.ts";

const day = 86_400_000;

/** Rules on producers, consumers and deprecated topics. */
export const lifecycleRules: readonly Rule[] = [
  rule({
    id: "topic-without-producer",
    subject: "lifecycle",
    level: "warning",
    summary: "Each topic has a producer.",
    rationale: "A topic without a producer costs partitions, and its consumers wait for events that never come.",
    wrong: { topic: "producers: null" },
    right: { topic: "producers: {order-service: {quota: 5MiB/s}}" },
    checks: () => ({
      topic: ({ declaration }) =>
        declaration === undefined || declaration.producers.length > 0 || declaration.deprecated !== undefined
          ? undefined
          : { message: "no service writes to it", fix: "add producers:, or deprecate the topic" },
    }),
  }),
  rule({
    id: "topic-without-consumer",
    subject: "lifecycle",
    level: "info",
    summary: "Each topic has a consumer.",
    rationale: "A topic without consumers is either waiting for its first consumer or left over from its last one.",
    wrong: { topic: "consumers: null" },
    right: {
      topic:
        "consumers: {payment-service: {instances: 3, events: [order.created, order.confirmed, order.cancelled], quota: 5MiB/s}}",
    },
    checks: () => ({
      topic: ({ declaration }) =>
        declaration === undefined || declaration.consumers.length > 0 || declaration.deprecated !== undefined
          ? undefined
          : { message: "no service reads it", fix: "add consumers:, or deprecate the topic" },
    }),
  }),
  rule({
    id: "event-without-producer",
    subject: "lifecycle",
    level: "warning",
    summary: "Each event type has a producer.",
    rationale: "A consumer of an event that no service publishes waits forever.",
    wrong: { topic: "producers: {order-service: {events: [order.created]}}" },
    right: { topic: "producers: {order-service: {quota: 5MiB/s}}" },
    checks: () => ({
      topic({ declaration }) {
        if (declaration === undefined || declaration.producers.length === 0) return undefined;
        const published = new Set(declaration.producers.flatMap(({ events }) => events));
        return declaration.events
          .filter(({ name }) => !published.has(name))
          .map(
            ({ name, source }): Breach => ({
              message: `no producer publishes ${name}`,
              fix: "add it to a producer's events, or delete it",
              at: source,
            }),
          );
      },
    }),
  }),
  rule({
    id: "event-without-consumer",
    subject: "lifecycle",
    level: "info",
    summary: "Each event type has a consumer.",
    rationale: "An event that no service handles is either unnecessary or missing in a consumer's list.",
    wrong: { topic: "events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}" },
    right: {
      topic:
        "events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}\nconsumers: {payment-service: {events: [order.created, order.confirmed, order.cancelled, order.noted]}}",
    },
    checks: () => ({
      topic({ declaration }) {
        if (declaration === undefined || declaration.consumers.length === 0) return undefined;
        const handled = new Set(declaration.consumers.flatMap(({ events }) => events));
        return declaration.events
          .filter(({ name }) => !handled.has(name))
          .map(
            ({ name, source }): Breach => ({
              message: `no consumer handles ${name}`,
              fix: "add it to a consumer's events, or delete it",
              at: source,
            }),
          );
      },
    }),
  }),
  rule({
    id: "single-writer",
    subject: "lifecycle",
    level: "warning",
    summary: "Only one service publishes an event type.",
    rationale:
      "Two producers of one event contradict each other sooner or later, and neither can change the schema alone.",
    wrong: { topic: "producers: {payment-service: {quota: 1MiB/s}}" },
    right: { topic: "producers: {order-service: {quota: 5MiB/s}}" },
    checks: () => ({
      topic({ declaration }) {
        if (declaration === undefined || declaration.producers.length < 2) return undefined;
        const writers = writersOf(declaration);
        return [...writers].flatMap(([event, services]): Breach[] =>
          services.length < 2
            ? []
            : [
                {
                  message: `${event} is published by ${services.join(" and ")}`,
                  fix: "list under each producer only the events that no other service publishes",
                },
              ],
        );
      },
    }),
  }),
  ruleWith({
    id: "deprecated-in-use",
    subject: "lifecycle",
    level: "warning",
    summary: "A deprecated topic loses its consumers in time.",
    rationale: "It can't be removed while it has consumers, and a deprecation needs an end.",
    parameters: z.strictObject({
      grace: z
        .int()
        .min(0)
        .max(3_650)
        .default(90)
        .meta({ description: "Days after the deprecation until consumers are reported." }),
    }),
    wrong: { topic: "deprecated: {since: 2020-01-01, reason: Replaced by order-facts.}" },
    right: { topic: "deprecated: {since: 2026-11-20, reason: Replaced by order-facts.}" },
    checks: ({ grace }) => ({
      topic(topic, { today }) {
        const { declaration } = topic;
        const deprecated = declaration?.deprecated;
        if (declaration === undefined || deprecated === undefined || declaration.consumers.length === 0)
          return undefined;
        const end =
          deprecated.removal ?? new Date(Date.parse(deprecated.since) + grace * day).toISOString().slice(0, 10);
        if (today < end) return undefined;
        return {
          message: `deprecated since ${deprecated.since}, without consumers by ${end}; still consumed by ${declaration.consumers.map(({ service }) => service).join(", ")}`,
          fix: "move the consumers to the replacement, or set a later removal",
          ...placeOf(topic, "deprecated"),
        };
      },
    }),
  }),
];

function writersOf({ producers }: TopicDeclaration): Map<string, string[]> {
  const writers = new Map<string, string[]>();
  for (const { service, events } of producers)
    for (const event of events) writers.set(event, [...(writers.get(event) ?? []), service]);
  return writers;
}
