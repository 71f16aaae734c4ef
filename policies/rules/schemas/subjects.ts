import * as z from "zod";
import type { Compatibility } from "../../../components/model/schemas/compatibility.ts";
import { formatNames, formatOf } from "../../../components/model/schemas/schema-format.ts";
import { compatibility } from "../../../components/model/values/field-types.ts";
import { type Breach, type Rule, rule, ruleWith } from "../../rule.ts";
import { shapeOf } from "./avro.ts";

import { record } from "./records.ts";

const levelsAllowed: readonly Compatibility[] = ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"];

/** Rules on formats, files, subjects and the compatibility of schemas. */
export const subjectRules: readonly Rule[] = [
  ruleWith({
    id: "compatibility-level",
    subject: "schemas",
    level: "error",
    summary: "Schemas stay compatible, so that consumers can read earlier records.",
    rationale: "With NONE every change passes, and the first record with the new schema stops every consumer.",
    parameters: z.strictObject({ allowed: z.array(compatibility).default([...levelsAllowed]) }),
    wrong: { topic: "compatibility: NONE" },
    right: { topic: "compatibility: FULL" },
    checks: ({ allowed }) => ({
      subject({ compatibility: level }) {
        if (level === undefined || allowed.some((each) => each === level)) return undefined;
        return {
          message: `compatibility is ${level}`,
          fix: `use one of ${allowed.join(", ")}, or leave it to the stack`,
        };
      },
    }),
  }),
  rule({
    id: "schema-format",
    subject: "schemas",
    level: "warning",
    summary: "Events of services that use the kit's library have Avro schemas.",
    rationale:
      "The library encodes and decodes only Avro. Services with their own codec may use the other formats, which the kit checks, registers and compares.",
    wrong: {
      prose:
        "order.returned: {schema: schemas/order/OrderReturned.json}, published by a service that was made from a template",
    },
    right: { topic: "events: {order.created: {schema: schemas/order/OrderCreated.avsc}}" },
    checks: () => ({
      declaration: ({ model }) =>
        model.domains
          .flatMap((domain) => domain.topics)
          .flatMap((topic) =>
            topic.events
              .filter(({ schemaPath }) => formatOf(schemaPath) !== "avro")
              .flatMap((event): Breach[] => {
                const services = [
                  ...new Set(
                    [...topic.producers, ...topic.consumers]
                      .filter(({ events }) => events.includes(event.name))
                      .map(({ service }) => service),
                  ),
                ].sort();
                if (services.length === 0) return [];
                return [
                  {
                    message: `${event.name} is ${formatNames[formatOf(event.schemaPath)]}: ${services.join(", ")} can't use the kit's library for it`,
                    fix: "use Avro, or give the services their own codec and add an exception from this rule",
                    object: topic.name,
                    at: event.source,
                  },
                ];
              }),
          ),
    }),
  }),
  rule({
    id: "schema-unused",
    subject: "schemas",
    level: "warning",
    summary: "Each schema file belongs to an event, or to a type that event schemas refer to.",
    rationale: "The kit does not register or check a schema that no event needs, so editing it has no effect.",
    wrong: { prose: "topics/schemas/order/OrderArchived.avsc, which no topic file mentions and no schema refers to" },
    right: { topic: "events: {order.created: {schema: schemas/order/OrderCreated.avsc}}" },
    checks: () => ({
      declaration: ({ model }) =>
        (model.unusedSchemas ?? []).map(
          (file): Breach => ({
            message: "no event needs this schema",
            fix: "delete the file, or name it in an event's schema",
            at: { file, line: 1, column: 1 },
            object: file,
          }),
        ),
    }),
  }),
  rule({
    id: "subject-name",
    subject: "schemas",
    level: "error",
    summary: "A subject has the name <topic>-<namespace>.<Record>; the subject of a shared type has the type's name.",
    rationale:
      "Serializers look for subjects by that name (TopicRecordNameStrategy); with another name, they register a second, unchecked history.",
    wrong: {
      resources: `- {type: "kit:index:SchemaSubject", name: order-created, props: {subject: order-created, compatibility: BACKWARD, schema: '${record("")}'}}`,
    },
    right: {
      resources: `- {type: "kit:index:SchemaSubject", name: order-events-com.example.events.OrderCreated, props: {subject: order-events-com.example.events.OrderCreated, compatibility: BACKWARD, schema: '${record("")}'}}`,
    },
    checks: () => ({
      subject(subject) {
        const shape = shapeOf(subject);
        if (shape === undefined) return undefined;
        const full = shape.namespace === "" ? shape.name : `${shape.namespace}.${shape.name}`;
        if (subject.name === full || (subject.name.endsWith(`-${full}`) && subject.name.length > full.length + 1))
          return undefined;
        return {
          message: `the subject ${JSON.stringify(subject.name)} contains ${full}`,
          fix: `name it <topic>-${full}, or ${full} for a type that schemas share`,
        };
      },
    }),
  }),
];
