import type { Breach, Rule } from "../../rule.ts";

import { eventNames, goodSaga, sagaRule, stepPlace } from "./saga-rule.ts";

/** Rules on the steps of a saga: commands, replies and compensations. */
export const sagaStepRules: readonly Rule[] = [
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
            // The run does not wait for the reply of its pivot or of a later step.
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
];
