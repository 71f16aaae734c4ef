/** The content of a running cluster as declarations: topics with their settings, events, producers and consumers. Pure. */

import { compareText } from "../../components/model/problems/problem.ts";
import { readAvroSchema } from "../../components/model/schemas/avro-schema.ts";
import { hasRemoteStorage, type StackSettings } from "../../components/model/stack/stack.ts";
import { importedRecordDoc } from "../../components/model/topics/import-placeholders.ts";
import { scalePartitions } from "../../components/model/topics/partitions.ts";
import { formatDuration } from "../../components/model/values/duration.ts";
import {
  eventNamePattern,
  isDerivedTopicName,
  platformPrincipals,
  reservedTopicPrefixes,
  slugPattern,
  topicNamePattern,
} from "../../components/model/values/names.ts";
import { formatRate } from "../../components/model/values/rate.ts";
import { formatSize } from "../../components/model/values/size.ts";
import type { LiveAcl, LivePlatform, LiveSubject, LiveTopic } from "../../components/plan/live.ts";
import { subjectName } from "../../components/plan/subjects.ts";
import { topicConfigKeys } from "../../components/plan/topics.ts";
import { pascalCase } from "../new-service/names.ts";
import { adoptedLog, wholeNumber } from "./adopted-log.ts";
import { type AdoptedType, sharedBehind } from "./adopted-types.ts";

/** What to adopt, and what is already declared. */
export interface AdoptionRequest {
  readonly live: LivePlatform;
  readonly stack: StackSettings;
  /** Whether to adopt a topic. */
  readonly wanted: (topic: string) => boolean;
  /** Domain of all topics; absent: the first word of each name. */
  readonly domain?: string;
  /** Whether to declare services that have a SCRAM user on the cluster: the next `up` sets their passwords. */
  readonly takeOverUsers: boolean;
  /** Declared names; shared types with their schemas. */
  readonly declared: {
    readonly topics: ReadonlySet<string>;
    readonly events: ReadonlySet<string>;
    readonly records: ReadonlySet<string>;
    readonly types: ReadonlyMap<string, string>;
    readonly services: ReadonlySet<string>;
  };
}

/** An event type of a topic. */
export interface AdoptedEvent {
  readonly type: string;
  /** Full name of the record. */
  readonly record: string;
  /** Path below `topics/`. */
  readonly schemaPath: string;
  /** JSON text. */
  readonly schema: string;
  /** Present if the subject's own level differs from the stack's. */
  readonly compatibility?: string;
}

/** A service, and its quota in the files' format on the topic that declares it. */
export interface AdoptedService {
  readonly service: string;
  readonly quota?: string;
}

/** A topic as the import declares it. */
export interface AdoptedTopic {
  readonly name: string;
  readonly domain: string;
  readonly partitions: number;
  /** Settings that differ from the stack's defaults, in the files' format. */
  readonly settings: Readonly<Record<string, string>>;
  readonly events: readonly AdoptedEvent[];
  /** Types of other subjects to which the events' schemas refer, sorted by name. */
  readonly types: readonly AdoptedType[];
  readonly producers: readonly AdoptedService[];
  readonly consumers: readonly AdoptedService[];
}

/** Why a topic stays undeclared. */
export interface LeftOut {
  readonly object: string;
  readonly reason: string;
}

/** Topics that can be declared, topics that cannot, and settings that the files cannot express. */
export interface Adoption {
  readonly topics: readonly AdoptedTopic[];
  readonly leftOut: readonly LeftOut[];
  /** Notes for the user. */
  readonly notes: readonly string[];
}

const SLUG = new RegExp(slugPattern, "u");
const EVENT = new RegExp(eventNamePattern, "u");
const TOPIC = new RegExp(topicNamePattern, "u");

