import { formatDuration } from "../../../components/model/values/duration.ts";
import { type Breach, type Rule, rule } from "../../rule.ts";

import { eventNames, eventsOf, goodSaga, sagaRule } from "./saga-rule.ts";

/** Rules on the runs of a saga: terminal states, key, partitions and retention. */
export const sagaRunRules: readonly Rule[] = [
  sagaRule({
    id: "saga-end",
    summary: "The coordinator publishes the start and every terminal state of its saga.",
    rationale:
      "A terminal state that no service publishes is never reached; the coordinator does not decide one that another service publishes.",
    wrong: { domain: "sagas: {order: {succeeds: [payment.processed]}}" },
    right: goodSaga,
    check: (saga, events) =>
      [saga.starts, ...saga.succeeds, ...saga.fails]
        .filter((event) => events.topicOf.has(event) && !events.publishes(saga.coordinator, event))
        .map((event) => ({
          message: `${event} is a start or a terminal state of the saga ${saga.name}, but ${saga.coordinator} does not publish it`,
          fix: `add ${saga.coordinator} to the producers of ${events.topicOf.get(event)?.name ?? "its topic"}`,
          at: saga.source,
        })),
  }),
  sagaRule({
    id: "saga-key",
    summary: "All events of a saga have its key.",
    rationale: "Kafka keeps order per key: with different keys, the cancellation of a run can overtake its start.",
    wrong: { domain: "topics: {payment-events: {key: null}}" },
    right: { domain: "topics: {payment-events: {key: orderId}}" },
    check: (saga, { topicOf }) => {
      const odd = new Map(
        eventNames(saga).flatMap(({ event }) => {
          const topic = topicOf.get(event);
          return topic === undefined || topic.key === saga.key ? [] : [[topic.name, topic] as const];
        }),
      );
      return [...odd.values()].map((topic) => ({
        message: `${topic.name} has events of the saga ${saga.name} and the key ${topic.key ?? "(none)"} instead of ${saga.key}`,
        fix: `set key: ${saga.key}`,
        object: topic.name,
        at: topic.places.key ?? topic.source,
      }));
    },
  }),
  sagaRule({
    id: "saga-co-partitioning",
    summary: "The topics of a saga that one of its services consumes have the same number of partitions.",
    rationale:
      "Then all events of a run reach one instance of the service, in order and without locks between instances.",
    wrong: {
      domain:
        "topics: {payment-events: {partitions: 6, consumers: {payment-service: {instances: 3, events: [payment.processed], quota: 1MiB/s}}}}",
    },
    right: { domain: "topics: {payment-events: {partitions: 12}}" },
    check: (saga, { topicOf, groups }) => {
      const ofSaga = new Set(eventNames(saga).flatMap(({ event }) => topicOf.get(event)?.name ?? []));
      const participants = new Set([saga.coordinator, ...saga.steps.map(({ service }) => service)]);
      return groups
        .filter(({ service }) => participants.has(service))
        .flatMap(({ service, consumptions }): Breach[] => {
          const together = consumptions.filter(({ topic }) => ofSaga.has(topic.name));
          const odd = together.find(({ topic }) => topic.partitions !== together[0]?.topic.partitions);
          if (odd === undefined) return [];
          return [
            {
              message: `${service} consumes topics of the saga ${saga.name} with different numbers of partitions: ${together.map(({ topic }) => `${topic.name} ${topic.partitions}`).join(", ")}`,
              fix: "give them the same number of partitions",
              object: odd.topic.name,
              at: odd.topic.places.partitions ?? odd.topic.source,
            },
          ];
        });
    },
  }),
  sagaRule({
    id: "saga-retention",
    summary: "The topics of a saga keep records for longer than a run can take.",
    rationale: "A service that was down for the duration of a run must still find its commands.",
    wrong: { domain: "sagas: {order: {timeout: 30d}}" },
    right: { domain: "sagas: {order: {timeout: 5m}}" },
    check: (saga, { topicOf }) => {
      const topics = new Map(
        eventNames(saga).flatMap(({ event }) => {
          const topic = topicOf.get(event);
          return topic?.retention === undefined || topic.retention === -1 || topic.retention > saga.timeout
            ? []
            : [[topic.name, { topic, retention: topic.retention }] as const];
        }),
      );
      return [...topics.values()].map(({ topic, retention }) => ({
        message: `a run of the saga ${saga.name} may take ${formatDuration(saga.timeout)}; ${topic.name} keeps records ${formatDuration(retention)}`,
        fix: "raise retention, or lower the timeout",
        object: topic.name,
        at: topic.places.retention ?? topic.source,
      }));
    },
  }),
  rule({
    id: "saga-undeclared",
    subject: "sagas",
    level: "info",
    summary: "Two services that answer each other's events belong to a declared saga.",
    rationale:
      "A service that waits for a reply can wait forever. For a declared saga, rules check that each step has a reply and a compensation.",
    wrong: { domain: "sagas: null" },
    right: goodSaga,
    checks: () => ({
      declaration({ model }) {
        const together = model.domains
          .flatMap(({ sagas }) => sagas)
          .map((saga) => new Set([saga.coordinator, ...saga.steps.map(({ service }) => service)]));
        return [...eventsOf(model).dialogues].flatMap(([pair, { event, source }]): Breach[] => {
          const [one = "", other = ""] = pair.split(" ");
          if (together.some((members) => members.has(one) && members.has(other))) return [];
          return [
            {
              message: `${one} and ${other} answer each other (${event}), and no saga names both`,
              fix: "declare the saga under sagas: in the file of the service that decides its terminal state",
              object: one,
              at: source,
            },
          ];
        });
      },
    }),
  }),
];
