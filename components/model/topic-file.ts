import * as z from "zod";
import { durationUnits, parseDuration } from "./duration.ts";
import { eventNamePattern, slugPattern, topicNamePattern } from "./names.ts";
import { quantityPattern, type Quantity, type UnitFamily } from "./quantity.ts";
import { parseRate, rateUnits } from "./rate.ts";
import { parseSize, sizeUnits } from "./size.ts";

/**
 * The format of `topics/<domain>.yaml`, in one place: reading validates with it, and the JSON Schema for
 * editors is printed from it. Descriptions are what editors show on hover.
 */

/** A text with a unit that becomes a number in the family's base unit. */
export function quantity(family: UnitFamily, parse: (text: string) => Quantity, description: string): z.ZodType<number, string> {
  return z
    .string({ error: (issue) => (issue.input === undefined ? undefined : `a ${family.noun} with its unit is wanted, for example ${family.example}; got ${JSON.stringify(issue.input)}`) })
    .meta({ description, pattern: quantityPattern(family), examples: [family.example] })
    .transform((text, context) => {
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      context.issues.push({ code: "custom", message: parsed.message, input: text, params: { rule: "invalid-unit", fix: parsed.fix } });
      return z.NEVER;
    });
}

/** A name that has to match a pattern. `wanted` says in words what is allowed. */
export function name(pattern: string, wanted: string, description: string): z.ZodString {
  return z
    .string()
    .regex(new RegExp(pattern, "u"), { error: (issue) => `${JSON.stringify(issue.input)} is not allowed as a name: ${wanted}` })
    .meta({ description });
}

/** A whole number within bounds. */
export function count(minimum: number, maximum: number, description: string): z.ZodNumber {
  return z.int().min(minimum).max(maximum).meta({ description });
}

/** Retention of a topic: a duration, or `forever`, which is Kafka's -1. */
export const retention = z
  .string({ error: (issue) => (issue.input === undefined ? undefined : `a duration with its unit is wanted, for example 7d; got ${JSON.stringify(issue.input)}`) })
  .meta({
    description: "How long a record is kept: a duration such as 7d, or forever.",
    pattern: `^forever$|${quantityPattern(durationUnits)}`,
    examples: ["7d"],
  })
  .transform((text, context) => {
    if (text === "forever") return -1;
    const parsed = parseDuration(text);
    if (parsed.ok && parsed.value > 0) return parsed.value;
    const refusal = parsed.ok ? { message: `${JSON.stringify(text)} would delete every record at once`, fix: "write a duration above zero, or forever" } : parsed;
    context.issues.push({ code: "custom", message: refusal.message, input: text, params: { rule: "invalid-unit", fix: refusal.fix } });
    return z.NEVER;
  });

/** Largest record: bounded by what brokers and clients handle well; beyond it, store the body elsewhere and send its claim check. */
export const maxMessage = quantity(sizeUnits, parseSize, "Largest record batch. Keep records small: above 1 MB store the body elsewhere and send a reference.").refine(
  (bytes) => bytes >= 1_024 && bytes <= 10 * 2 ** 20,
  { error: "maxMessage must lie between 1KiB and 10MiB" },
);

export const compression = z.enum(["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"]).meta({ description: "Codec in which brokers store the topic." });
export const compatibility = z
  .enum(["BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE", "NONE"])
  .meta({ description: "Which schema changes are allowed: BACKWARD lets new readers read old records." });
export const replicationFactor = count(1, 32, "Copies of each partition, on as many brokers.");
export const minInsyncReplicas = count(1, 31, "Copies that must have a record before it is acknowledged.");

/** Whether a text is a day of the calendar: `2027-02-30` is none. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const parsed = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text);
}

const slug = (description: string) => name(slugPattern, "lower-case letters, digits and single dashes, starting with a letter, at most 50", description);
const eventName = name(eventNamePattern, "two or more lower-case words joined by dots, for example order.created", "Event type, for example order.created.");
const rate = (description: string) => quantity(rateUnits, parseRate, description).refine((bytes) => bytes > 0, { error: "a quota of 0 would stop the service" });
const events = (description: string) => z.array(eventName).min(1).max(500).meta({ description });

const event = z
  .strictObject({
    schema: z.string().min(1).meta({ description: "Path of the Avro schema, relative to topics/.", pattern: "^schemas/.+\\.avsc$", examples: ["schemas/order/OrderCreated.avsc"] }),
    compatibility: compatibility.optional(),
  })
  .meta({ description: "One event type: its Avro schema." });

/** A day as ISO 8601 writes it. YAML 1.2 has no dates, so it stays text. */
const day = (description: string) =>
  z
    .string({ error: (issue) => (issue.input === undefined ? undefined : `a day is wanted, for example 2027-01-31; got ${JSON.stringify(issue.input)}`) })
    .refine(isDay, { error: (issue) => `${JSON.stringify(issue.input)} is no day; write it like 2027-01-31` })
    .meta({ description, pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples: ["2027-01-31"] });
