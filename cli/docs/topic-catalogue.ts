/** The catalogue's data for each topic. Pure. */

import { compareText } from "../../components/model/problems/problem.ts";
import { isObject, type JsonSchema, resolvePointer } from "../../components/model/schemas/json-schema-parts.ts";
import { readProtobufSchema } from "../../components/model/schemas/protobuf-event-schema.ts";
import { formatOf, type SchemaFormat } from "../../components/model/schemas/schema-format.ts";
import { sharedTypesOf } from "../../components/model/schemas/shared-types.ts";
import type { Model, TopicDeclaration } from "../../components/model/types.ts";
import { formatDuration } from "../../components/model/values/duration.ts";
import { formatRate } from "../../components/model/values/rate.ts";
import { formatSize } from "../../components/model/values/size.ts";
import { longestKept } from "../../components/plan/capacity/segments.ts";
import { claimCheckText } from "../../components/plan/diff/claim-checks.ts";
import { approximateDuration } from "../../components/plan/diff/words.ts";
import { declaredTopics } from "../../components/plan/topology.ts";
import type { PlannedTopic, PlatformPlan } from "../../components/plan/types.ts";

/** A field of an event's record. */
export interface CatalogueField {
  readonly name: string;
  /** In words: `string`, `array of OrderItem`, `string or null`. */
  readonly type: string;
  readonly doc: string;
}

/** An event type. */
export interface CatalogueEvent {
  readonly name: string;
  readonly record: string;
  readonly doc: string;
  readonly compatibility: string;
  /** Full names of the shared types in it, sorted. Absent: none. */
  readonly shares?: readonly string[];
  /** Content stored outside Kafka, in words. */
  readonly claimCheck?: string;
  readonly fields: readonly CatalogueField[];
}

/** A topic with everything that the catalogue shows. */
export interface CatalogueTopic {
  readonly name: string;
  readonly description: string;
  readonly domain: string;
  readonly team: string;
  readonly contact: string;
  readonly criticality: string;
  readonly deprecated?: string;
  /** Name and value, in the order of the page. */
  readonly settings: readonly (readonly [string, string])[];
  readonly events: readonly CatalogueEvent[];
  readonly producers: readonly {
    readonly service: string;
    readonly events: readonly string[];
    readonly quota: string;
  }[];
  readonly consumers: readonly {
    readonly service: string;
    readonly events: readonly string[];
    readonly instances: number;
    readonly quota: string;
    readonly also: readonly string[];
  }[];
  /** `topics/order.yaml:8`. */
  readonly declaredAt: string;
}

/** The catalogue: topics sorted by name. */
export interface TopicCatalogue {
  readonly topics: readonly CatalogueTopic[];
}

/** Makes the catalogue of one environment. */
export function topicCatalogue(model: Model, plan: PlatformPlan): TopicCatalogue {
  const planned = new Map(plan.topics.map((topic) => [topic.name, topic]));
  const compatibility = new Map(
    plan.subjects.map((subject) => [`${subject.topic} ${subject.eventType}`, subject.compatibility]),
  );
  const derived = new Map(
    plan.contracts.map((contract) => [
      contract.service,
      [
        ...(contract.deadLetterTopic === undefined ? [] : [contract.deadLetterTopic]),
        ...contract.retryTopics.map(({ topic }) => topic),
      ],
    ]),
  );
  return {
    topics: declaredTopics(model).map((topic) => describe(topic, planned.get(topic.name), compatibility, derived)),
  };
}

