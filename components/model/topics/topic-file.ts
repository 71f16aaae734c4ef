import * as z from "zod";
import type { environmentSettings } from "../types.ts";
import { durationUnits, parseDuration } from "../values/duration.ts";
import {
  compatibility,
  compression,
  count,
  day,
  eventName,
  maxMessage,
  minInsyncReplicas,
  name,
  quantity,
  rate,
  reason,
  replicationFactor,
  slug,
  topicName,
} from "../values/field-types.ts";
import { eventClaimCheck, topicClaimCheck } from "./claim-check.ts";
import { logSettings } from "./log-settings.ts";
import { saga } from "./saga-file.ts";

/*
 * The only definition of the format of `topics/<domain>.yaml`. The model validates with it, and the JSON Schema for
 * editors is generated from it. Editors show descriptions and examples on hover, and use snippets for completion.
 */

const events = (description: string) =>
  z
    .array(eventName)
    .min(1)
    .max(500)
    .meta({ description, examples: [["order.created", "order.cancelled"]] });

const classification = z.enum(["public", "internal", "confidential", "restricted"]).meta({
  description:
    "How sensitive the data is: public, internal, confidential (personal or business data), restricted (payment or health data).",
  examples: ["confidential"],
});

const residency = z
  .array(slug("Region in which the data may be kept.", "eu"))
  .min(1)
  .max(50)
  .meta({ description: "Regions in which the data may be kept. Default: any.", examples: [["eu"]] });

const event = z
  .strictObject({
    schema: z
      .string()
      .min(1)
      .meta({
        description: "Path of the schema, relative to topics/: Avro (.avsc), JSON Schema (.json) or Protobuf (.proto).",
        pattern: "^schemas/.+\\.(avsc|json|proto)$",
        examples: ["schemas/order/OrderCreated.avsc"],
      }),
    compatibility: compatibility.optional(),
    claimCheck: eventClaimCheck.optional(),
  })
  .meta({ description: "One event type: its schema.", examples: [{ schema: "schemas/order/OrderCreated.avsc" }] });

const deprecated = z
  .strictObject({
    since: day("Day since which no service should start to use the topic."),
    reason: reason("Why it goes, and what to use instead."),
    removal: day("Day before which it is not removed.").optional(),
  })
  .meta({
    description:
      "First of three steps to remove a topic: deprecate it; let its consumers go; delete it with an entry under removals.",
    examples: [{ since: "2027-01-31", reason: "Replaced by order-events, which is keyed by order." }],
  });

const removal = z
  .strictObject({
    topic: topicName("Name of the topic that is removed."),
    stacks: z
      .array(slug("An environment.", "dev"))
      .min(1)
      .max(50)
      .meta({ description: "Environments that it leaves, where others keep it. Default: all.", examples: [["dev"]] })
      .optional(),
    reason: reason("Why its records may be deleted."),
    date: day("Day of the removal."),
  })
  .meta({
    description:
      "Permission to delete a deprecated topic with all its records. May be deleted again once it is applied.",
    examples: [{ topic: "order-events", reason: "Nobody reads it any more.", date: "2027-01-31" }],
  });

const producer = z
  .strictObject({
    rate: rate(
      "Bytes per second that the service writes to the topic on average, all brokers together. What disks need is computed from it. Default: the quota, which is a ceiling.",
    ).optional(),
    quota: rate(
      "Bytes per second that the service may write to each broker. A service's quotas add up over its topics.",
    ).optional(),
    events: events("Event types this service publishes. Default: all of the topic.").optional(),
    transactional: z
      .boolean()
      .meta({
        description:
          "Whether the service writes in Kafka transactions; it is then allowed transactional ids that begin with its name and a dot. Default: false.",
        examples: [true],
      })
      .optional(),
  })
  .meta({ description: "A service that writes to the topic.", examples: [{ quota: "10MiB/s" }] });