const reason = (description: string) => z.string().min(10).max(500).meta({ description });

const deprecated = z
  .strictObject({
    since: day("Day since which nobody should build on the topic."),
    reason: reason("Why it goes, and what to use instead."),
    removal: day("Day before which it is not removed.").optional(),
  })
  .meta({ description: "First of three steps to remove a topic: deprecate it; let its consumers go; delete it with an entry under removals." });

const removal = z
  .strictObject({
    topic: name(topicNamePattern, "letters, digits, '.', '_' and '-', at most 249 characters", "Name of the topic that is removed."),
    reason: reason("Why its records may be deleted."),
    date: day("Day of the removal."),
  })
  .meta({ description: "Permission to delete a deprecated topic with all its records. May be deleted again once it is applied." });

const producer = z
  .strictObject({
    rate: rate("Bytes per second that the service writes to the topic on average, all brokers together. What disks need is computed from it. Default: the quota, which is a ceiling.").optional(),
    quota: rate("Bytes per second that the service may write to each broker. A service's quotas add up over its topics.").optional(),
    events: events("Event types this service publishes. Default: all of the topic.").optional(),
  })
  .meta({ description: "A service that writes to the topic." });

const consumer = z
  .strictObject({
    instances: count(1, 10_000, "Consumers in the group at full size; at most the number of partitions."),
    events: events("Event types the service handles; others on the topic are skipped."),
    quota: rate("Bytes per second that the group may read from each broker. Kafka has no quota for groups: it stands on the service's principal.").optional(),
    retry: z
      .array(quantity(durationUnits, parseDuration, "Delay of one retry topic.").refine((delay) => delay >= 1_000 && delay <= 86_400_000, { error: "a retry delay must lie between 1s and 1d" }))
      .max(8)
      .meta({ description: "Delays of the group's retry topics, shortest first, for example [10s, 5m]. Default: none." })
      .optional(),
  })
  .meta({ description: "A service whose consumer group reads the topic. Its dead-letter topic and access follow from this." });

const topic = z
  .strictObject({
    description: z.string().min(1).max(500).meta({ description: "What the records mean, in one sentence." }),
    partitions: count(1, 10_000, "Partitions at full size. They can be raised (a key may then move to another partition), never lowered."),
    key: name("^[A-Za-z_][A-Za-z0-9_]*$", "the name of a field of each event's record", "Field whose value is the record key; order is kept per key. Default: no key.").optional(),
    retention: retention.optional(),
    retentionBytes: quantity(sizeUnits, parseSize, "Size above which a partition's oldest records are dropped. Default: no limit.").optional(),
    cleanup: z.enum(["delete", "compact", "compact,delete"]).meta({ description: "What happens to old records. Default: delete." }).optional(),
    maxMessage: maxMessage.optional(),
    compression: compression.optional(),
    compatibility: compatibility.optional(),
    replicationFactor: replicationFactor.optional(),
    minInsyncReplicas: minInsyncReplicas.optional(),
    deprecated: deprecated.optional(),
    events: z
      .record(eventName, event)
      .refine((map) => Object.keys(map).length > 0, { error: "a topic needs at least one event type" })
      .meta({ description: "Event types on the topic, each with its own schema history.", minProperties: 1 }),
    producers: z.record(slug("A service."), producer).meta({ description: "Services that write to the topic." }).default({}),
    consumers: z.record(slug("A service."), consumer).meta({ description: "Services whose consumer group reads the topic." }).default({}),
  })
  .meta({ description: "One Kafka topic." });

/** Content of one domain file. */
export const topicFileSchema = z.strictObject({
  domain: slug("Name of the domain; equals the file's name."),
  owner: z
    .strictObject({
      team: slug("Team slug."),
      contact: z.string().min(1).max(200).meta({ description: "Where the team is reached, for example a chat channel." }),
    })
    .meta({ description: "Team that answers for the domain." }),
  criticality: z.enum(["low", "medium", "high"]).meta({ description: "How much harm an outage of the domain does." }),
  services: z.array(slug("A service.")).max(500).meta({ description: "Services that the team runs; their dead letters belong to the team." }).default([]),
  topics: z
    .record(name(topicNamePattern, "letters, digits, '.', '_' and '-', at most 249 characters", "Name of the topic."), topic)
    .meta({ description: "Topics of the domain, by name." })
    .default({}),
  removals: z.array(removal).max(500).meta({ description: "Topics of the domain that are deleted with all their records." }).default([]),
});

/** A domain file after validation, units as numbers. */
export type TopicFile = z.output<typeof topicFileSchema>;
