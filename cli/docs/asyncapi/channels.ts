/** Topics as AsyncAPI channels, and their events as messages. Pure. */

import { HEADER } from "@event-platform-kit/service/events/envelope";
import { formatOf, type SchemaFormat } from "../../../components/model/schemas/schema-format.ts";
import { topicsFolder } from "../../../components/model/source-file.ts";
import type { EventDeclaration, TopicDeclaration } from "../../../components/model/types.ts";
import type { PlannedSubject, PlannedTopic } from "../../../components/plan/types.ts";
import { markdownText } from "../../diff/escaping.ts";
import { AVRO_FORMAT, avroPayload } from "./avro-payload.ts";
import { headersSchema } from "./envelope.ts";
import type { Channel, Message, Tag } from "./types.ts";
import { KAFKA_BINDING, reference } from "./types.ts";

/** Content type of Avro bodies. The schema's id precedes them, in Confluent's wire format. */
export const AVRO_CONTENT = "application/vnd.apache.avro";

/** Topic settings that are numbers in the Kafka binding; the others stay in Kafka's text form. */
const NUMBERS: ReadonlySet<string> = new Set([
  "retention.ms",
  "retention.bytes",
  "delete.retention.ms",
  "max.message.bytes",
]);

/** A topic's data. */
export interface TopicFacts {
  readonly topic: TopicDeclaration;
  readonly planned: PlannedTopic;
  /** By event type. */
  readonly subjects: ReadonlyMap<string, PlannedSubject>;
}

/** The channel of a topic. */
export function channelOf({ topic, planned, subjects }: TopicFacts, servers: readonly string[]): Channel {
  const { deprecated } = topic;
  return {
    address: topic.name,
    title: topic.name,
    description: markdownText(
      deprecated === undefined
        ? topic.description
        : `Deprecated since ${deprecated.since}: ${deprecated.reason} ${topic.description}`,
    ),
    servers: servers.map((name) => reference("servers", name)),
    messages: Object.fromEntries(
      topic.events.map((event) => [event.name, messageOf(topic, event, subjects.get(event.name))]),
    ),
    tags: topicTags(topic),
    bindings: {
      kafka: {
        topic: topic.name,
        partitions: planned.partitions,
        replicas: planned.replicationFactor,
        topicConfiguration: configurationOf(planned.config),
        bindingVersion: KAFKA_BINDING,
      },
    },
    "x-owner": { ...topic.owner },
    "x-domain": topic.domain,
    "x-criticality": topic.criticality,
    ...(topic.classification === undefined ? {} : { "x-classification": topic.classification }),
    ...(topic.residency === undefined ? {} : { "x-residency": topic.residency }),
    ...(topic.labels === undefined ? {} : { "x-labels": dataLabels(topic.labels) }),
    ...(deprecated === undefined ? {} : { "x-deprecated": { ...deprecated } }),
    "x-declared-at": `${topic.source.file}:${topic.source.line}`,
  };
}

/** Owner, domain, criticality and classification, with which tools filter. */
export function topicTags(topic: TopicDeclaration): Tag[] {
  return [
    { name: `owner:${topic.owner.team}` },
    { name: `domain:${topic.domain}` },
    { name: `criticality:${topic.criticality}` },
    ...(topic.classification === undefined ? [] : [{ name: `classification:${topic.classification}` }]),
    ...(topic.deprecated === undefined ? [] : [{ name: "deprecated" }]),
  ];
}

/** AsyncAPI's names for the versions of the schema languages. */
const JSON_SCHEMA_FORMAT = "application/schema+json;version=draft-07";

const PROTOBUF_FORMAT = "application/vnd.google.protobuf;version=3";

function payloadOf(format: SchemaFormat, schema: string): Message["payload"] {
  switch (format) {
    case "avro":
      return { schemaFormat: AVRO_FORMAT, schema: avroPayload(schema) };
    case "json":
      return { schemaFormat: JSON_SCHEMA_FORMAT, schema: JSON.parse(schema) as object };
    case "protobuf":
      return { schemaFormat: PROTOBUF_FORMAT, schema };
  }
}

function messageOf(topic: TopicDeclaration, event: EventDeclaration, subject: PlannedSubject | undefined): Message {
  const format = formatOf(event.schemaPath);
  const { doc: avroDoc, description } = (format === "protobuf" ? {} : JSON.parse(event.schema)) as {
    doc?: unknown;
    description?: unknown;
  };
  const doc = format === "json" ? description : avroDoc;
  const { claimCheck } = event;
  return {
    name: event.name,
    title: event.name,
    ...(typeof doc === "string" && doc !== "" ? { description: markdownText(doc) } : {}),
    contentType: format === "avro" ? AVRO_CONTENT : format === "json" ? "application/json" : "application/x-protobuf",
    headers: headersSchema(event.name, claimCheck),
    correlationId: {
      description: "The business process that the event belongs to.",
      location: `$message.header#/${HEADER.correlationId}`,
    },
    payload: payloadOf(format, event.schema),
    tags: [{ name: `domain:${topic.domain}` }],
    bindings: {
      kafka: {
        ...(topic.key === undefined
          ? {}
          : {
              key: {
                type: "string",
                description: `Value of the field ${topic.key}. Kafka keeps the order of records with the same key.`,
              },
            }),
        schemaIdLocation: "payload",
        schemaIdPayloadEncoding: "confluent",
        schemaLookupStrategy: "TopicRecordNameStrategy",
        bindingVersion: KAFKA_BINDING,
      },
    },
    "x-schema-file": `${topicsFolder}/${event.schemaPath}`,
    ...(subject === undefined ? {} : { "x-subject": subject.name, "x-compatibility": subject.compatibility }),
    ...(claimCheck === undefined
      ? {}
      : {
          "x-claim-check": {
            aboveBytes: claimCheck.above,
            atMostBytes: claimCheck.atMost,
            ...(claimCheck.field === undefined ? {} : { field: claimCheck.field }),
          },
        }),
  };
}

function configurationOf(config: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      name === "cleanup.policy" ? value.split(",") : NUMBERS.has(name) ? Number(value) : value,
    ]),
  );
}

/** Labels as a list: users choose their names, and a map's key can be a word that tools interpret, such as `$ref`. */
function dataLabels(labels: Readonly<Record<string, string>>): { readonly name: string; readonly value: string }[] {
  return Object.entries(labels).map(([name, value]) => ({ name, value }));
}