const consumer = z
  .strictObject({
    instances: count(1, 10_000, "Consumers in the group at full size; at most the number of partitions.", 10),
    events: events("Event types the service handles; others on the topic are skipped."),
    fetches: events(
      "Of these, the event types whose stored field (claimCheck) the service reads; it may then read the store. Stored bodies are always read. Default: none.",
    ).optional(),
    quota: rate(
      "Bytes per second that the group may read from each broker. Kafka has no quota for groups: it applies to the service's principal.",
    ).optional(),
    retry: z
      .array(
        quantity(durationUnits, parseDuration, "Delay of one retry topic.").refine(
          (delay) => delay >= 1_000 && delay <= 86_400_000,
          { error: "a retry delay must lie between 1s and 1d" },
        ),
      )
      .max(8)
      .meta({
        description: "Delays of the group's retry topics, shortest first, for example [10s, 5m]. Default: none.",
        examples: [["10s", "5m"]],
      })
      .optional(),
  })
  .meta({
    description:
      "A service whose consumer group reads the topic. Its dead-letter topic and access are derived from this.",
    examples: [{ instances: 10, events: ["order.created"], quota: "20MiB/s" }],
    defaultSnippets: [
      {
        label: "consumer",
        description: "a consumer group with its quota",
        body: { instances: "^${1:3}", events: ["${2:order.created}"], quota: "${3:5MiB/s}" },
      },
    ],
  });

/** Settings that an environment may override, each with the topic's type. */
const environmentShape = {
  partitions: count(
    1,
    10_000,
    "Partitions in this environment, as they are: the stack's factor does not change them.",
    6,
  ).optional(),
  retention: logSettings.retention,
  retentionBytes: logSettings.retentionBytes,
  segmentAge: logSettings.segmentAge,
  segmentSize: logSettings.segmentSize,
  tombstoneRetention: logSettings.tombstoneRetention,
  minCompactionLag: logSettings.minCompactionLag,
  maxCompactionLag: logSettings.maxCompactionLag,
  dirtyRatio: logSettings.dirtyRatio,
  remoteStorage: logSettings.remoteStorage,
  localRetention: logSettings.localRetention,
  localRetentionBytes: logSettings.localRetentionBytes,
  maxMessage: maxMessage.optional(),
  compression: compression.optional(),
  replicationFactor: replicationFactor.optional(),
  minInsyncReplicas: minInsyncReplicas.optional(),
} satisfies Readonly<Record<(typeof environmentSettings)[number], z.ZodType>>;

const stackName = (description: string) => slug(description, "staging");

const overrides = z
  .record(
    stackName("An environment: the file stacks/Pulumi.<stack>.yaml."),
    z
      .strictObject(environmentShape)
      .refine((settings) => Object.keys(settings).length > 0, {
        error: "nothing is other here; delete the entry",
        when: ({ issues }) => issues.length === 0,
      })
      .meta({ description: "What is other in this environment.", examples: [{ partitions: 6, retention: "1d" }] }),
  )
  .meta({
    description:
      "What is other in some environments, by stack: how much, how long, how many copies. What records mean is the same everywhere.",
    examples: [{ dev: { partitions: 3, retention: "1d" } }],
  });