function describe(
  topic: TopicDeclaration,
  planned: PlannedTopic | undefined,
  compatibility: ReadonlyMap<string, string>,
  derived: ReadonlyMap<string, readonly string[]>,
): CatalogueTopic {
  const { deprecated } = topic;
  return {
    name: topic.name,
    description: topic.description,
    domain: topic.domain,
    team: topic.owner.team,
    contact: topic.owner.contact,
    criticality: topic.criticality,
    ...(deprecated === undefined
      ? {}
      : {
          deprecated: `since ${deprecated.since}: ${deprecated.reason}${deprecated.removal === undefined ? "" : ` Not removed before ${deprecated.removal}.`}`,
        }),
    settings: settingsOf(topic, planned),
    events: topic.events.map((event) => ({
      name: event.name,
      record: event.record,
      compatibility: compatibility.get(`${topic.name} ${event.name}`) ?? "",
      ...(event.references === undefined ? {} : { shares: sharedTypesOf([event]).map(({ name }) => name) }),
      ...(event.claimCheck === undefined ? {} : { claimCheck: claimCheckText(event.claimCheck) }),
      ...fieldsBy[formatOf(event.schemaPath)](event.schema),
    })),
    producers: topic.producers.map(({ service, events, quota }) => ({
      service,
      events,
      quota: quota === undefined ? "" : formatRate(quota),
    })),
    consumers: topic.consumers.map(({ service, events, instances, quota }) => ({
      service,
      events,
      instances,
      quota: quota === undefined ? "" : formatRate(quota),
      also: derived.get(service) ?? [],
    })),
    declaredAt: `${topic.source.file}:${topic.source.line}`,
  };
}

function settingsOf(topic: TopicDeclaration, planned: PlannedTopic | undefined): [string, string][] {
  const config = planned?.config ?? {};
  const retention = config["retention.ms"];
  const kept = longestKept(config);
  const settings: [string, string | undefined][] = [
    ["partitions", planned === undefined ? String(topic.partitions) : String(planned.partitions)],
    ["key", topic.key ?? "none"],
    [
      "retention",
      retention === undefined ? undefined : retention === "-1" ? "forever" : formatDuration(Number(retention)),
    ],
    [
      "gone after",
      kept === undefined
        ? undefined
        : `at most about ${approximateDuration(kept)}: whole segments are deleted, each of ${formatDuration(Number(config["segment.ms"]))} or ${formatSize(Number(config["segment.bytes"]))}`,
    ],
    [
      "size limit",
      topic.retentionBytes === undefined ? undefined : `${formatSize(topic.retentionBytes)} per partition`,
    ],
    ["cleanup", config["cleanup.policy"]],
    ["compaction", compactionText(topic)],
    ["timestamps", topic.timestampType],
    ["remote storage", config["remote.storage.enable"] === undefined ? undefined : remoteText(topic)],
    [
      "replicas",
      planned === undefined
        ? undefined
        : `${planned.replicationFactor}, of which ${config["min.insync.replicas"] ?? "1"} in sync`,
    ],
    [
      "largest record",
      config["max.message.bytes"] === undefined ? undefined : formatSize(Number(config["max.message.bytes"])),
    ],
    ["compression", config["compression.type"]],
    ["classification", topic.classification],
    ["residency", topic.residency?.join(", ")],
    ...Object.entries(topic.labels ?? {}).sort(([a], [b]) => compareText(a, b)),
  ];
  return settings.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
}