/** Derives the declarations; topics sorted by name. */
export function adopt(request: AdoptionRequest): Adoption {
  const { live, stack, wanted, declared } = request;
  const leftOut: LeftOut[] = [];
  const notes: string[] = [];
  const taken: TakenNames = { events: new Set(declared.events), records: new Set(declared.records) };
  const services = new Services(request);
  const topics: AdoptedTopic[] = [];
  for (const topic of [...live.topics].sort((a, b) => compareText(a.name, b.name))) {
    if (!wanted(topic.name) || declared.topics.has(topic.name) || topic.name.startsWith("__")) continue;
    const reason = unfit(topic);
    const partitions = declaredPartitions(topic.partitions, stack.topics.partitionFactor);
    const domain = request.domain ?? domainOf(topic.name);
    if (reason !== undefined || partitions === undefined) {
      leftOut.push({
        object: topic.name,
        reason:
          reason ??
          `no declared number of partitions gives ${topic.partitions} under this stack's factor ${stack.topics.partitionFactor}`,
      });
      continue;
    }
    const adopted = eventsOf(topic.name, domain, request, taken, notes);
    if (typeof adopted === "string") {
      leftOut.push({ object: topic.name, reason: adopted });
      continue;
    }
    const { events, types } = adopted;
    const { settings, unsaid } = settingsOf(topic, stack);
    notes.push(...unsaid.map((what) => `${topic.name}: ${what}`));
    topics.push({
      name: topic.name,
      domain,
      partitions,
      settings,
      events,
      types,
      producers: services.of(topic.name, "Write", "producer_byte_rate", notes),
      consumers: services.of(topic.name, "Read", "consumer_byte_rate", notes),
    });
  }
  return { topics, leftOut, notes: [...new Set(notes)] };
}

/** Why a topic cannot be declared at all. */
function unfit({ name, replicas }: LiveTopic): string | undefined {
  if (!TOPIC.test(name)) return "its name is none that Kafka allows today";
  const prefix = reservedTopicPrefixes.find((reserved) => name.startsWith(reserved));
  if (prefix !== undefined) return `names that begin with ${prefix} belong to Kafka or the registry`;
  if (isDerivedTopicName(name)) return "dead-letter and retry topics are derived from a consumer and are not declared";
  if (replicas.least !== replicas.most)
    return `its partitions have ${replicas.least} to ${replicas.most} replicas: a reassignment is under way`;
  return undefined;
}

/** The smallest declared number that gives the live number in this environment. */
function declaredPartitions(live: number, factor: number): number | undefined {
  const near = Math.max(1, Math.floor(live / factor) - 1);
  return [near, near + 1, near + 2, near + 3].find((declared) => scalePartitions(declared, factor) === live);
}

/** First word of a topic's name, if it is a valid domain. */
function domainOf(topic: string): string {
  const [first = ""] = topic.toLowerCase().split(/[._-]/);
  return SLUG.test(first) ? first : "imported";
}

interface TakenNames {
  readonly events: Set<string>;
  readonly records: Set<string>;
}

/** The topic's events from its subjects, or the reason why there are none. */
function eventsOf(
  topic: string,
  domain: string,
  { live: { subjects = [] }, stack, declared }: AdoptionRequest,
  taken: TakenNames,
  notes: string[],
): { readonly events: readonly AdoptedEvent[]; readonly types: readonly AdoptedType[] } | string {
  const needed = new Map<string, AdoptedType>();
  const found = subjects.flatMap((subject) => {
    const own = subject.name === `${topic}-value`;
    const shared = sharedBehind(subject, subjects);
    const record = subject.schemaType === "AVRO" ? recordName(subject, shared) : undefined;
    if (record === undefined) {
      if (own)
        notes.push(
          `${topic}: the subject ${subject.name} holds no Avro record (${subject.schemaType}); its event has a placeholder`,
        );
      return [];
    }
    if (!own && subject.name !== subjectName(topic, record)) return [];
    if (own)
      notes.push(
        `${topic}: ${subject.name} will also be registered as ${subjectName(topic, record)}, the name that the kit's services use; the old subject stays`,
      );
    for (const type of shared) {
      const known = declared.types.get(type.name);
      if (known !== undefined && known !== type.schema)
        notes.push(
          `${topic}: ${type.name} is declared with another schema than subject ${type.subject} holds; the declared one stays`,
        );
      if (type.subject !== type.name)
        notes.push(
          `${topic}: ${type.subject} will also be registered as ${type.name}, the name that the kit gives a type which schemas share`,
        );
      if (known === undefined) needed.set(type.name, type);
    }
    const level = subject.compatibility;
    return [
      {
        record,
        schema: subject.schema,
        ...(level === undefined || level === stack.topics.compatibility ? {} : { compatibility: level }),
      },
    ];
  });
  const unique: Omit<AdoptedEvent, "type" | "schemaPath">[] = [
    ...new Map(found.map((event) => [event.record, event])).values(),
  ].sort((a, b) => compareText(a.record, b.record));
  if (unique.length === 0) {
    const record = `imported.${domain.replaceAll("-", "_")}.${pascalCase(topic.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "")).replace(/^(?=[0-9])/, "T")}`;
    unique.push({ record, schema: placeholderSchema(record) });
    notes.push(
      `${topic}: the registry has no schema for it; ${simpleName(record)} is a placeholder to be replaced before a service of the kit writes`,
    );
  }
  const double = unique.find(({ record }) => taken.records.has(record));
  if (double !== undefined) return `its record ${double.record} is declared for another topic; a record belongs to one`;
  const events: AdoptedEvent[] = [];
  for (const { record, schema, ...level } of unique) {
    const type = freeEventType(simpleName(record), domain, taken.events);
    taken.events.add(type);
    taken.records.add(record);
    events.push({
      type,
      record,
      schemaPath: `schemas/${domain}/${simpleName(record)}.avsc`,
      schema: `${JSON.stringify(JSON.parse(schema), null, 2)}\n`,
      ...level,
    });
  }
  return { events, types: [...needed.values()].sort((a, b) => compareText(a.name, b.name)) };
}