const topic = z
  .strictObject({
    description: z
      .string()
      .min(1)
      .max(500)
      .meta({
        description: "What the records mean, in one sentence.",
        examples: ["The life of an order, one record per state change."],
      }),
    partitions: count(
      1,
      10_000,
      "Partitions at full size. They can be raised (a key may then move to another partition), never lowered.",
      30,
    ),
    key: name(
      "^[A-Za-z_][A-Za-z0-9_]*$",
      "the name of a field of each event's record",
      "Field whose value is the record key; order is kept per key. Default: no key.",
      "orderId",
    ).optional(),
    ...logSettings,
    maxMessage: maxMessage.optional(),
    claimCheck: topicClaimCheck.optional(),
    compression: compression.optional(),
    compatibility: compatibility.optional(),
    replicationFactor: replicationFactor.optional(),
    minInsyncReplicas: minInsyncReplicas.optional(),
    classification: classification.optional(),
    residency: residency.optional(),
    labels: z
      .record(
        name(
          "^[a-z][a-z0-9.-]{0,62}$",
          "lower-case letters, digits, '.' and '-', at most 63",
          "Name of the label.",
          "long-retention",
        ),
        z
          .string()
          .min(1)
          .max(200)
          .meta({ description: "Value of the label.", examples: ["audit: kept ten years by law"] }),
      )
      .meta({
        description: "Labels that rules look at, each with a reason or value.",
        examples: [{ "long-retention": "audit: kept ten years by law" }],
      })
      .optional(),
    deprecated: deprecated.optional(),
    stacks: z
      .array(stackName("An environment: the file stacks/Pulumi.<stack>.yaml."))
      .min(1)
      .max(50)
      .meta({ description: "Environments that have the topic. Default: all.", examples: [["staging"]] })
      .optional(),
    overrides: overrides.optional(),
    events: z
      .record(eventName, event)
      .refine((map) => Object.keys(map).length > 0, { error: "a topic needs at least one event type" })
      .meta({
        description: "Event types on the topic, each with its own schema history.",
        minProperties: 1,
        examples: [{ "order.created": { schema: "schemas/order/OrderCreated.avsc" } }],
      }),
    producers: z
      .record(slug("A service.", "order-service"), producer)
      .meta({ description: "Services that write to the topic.", examples: [{ "order-service": { quota: "10MiB/s" } }] })
      .default({}),
    consumers: z
      .record(slug("A service.", "payment-service"), consumer)
      .meta({
        description: "Services whose consumer group reads the topic.",
        examples: [{ "payment-service": { instances: 10, events: ["order.created"], quota: "20MiB/s" } }],
      })
      .default({}),
  })
  .meta({
    description: "One Kafka topic.",
    defaultSnippets: [
      {
        label: "topic",
        description: "a topic with one event, a producer and a consumer",
        body: {
          description: "${1:What the records mean.}",
          partitions: "^${2:12}",
          key: "${3:orderId}",
          events: { "${4:order.noted}": { schema: "schemas/${5:order/OrderNoted}.avsc" } },
          producers: { "${6:order-service}": { quota: "${7:5MiB/s}" } },
          consumers: { "${8:notification-service}": { instances: "^${9:3}", events: ["$4"], quota: "${10:5MiB/s}" } },
        },
      },
    ],
  });

/** Content of one domain file. */
export const topicFileSchema = z.strictObject({
  domain: slug("Name of the domain; equals the file's name.", "order"),
  owner: z
    .strictObject({
      team: slug("Team slug.", "checkout"),
      contact: z
        .string()
        .min(1)
        .max(200)
        .meta({ description: "Where the team is reached, for example a chat channel.", examples: ["#team-checkout"] }),
    })
    .meta({
      description: "Team that answers for the domain.",
      examples: [{ team: "checkout", contact: "#team-checkout" }],
    }),
  criticality: z
    .enum(["low", "medium", "high"])
    .meta({ description: "How much harm an outage of the domain does.", examples: ["high"] }),
  classification: classification
    .meta({
      description: "How sensitive the data of the domain's topics is, where a topic says nothing else.",
      examples: ["confidential"],
    })
    .optional(),
  residency: residency
    .meta({
      description:
        "Regions in which the data of the domain's topics may be kept, where a topic says nothing else. Default: any.",
      examples: [["eu"]],
    })
    .optional(),
  services: z
    .array(slug("A service.", "order-service"))
    .max(500)
    .meta({
      description: "Services that the team runs; it also owns their dead-letter records.",
      examples: [["order-service"]],
    })
    .default([]),
  topics: z
    .record(topicName("Name of the topic."), topic)
    .meta({
      description: "Topics of the domain, by name.",
      examples: [
        {
          "order-events": {
            description: "The life of an order.",
            partitions: 30,
            key: "orderId",
            events: { "order.created": { schema: "schemas/order/OrderCreated.avsc" } },
          },
        },
      ],
    })
    .default({}),
  sagas: z
    .record(slug("Name of the saga.", "order"), saga)
    .meta({
      description:
        "Sagas that a service of the domain coordinates, by name. Rules check that each step can be answered and undone.",
      examples: [{ order: { description: "An order is paid, or cancelled.", coordinator: "order-service" } }],
    })
    .default({}),
  removals: z
    .array(removal)
    .max(500)
    .meta({
      description: "Topics of the domain that are deleted with all their records.",
      examples: [[{ topic: "order-events", reason: "Nobody reads it any more.", date: "2027-01-31" }]],
    })
    .default([]),
});

/** A domain file after validation, units as numbers. */
export type TopicFile = z.output<typeof topicFileSchema>;
