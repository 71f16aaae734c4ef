import { compareText } from "../../components/model/problems/problem.ts";
import type { SourceLocation } from "../../components/model/problems/source-location.ts";
import type { Model, Saga, SagaStep, TopicDeclaration } from "../../components/model/types.ts";
import { formatDuration } from "../../components/model/values/duration.ts";
import { type ConsumerGroup, topologyOf } from "../../components/plan/topology.ts";
import { type Breach, type Rule, rule } from "../rule.ts";

/** Where events are, who publishes and who handles them. */
interface Events {
  readonly topicOf: ReadonlyMap<string, TopicDeclaration>;
  publishes(service: string, event: string): boolean;
  handles(service: string, event: string): boolean;
  /** Consumer groups, in order of their services. */
  readonly groups: readonly ConsumerGroup[];
  /** Pairs of services that answer each other, as `a b` in order of their names. */
  readonly dialogues: ReadonlyMap<string, { readonly event: string; readonly source: SourceLocation }>;
}

const known = new WeakMap<Model, Events>();

/** The events of a model; found once for all rules. */
function eventsOf(model: Model): Events {
  const found = known.get(model);
  if (found !== undefined) return found;
  const topicOf = new Map<string, TopicDeclaration>();
  const published = new Set<string>();
  const handled = new Set<string>();
  for (const topic of model.domains.flatMap((domain) => domain.topics)) {
    for (const { name } of topic.events) topicOf.set(name, topic);
    for (const { service, events } of topic.producers) for (const event of events) published.add(`${service} ${event}`);
    for (const { service, events } of topic.consumers) for (const event of events) handled.add(`${service} ${event}`);
  }
  const events: Events = {
    topicOf,
    publishes: (service, event) => published.has(`${service} ${event}`),
    handles: (service, event) => handled.has(`${service} ${event}`),
    groups: [...topologyOf(model).groups.values()],
    dialogues: dialoguesOf(model),
  };
  known.set(model, events);
  return events;
}

function dialoguesOf(model: Model): Map<string, { readonly event: string; readonly source: SourceLocation }> {
  const hears = new Set<string>();
  const dialogues = new Map<string, { readonly event: string; readonly source: SourceLocation }>();
  for (const topic of model.domains.flatMap((domain) => domain.topics)) {
    for (const consumer of topic.consumers) {
      for (const event of consumer.events) {
        for (const producer of topic.producers) {
          if (producer.service === consumer.service || !producer.events.includes(event)) continue;
          hears.add(`${consumer.service} ${producer.service}`);
          const pair = [consumer.service, producer.service].sort(compareText).join(" ");
          if (hears.has(`${producer.service} ${consumer.service}`) && !dialogues.has(pair))
            dialogues.set(pair, { event, source: consumer.source });
        }
      }
    }
  }
  return dialogues;
}

/** Every event of a saga with the step that names it, in the order of the file. */
function eventNames(saga: Saga): { readonly event: string; readonly source: SourceLocation }[] {
  const own = [saga.starts, ...saga.succeeds, ...saga.fails].map((event) => ({ event, source: saga.source }));
  const steps = saga.steps.flatMap((step) =>
    [
      step.command,
      ...step.success,
      ...step.failure,
      ...(step.compensation === undefined ? [] : [step.compensation.command, step.compensation.reply]),
    ].map((event) => ({ event, source: step.source })),
  );
  return [...own, ...steps];
}

/** A rule that looks at one saga after the other. Only `saga-event` reports events that are not declared. */
function sagaRule(
  definition: Omit<Parameters<typeof rule>[0], "subject" | "level" | "checks"> & {
    readonly check: (saga: Saga, events: Events) => readonly Breach[];
  },
): Rule {
  const { check, ...rest } = definition;
  return rule({
    ...rest,
    subject: "sagas",
    level: "error",
    checks: () => ({
      declaration: ({ model }) =>
        model.domains
          .flatMap(({ sagas }) => sagas)
          .flatMap((saga) =>
            check(saga, eventsOf(model)).map((breach) => ({ ...breach, object: breach.object ?? saga.name })),
          ),
    }),
  });
}

const stepPlace = (saga: Saga, step: SagaStep): string => `the step ${step.name} of the saga ${saga.name}`;
const goodSaga = { domain: "sagas: {order: {steps: {payment: {command: order.created}}}}" };