/** Full name of the record that a subject's schema describes; `undefined` if the files cannot contain it. */
function recordName({ schema }: LiveSubject, shared: readonly AdoptedType[]): string | undefined {
  try {
    const types = new Map(shared.map((type) => [type.name, type]));
    const reading = readAvroSchema(JSON.parse(schema), (name) => {
      const type = types.get(name);
      return type === undefined ? undefined : { json: JSON.parse(type.schema) as unknown };
    });
    return reading.ok ? reading.value.record : undefined;
  } catch {
    return undefined;
  }
}

function simpleName(record: string): string {
  return record.slice(record.lastIndexOf(".") + 1);
}

/** `OrderCreated` becomes `order.created`. A one-word name or a name in use gets the domain as a prefix. */
function freeEventType(record: string, domain: string, taken: ReadonlySet<string>): string {
  const words = record
    .replace(/_/g, "-")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase()
    .split("-")
    .filter((word) => /^[a-z][a-z0-9]*$/.test(word));
  const last = words.at(-1) ?? "changed";
  const own = words.length > 1 ? `${words.slice(0, -1).join("-")}.${last}` : `${domain}.${last}`;
  const choices = [
    own,
    `${domain}.${words.join("-")}`,
    ...Array.from({ length: 50 }, (_, index) => `${own}-${index + 2}`),
  ];
  return choices.find((choice) => EVENT.test(choice) && !taken.has(choice)) ?? own;
}

function placeholderSchema(record: string): string {
  const cut = record.lastIndexOf(".");
  return JSON.stringify({
    type: "record",
    name: record.slice(cut + 1),
    namespace: record.slice(0, cut),
    doc: importedRecordDoc,
    fields: [{ name: "id", type: "string", doc: "What the record is about." }],
  });
}

