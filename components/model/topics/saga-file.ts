import * as z from "zod";
import { durationUnits, parseDuration } from "../values/duration.ts";
import { eventName, name, quantity, slug } from "../values/field-types.ts";

/*
 * The format of a saga in a domain file: the command of each step, its replies, and its compensation. The platform
 * creates no resource from it. Rules check it against topics, producers and consumers.
 */

const answers = (description: string) =>
  z
    .array(eventName)
    .min(1)
    .max(50)
    .meta({ description, examples: [["payment.processed"]] });

const compensation = z
  .strictObject({
    command: eventName.meta({
      description: "Event that tells the step's service to compensate the step.",
      examples: ["order.cancelled"],
    }),
    reply: eventName.meta({
      description: "Event by which the service says that the step is undone.",
      examples: ["payment.refunded"],
    }),
  })
  .meta({
    description: "How the step is undone.",
    examples: [{ command: "order.cancelled", reply: "payment.refunded" }],
  });

const step = z
  .strictObject({
    service: slug("Service that takes the step.", "payment-service"),
    command: eventName.meta({ description: "Event that asks for the step.", examples: ["order.created"] }),
    success: answers("Events by which the service says that the step is done."),
    failure: answers(
      "Events by which the service says that the step can't be done. Default: it can't fail.",
    ).optional(),
    compensation: compensation.optional(),
    pivot: z
      .boolean()
      .meta({
        description:
          "Whether the step decides the run: it may fail, and then the other steps are undone; once it is done nothing can fail any more, so nothing undoes it. Default: false.",
        examples: [true],
      })
      .optional(),
    retriable: z
      .boolean()
      .meta({
        description:
          "Whether the step comes after the point of no return: it is repeated until it succeeds, and nothing undoes it. Default: false.",
        examples: [true],
      })
      .optional(),
  })
  .meta({
    description: "One step of the saga, taken by one service.",
    examples: [
      {
        service: "payment-service",
        command: "order.created",
        success: ["payment.processed"],
        failure: ["payment.failed"],
        compensation: { command: "order.cancelled", reply: "payment.refunded" },
      },
    ],
  });

/** Format of one saga of a domain. */
export const saga = z
  .strictObject({
    description: z
      .string()
      .min(1)
      .max(500)
      .meta({
        description: "What the saga brings about, in one sentence.",
        examples: ["An order is paid and its goods are reserved, or both are undone."],
      }),
    coordinator: slug("Service that starts the saga and decides its end.", "order-service"),
    key: name(
      "^[A-Za-z_][A-Za-z0-9_]*$",
      "the name of a field of each event's record",
      "Record key that all events of one run share, so that their order is kept.",
      "orderId",
    ),
    starts: eventName.meta({ description: "Event that starts a run.", examples: ["order.created"] }),
    succeeds: answers("Events that end a run well."),
    fails: answers("Events that end a run otherwise."),
    timeout: quantity(durationUnits, parseDuration, "How long a run may take before it fails.").refine(
      (timeout) => timeout > 0,
      { error: "a timeout of nothing would fail every run" },
    ),
    steps: z
      .record(slug("Name of the step.", "payment"), step)
      .refine((steps) => Object.keys(steps).length > 0, { error: "a saga needs at least one step" })
      .meta({
        description: "Steps by name.",
        minProperties: 1,
        examples: [
          { payment: { service: "payment-service", command: "order.created", success: ["payment.processed"] } },
        ],
      }),
  })
  .meta({
    description: "A saga: a run over several services that ends in one of its declared ends.",
    defaultSnippets: [
      {
        label: "saga",
        description: "a saga with one step",
        body: {
          description: "${1:What it brings about.}",
          coordinator: "${2:order-service}",
          key: "${3:orderId}",
          starts: "${4:order.created}",
          succeeds: ["${5:order.confirmed}"],
          fails: ["${6:order.cancelled}"],
          timeout: "${7:5m}",
          steps: {
            "${8:payment}": {
              service: "${9:payment-service}",
              command: "$4",
              success: ["${10:payment.processed}"],
              failure: ["${11:payment.failed}"],
              compensation: { command: "$6", reply: "${12:payment.refunded}" },
            },
          },
        },
      },
    ],
  });