/** Rules on sagas: each run reaches a terminal state, whatever fails. */
export const sagaRules: readonly Rule[] = [
  sagaRule({
    id: "saga-event",
    summary: "A saga names only declared events.",
    rationale: "A step that waits for an undeclared event never ends.",
    wrong: { domain: "sagas: {order: {steps: {payment: {success: [payment.procesed]}}}}" },
    right: goodSaga,
    check: (saga, { topicOf }) =>
      eventNames(saga)
        .filter(({ event }) => !topicOf.has(event))
        .map(({ event, source }) => ({
          message: `no topic declares the event ${event}`,
          fix: "correct the name, or declare the event",
          at: source,
        })),
  }),
  sagaRule({
    id: "saga-command",
    summary: "Each step's service handles the step's command.",
    rationale: "Otherwise the step never runs, and every run ends by timeout.",
    wrong: { domain: "sagas: {order: {steps: {payment: {command: payment.failed}}}}" },
    right: goodSaga,
    check: (saga, events) =>
      saga.steps.flatMap((step): Breach[] =>
        !events.topicOf.has(step.command) || events.handles(step.service, step.command)
          ? []
          : [
              {
                message: `${stepPlace(saga, step)} has the command ${step.command}, which ${step.service} does not handle`,
                fix: `add ${step.command} to the events of ${step.service} on ${events.topicOf.get(step.command)?.name ?? "its topic"}`,
                at: step.source,
              },
            ],
      ),
  }),
  sagaRule({
    id: "saga-reply",
    summary: "Each step has a reply: its service publishes every declared reply, and the coordinator handles it.",
    rationale: "If no service publishes or handles a reply, the run waits until its timeout although the step is done.",
    wrong: { domain: "sagas: {order: {steps: {payment: {failure: [order.created]}}}}" },
    right: goodSaga,
    check: (saga, events) =>
      saga.steps.flatMap((step) =>
        [...step.success, ...step.failure]
          .filter((event) => events.topicOf.has(event))
          .flatMap((event): Breach[] => {
            if (!events.publishes(step.service, event))
              return [
                {
                  message: `${stepPlace(saga, step)} has the reply ${event}, which ${step.service} does not publish`,
                  fix: `add ${step.service} to the producers of ${events.topicOf.get(event)?.name ?? "its topic"}`,
                  at: step.source,
                },
              ];
            // The run does not wait for the reply of its pivot or of a step after it.
            const awaited = step.failure.includes(event) || !(step.pivot || step.retriable);
            if (!awaited || events.handles(saga.coordinator, event)) return [];
            return [
              {
                message: `${stepPlace(saga, step)} has the reply ${event}, which ${saga.coordinator} does not handle`,
                fix: `add ${event} to the events of ${saga.coordinator} on ${events.topicOf.get(event)?.name ?? "its topic"}`,
                at: step.source,
              },
            ];
          }),
      ),
  }),
  sagaRule({
    id: "saga-compensation",
    summary:
      "Each step has a compensation: its service handles the command and replies when it is done. Only the pivot and the steps after it have none.",
    rationale: "Otherwise a run that fails after the step keeps the customer's money or the reserved goods.",
    wrong: { domain: "sagas: {order: {steps: {payment: {compensation: null}}}}" },
    right: {
      domain: "sagas: {order: {steps: {payment: {compensation: {command: order.cancelled, reply: payment.refunded}}}}}",
    },
    check: (saga, events) =>
      saga.steps.flatMap((step): Breach[] => {
        const { compensation } = step;
        if (step.pivot && step.retriable)
          return [
            {
              message: `${stepPlace(saga, step)} is the pivot and also comes after it`,
              fix: "delete pivot or retriable",
              at: step.source,
            },
          ];
        if (step.retriable && step.failure.length > 0)
          return [
            {
              message: `${stepPlace(saga, step)} is retried until it succeeds, but declares failures (${step.failure.join(", ")})`,
              fix: "declare pivot: true instead of retriable, or delete failure",
              at: step.source,
            },
          ];
        if (compensation === undefined) {
          if (!step.pivot && !step.retriable)
            return [
              {
                message: `${stepPlace(saga, step)} declares no compensation`,
                fix: "add compensation: {command: …, reply: …}, or pivot: true or retriable: true if no later step can fail",
                at: step.source,
              },
            ];
          const second = step.pivot ? saga.steps.find((other) => other.pivot && other !== step) : undefined;
          if (second === undefined) return [];
          return [
            {
              message: `${stepPlace(saga, step)} is a pivot, and so is ${second.name}: if one fails after the other, the first is not compensated`,
              fix: "give one of them a compensation",
              at: step.source,
            },
          ];
        }
        const { command, reply } = compensation;
        const breaches: Breach[] = [];
        if (step.pivot || step.retriable)
          breaches.push({
            message: `${stepPlace(saga, step)} ${step.pivot ? "is" : "comes after"} the pivot but declares a compensation`,
            fix: "delete one of the two",
            at: step.source,
          });
        if (events.topicOf.has(command) && !events.handles(step.service, command))
          breaches.push({
            message: `${stepPlace(saga, step)} has the compensation ${command}, which ${step.service} does not handle`,
            fix: `add ${command} to the events of ${step.service}`,
            at: step.source,
          });
        if (events.topicOf.has(reply) && !events.publishes(step.service, reply))
          breaches.push({
            message: `${stepPlace(saga, step)} has the compensation reply ${reply}, which ${step.service} does not publish`,
            fix: `add ${step.service} to the producers of ${events.topicOf.get(reply)?.name ?? "its topic"}`,
            at: step.source,
          });
        return breaches;
      }),
  }),
  sagaRule({
    id: "saga-compensation-asked",
    summary: "The command of a compensation is published when the saga fails.",
    rationale: "A compensation that no failing terminal state triggers never runs.",
    wrong: { domain: "sagas: {order: {steps: {payment: {compensation: {command: order.created}}}}}" },
    right: { domain: "sagas: {order: {steps: {payment: {compensation: {command: order.cancelled}}}}}" },
    check: (saga) =>
      saga.steps.flatMap((step): Breach[] =>
        step.compensation === undefined || saga.fails.includes(step.compensation.command)
          ? []
          : [
              {
                message: `${stepPlace(saga, step)} is compensated on ${step.compensation.command}, which is not a failing terminal state of the saga (${saga.fails.join(", ")})`,
                fix: `compensate it on ${saga.fails[0] ?? "a failing terminal state"}`,
                at: step.source,
              },
            ],
      ),
  }),
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