/** Settings that differ from the stack's defaults, and settings that the files cannot express. */
function settingsOf(topic: LiveTopic, stack: StackSettings): { settings: Record<string, string>; unsaid: string[] } {
  const { topics: defaults } = stack;
  const settings: Record<string, string> = {};
  const unsaid: string[] = [];
  const inForce = (key: string): string | undefined => topic.config[key] ?? topic.inherited[key]?.value;
  const say = (name: string, value: string | undefined, usual: string): void => {
    if (value !== undefined && value !== usual) settings[name] = value;
  };
  const retentionText = (ms: number): string => (ms < 0 ? "forever" : formatDuration(ms));

  const retention = wholeNumber(inForce("retention.ms"));
  if (retention === 0) unsaid.push("retention.ms is 0, which the files refuse; the stack's retention is declared");
  else if (retention !== undefined) say("retention", retentionText(retention), retentionText(defaults.retention));
  const bytes = wholeNumber(topic.config["retention.bytes"]);
  if (bytes !== undefined && bytes >= 0) settings.retentionBytes = formatSize(bytes);
  const cleanup = inForce("cleanup.policy")
    ?.split(",")
    .map((part) => part.trim())
    .sort(compareText)
    .join(",");
  say("cleanup", cleanup, "delete");
  const message = wholeNumber(inForce("max.message.bytes"));
  const largest = message !== undefined && message >= 1_024 && message <= 10 * 2 ** 20 ? message : undefined;
  if (message !== undefined && largest === undefined)
    unsaid.push(
      `max.message.bytes is ${message}; the files allow 1KiB to 10MiB, so the stack's ${formatSize(defaults.maxMessage)} is declared`,
    );
  else if (largest !== undefined) say("maxMessage", formatSize(largest), formatSize(defaults.maxMessage));
  say("compression", inForce("compression.type"), defaults.compression);
  say("replicationFactor", String(topic.replicas.most), String(defaults.replicationFactor));
  say("minInsyncReplicas", inForce("min.insync.replicas"), String(defaults.minInsyncReplicas));
  const log = adoptedLog(
    topic,
    {
      cleanup: cleanup ?? "delete",
      retention: retention === undefined || retention === 0 ? defaults.retention : retention,
      maxMessage: largest ?? defaults.maxMessage,
      ...(bytes === undefined ? {} : { retentionBytes: bytes }),
    },
    hasRemoteStorage(stack),
  );
  Object.assign(settings, log.settings);
  unsaid.push(...log.unsaid);
  const others = Object.keys(topic.config)
    .filter((key) => !topicConfigKeys.has(key))
    .sort(compareText);
  if (others.length > 0)
    unsaid.push(
      `${others.join(", ")} ${others.length === 1 ? "is" : "are"} set on the topic, and the files have no word for ${others.length === 1 ? "it" : "them"}: the next \`up\` removes ${others.length === 1 ? "it" : "them"}`,
    );
  return { settings, unsaid };
}

/**
 * Services from the ACLs that let them write or read. A service's quota is declared once, because quotas of its topics add up.
 */
class Services {
  readonly #live: LivePlatform;
  readonly #known: ReadonlySet<string>;
  /** Users whose passwords others manage. */
  readonly #foreign: ReadonlySet<string>;
  readonly #said = new Set<string>();

  constructor({ live, declared, takeOverUsers }: AdoptionRequest) {
    this.#live = live;
    this.#known = declared.services;
    this.#foreign = new Set(
      takeOverUsers ? [] : live.users.map(({ name }) => name).filter((name) => !declared.services.has(name)),
    );
  }

  of(topic: string, operation: "Write" | "Read", key: string, notes: string[]): readonly AdoptedService[] {
    const principals = new Set<string>();
    for (const acl of this.#live.acls) {
      if (
        acl.resourceType !== "Topic" ||
        (acl.operation !== operation && acl.operation !== "All") ||
        !covers(acl, topic)
      )
        continue;
      const service = acl.principal.replace(/^User:/, "");
      if (platformPrincipals.some((principal) => principal === service)) continue;
      if (acl.permission !== "Allow" || acl.resourceName === "*" || acl.host !== "*" || !SLUG.test(service)) {
        notes.push(
          `${topic}: the rule "${acl.permission} ${acl.principal} ${acl.operation} on ${acl.resourceName}${acl.pattern === "Prefixed" ? "*" : ""}${acl.host === "*" ? "" : ` from ${acl.host}`}" can't be declared; it stays as it is`,
        );
        continue;
      }
      if (this.#foreign.has(service))
        notes.push(
          `${service} has a password on the cluster that cannot be read, so it is not declared and its ACLs stay unchanged; --take-over-users declares it, and \`up\` then sets a new password`,
        );
      else principals.add(service);
    }
    return [...principals].sort(compareText).map((service) => ({ service, ...this.#quota(service, key) }));
  }

  #quota(service: string, key: string): { quota?: string } {
    const rate = this.#live.quotas.find(({ entity }) => Object.keys(entity).length === 1 && entity.user === service)
      ?.values[key];
    if (this.#known.has(service) || this.#said.has(`${service} ${key}`) || rate === undefined || rate < 1) return {};
    this.#said.add(`${service} ${key}`);
    return { quota: formatRate(Math.round(rate)) };
  }
}

function covers({ pattern, resourceName }: LiveAcl, topic: string): boolean {
  return resourceName === "*" || (pattern === "Prefixed" ? topic.startsWith(resourceName) : topic === resourceName);
}
