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

/** A rule that looks at one saga after the other. Events that nobody declares are the business of `saga-event` alone. */
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

/** Rules on sagas: that each can reach one of its ends, whatever fails. */
export const sagaRules: readonly Rule[] = [
  sagaRule({
    id: "saga-event",
    summary: "A saga names events that are declared.",
    rationale: "A step that waits for an event nobody declares never ends.",
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
    summary: "Each step's service handles the event that asks for the step.",
    rationale: "Otherwise the step is never taken, and every run ends by timeout.",
    wrong: { domain: "sagas: {order: {steps: {payment: {command: payment.failed}}}}" },
    right: goodSaga,
    check: (saga, events) =>
      saga.steps.flatMap((step): Breach[] =>
        !events.topicOf.has(step.command) || events.handles(step.service, step.command)
          ? []
          : [
              {
                message: `${stepPlace(saga, step)} is asked for by ${step.command}, which ${step.service} does not handle`,
                fix: `add ${step.command} to the events of ${step.service} on ${events.topicOf.get(step.command)?.name ?? "its topic"}`,
                at: step.source,
              },
            ],
      ),
  }),
  sagaRule({
    id: "saga-reply",
    summary: "Each step answers: its service publishes every declared answer, and the coordinator handles it.",
    rationale:
      "An answer nobody publishes or nobody hears leaves the run hanging until its timeout, with the step done.",
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
                  message: `${stepPlace(saga, step)} answers with ${event}, which ${step.service} does not publish`,
                  fix: `add ${step.service} to the producers of ${events.topicOf.get(event)?.name ?? "its topic"}`,
                  at: step.source,
                },
              ];
            // The run does not wait to hear that its point of no return, or what comes after it, is done.
            const awaited = step.failure.includes(event) || !(step.pivot || step.retriable);
            if (!awaited || events.handles(saga.coordinator, event)) return [];
            return [
              {
                message: `${stepPlace(saga, step)} answers with ${event}, which ${saga.coordinator} does not handle`,
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
      "Each step can be undone: its service handles the command to do so and says when it is done. Only the point of no return and what comes after it have no way back.",
    rationale: "A run that fails after the step leaves money taken or goods reserved.",
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
              message: `${stepPlace(saga, step)} is the point of no return and comes after it`,
              fix: "delete pivot or retriable",
              at: step.source,
            },
          ];
        if (step.retriable && step.failure.length > 0)
          return [
            {
              message: `${stepPlace(saga, step)} is repeated until it succeeds and declares failures (${step.failure.join(", ")})`,
              fix: "declare pivot: true in place of retriable, or delete failure",
              at: step.source,
            },
          ];
        if (compensation === undefined) {
          if (!step.pivot && !step.retriable)
            return [
              {
                message: `${stepPlace(saga, step)} declares no compensation`,
                fix: "add compensation: {command: …, reply: …}, or pivot: true or retriable: true if nothing can fail after it",
                at: step.source,
              },
            ];
          const second = step.pivot ? saga.steps.find((other) => other.pivot && other !== step) : undefined;
          if (second === undefined) return [];
          return [
            {
              message: `${stepPlace(saga, step)} is the point of no return, and so is ${second.name}: when one of them fails after the other, nothing undoes it`,
              fix: "give one of them a compensation",
              at: step.source,
            },
          ];
        }
        const { command, reply } = compensation;
        const breaches: Breach[] = [];
        if (step.pivot || step.retriable)
          breaches.push({
            message: `${stepPlace(saga, step)} ${step.pivot ? "is" : "comes after"} the point of no return and declares a compensation`,
            fix: "delete one of the two",
            at: step.source,
          });
        if (events.topicOf.has(command) && !events.handles(step.service, command))
          breaches.push({
            message: `${stepPlace(saga, step)} is undone by ${command}, which ${step.service} does not handle`,
            fix: `add ${command} to the events of ${step.service}`,
            at: step.source,
          });
        if (events.topicOf.has(reply) && !events.publishes(step.service, reply))
          breaches.push({
            message: `${stepPlace(saga, step)} is undone with ${reply}, which ${step.service} does not publish`,
            fix: `add ${step.service} to the producers of ${events.topicOf.get(reply)?.name ?? "its topic"}`,
            at: step.source,
          });
        return breaches;
      }),
  }),
  sagaRule({
    id: "saga-compensation-asked",
    summary: "What undoes a step is published when the saga fails.",
    rationale: "A compensation that no failing end asks for never happens.",
    wrong: { domain: "sagas: {order: {steps: {payment: {compensation: {command: order.created}}}}}" },
    right: { domain: "sagas: {order: {steps: {payment: {compensation: {command: order.cancelled}}}}}" },
    check: (saga) =>
      saga.steps.flatMap((step): Breach[] =>
        step.compensation === undefined || saga.fails.includes(step.compensation.command)
          ? []
          : [
              {
                message: `${stepPlace(saga, step)} is undone by ${step.compensation.command}, which is no failing end of the saga (${saga.fails.join(", ")})`,
                fix: `undo it on ${saga.fails[0] ?? "a failing end"}`,
                at: step.source,
              },
            ],
      ),
  }),
  sagaRule({
    id: "saga-end",
    summary: "The coordinator publishes the start and every end of its saga.",
    rationale:
      "An end that nobody publishes is never reached; one that somebody else publishes is not decided by the coordinator.",
    wrong: { domain: "sagas: {order: {succeeds: [payment.processed]}}" },
    right: goodSaga,
    check: (saga, events) =>
      [saga.starts, ...saga.succeeds, ...saga.fails]
        .filter((event) => events.topicOf.has(event) && !events.publishes(saga.coordinator, event))
        .map((event) => ({
          message: `${event} is a start or an end of the saga ${saga.name}, and ${saga.coordinator} does not publish it`,
          fix: `add ${saga.coordinator} to the producers of ${events.topicOf.get(event)?.name ?? "its topic"}`,
          at: saga.source,
        })),
  }),
  sagaRule({
    id: "saga-key",
    summary: "All events of a saga have its key.",
    rationale: "Order is kept per key: with another key the cancellation of a run can overtake its start.",
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
        message: `${topic.name} carries events of the saga ${saga.name} and is keyed by ${topic.key ?? "nothing"}, not by ${saga.key}`,
        fix: `set key: ${saga.key}`,
        object: topic.name,
        at: topic.places.key ?? topic.source,
      }));
    },
  }),
  sagaRule({
    id: "saga-co-partitioning",
    summary: "The topics of a saga that one of its services reads have the same number of partitions.",
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
              message: `${service} reads topics of the saga ${saga.name} with different partitions: ${together.map(({ topic }) => `${topic.name} ${topic.partitions}`).join(", ")}`,
              fix: "give them the same number",
              object: odd.topic.name,
              at: odd.topic.places.partitions ?? odd.topic.source,
            },
          ];
        });
    },
  }),
  sagaRule({
    id: "saga-retention",
    summary: "The topics of a saga keep records for longer than a run may take.",
    rationale: "A service that was down for the length of a run must still find what it was asked.",
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
    summary: "Two services that answer each other's events are parts of a declared saga.",
    rationale:
      "What waits for an answer can wait for ever. Declared, it is checked that each step is answered and can be undone.",
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
              fix: "declare the saga under sagas: in the file of the service that decides its end",
              object: one,
              at: source,
            },
          ];
        });
      },
    }),
  }),
];