/** A topic's declared compaction. */
function compactionText({
  minCompactionLag,
  maxCompactionLag,
  dirtyRatio,
  tombstoneRetention,
}: TopicDeclaration): string | undefined {
  const parts = [
    minCompactionLag === undefined ? undefined : `not before ${formatDuration(minCompactionLag)}`,
    maxCompactionLag === undefined ? undefined : `at the latest after ${formatDuration(maxCompactionLag)}`,
    dirtyRatio === undefined ? undefined : `from a dirty ratio of ${dirtyRatio}`,
    tombstoneRetention === undefined ? undefined : `tombstones kept ${formatDuration(tombstoneRetention)}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(", ");
}

function remoteText({ remoteStorage = "disabled", localRetention, localRetentionBytes }: TopicDeclaration): string {
  const local = [
    localRetention === undefined ? undefined : formatDuration(localRetention),
    localRetentionBytes === undefined ? undefined : `${formatSize(localRetentionBytes)} per partition`,
  ].filter((part) => part !== undefined);
  return `${remoteStorage}${local.length === 0 ? "" : `; ${local.join(" or ")} on the brokers' disks`}`;
}

/** The fields of a Protobuf message, including those of nested messages. */
function messageOf(schema: string): { doc: string; fields: readonly CatalogueField[] } {
  const read = readProtobufSchema(schema);
  if (!read.ok) return { doc: "", fields: [] };
  const { record, messages } = read.value;
  const fieldsOfMessage = (name: string, prefix: string, depth: number): CatalogueField[] =>
    (depth > 4 ? [] : (messages.get(name)?.fields ?? [])).flatMap((field) => [
      {
        name: `${prefix}${field.name}`,
        type: `${field.label === undefined ? "" : `${field.label} `}${field.type}`,
        doc: field.doc ?? "",
      },
      ...fieldsOfMessage(field.type, `${prefix}${field.name}.`, depth + 1),
    ]);
  return { doc: messages.get(record)?.doc ?? "", fields: fieldsOfMessage(record, "", 0) };
}

/** Reads an event's fields in each schema language. */
const fieldsBy: Readonly<Record<SchemaFormat, (schema: string) => { doc: string; fields: readonly CatalogueField[] }>> =
  { avro: recordOf, json: objectOf, protobuf: messageOf };

/** The fields of a JSON Schema: its properties, including those of nested objects and lists. */
function objectOf(schema: string): { doc: string; fields: readonly CatalogueField[] } {
  const root = JSON.parse(schema) as JsonSchema;
  const fields: CatalogueField[] = [];
  const visit = (held: JsonSchema, path: string, depth: number): void => {
    const found = resolvePointer(held, root);
    if (depth > 4) return;
    for (const [name, property] of isObject(found) && isObject(found.properties)
      ? Object.entries(found.properties)
      : []) {
      const is = resolvePointer(property as JsonSchema, root);
      const { type, items } = isObject(is) ? is : {};
      fields.push({
        name: `${path}${name}`,
        type: typeof type === "string" ? type : Array.isArray(type) ? type.join(" or ") : "any",
        doc: textOf(is, "description"),
      });
      visit(is, `${path}${name}.`, depth + 1);
      if (isObject(items)) visit(items, `${path}${name}[].`, depth + 1);
    }
  };
  visit(root, "", 0);
  return { doc: textOf(root, "description"), fields };
}

function recordOf(schema: string): { doc: string; fields: readonly CatalogueField[] } {
  const record: unknown = JSON.parse(schema);
  return { doc: textOf(record, "doc"), fields: fieldsOf(record, "", 0) };
}

/** Nested records are listed below the field that contains them: `items[].price`. */
function fieldsOf(record: unknown, prefix: string, depth: number): CatalogueField[] {
  const fields = propertyOf(record, "fields");
  if (!Array.isArray(fields) || depth > 4) return [];
  return fields.flatMap((field: unknown) => {
    const type = propertyOf(field, "type");
    const name = `${prefix}${textOf(field, "name")}`;
    return [{ name, type: typeName(type), doc: textOf(field, "doc") }, ...nested(type, name, depth + 1)];
  });
}

function nested(type: unknown, name: string, depth: number): CatalogueField[] {
  if (Array.isArray(type)) return type.flatMap((branch: unknown) => nested(branch, name, depth));
  switch (propertyOf(type, "type")) {
    case "record":
      return fieldsOf(type, `${name}.`, depth);
    case "array":
      return nested(propertyOf(type, "items"), `${name}[]`, depth);
    case "map":
      return nested(propertyOf(type, "values"), `${name}{}`, depth);
    default:
      return [];
  }
}

function typeName(type: unknown): string {
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return type.map(typeName).join(" or ");
  const kind = propertyOf(type, "type");
  switch (kind) {
    case "array":
      return `array of ${typeName(propertyOf(type, "items"))}`;
    case "map":
      return `map of ${typeName(propertyOf(type, "values"))}`;
    case "record":
      return textOf(type, "name");
    case "enum":
      return `one of ${JSON.stringify(propertyOf(type, "symbols"))}`;
    case "fixed":
      return textOf(type, "name");
    default: {
      const logical = textOf(type, "logicalType");
      return logical === "" ? typeName(kind) : `${typeName(kind)} (${logical})`;
    }
  }
}

function propertyOf(holder: unknown, key: string): unknown {
  return typeof holder === "object" && holder !== null
    ? Object.entries(holder).find(([name]) => name === key)?.[1]
    : undefined;
}

function textOf(holder: unknown, key: string): string {
  const value = propertyOf(holder, key);
  return typeof value === "string" ? value : "";
}
