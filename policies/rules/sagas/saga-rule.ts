import { compareText } from "../../../components/model/problems/problem.ts";
import type { SourceLocation } from "../../../components/model/problems/source-location.ts";
import type { Model, Saga, SagaStep, TopicDeclaration } from "../../../components/model/types.ts";
import { type ConsumerGroup, topologyOf } from "../../../components/plan/topology.ts";
import { type Breach, type Rule, rule } from "../../rule.ts";

/** The topics, producers and consumers of the events. */
export interface Events {
  readonly topicOf: ReadonlyMap<string, TopicDeclaration>;
  publishes(service: string, event: string): boolean;
  handles(service: string, event: string): boolean;
  /** Consumer groups, ordered by service. */
  readonly groups: readonly ConsumerGroup[];
  /** Pairs of services that answer each other, as `a b` in alphabetical order. */
  readonly dialogues: ReadonlyMap<string, { readonly event: string; readonly source: SourceLocation }>;
}

const known = new WeakMap<Model, Events>();

/** Returns the events of a model. They are computed once for all rules. */
export function eventsOf(model: Model): Events {
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

/** Returns every event of a saga with the step that names it, in the order of the file. */
export function eventNames(saga: Saga): { readonly event: string; readonly source: SourceLocation }[] {
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

/** Creates a rule that judges each saga separately. Only `saga-event` reports undeclared events. */
export function sagaRule(
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

export const stepPlace = (saga: Saga, step: SagaStep): string => `the step ${step.name} of the saga ${saga.name}`;
export const goodSaga = { domain: "sagas: {order: {steps: {payment: {command: order.created}}}}" };
