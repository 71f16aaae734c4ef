import * as z from "zod";
import { didYouMean } from "../../components/model/problems/suggestion.ts";
import { formatDuration } from "../../components/model/values/duration.ts";
import { topicConfigKeys } from "../../components/plan/topics.ts";
import type { TopicFacts } from "../facts.ts";
import { type Breach, type Rule, rule, ruleWith } from "../rule.ts";
import { duration } from "./parameters.ts";
import { placeOf } from "./places.ts";

/** Returns a number of a topic's configuration; undefined if it is not set or unknown. */
export function configNumber({ config }: Pick<TopicFacts, "config">, key: string): number | undefined {
  const value = config?.[key];
  return value === undefined || !/^-?\d+$/.test(value) ? undefined : Number(value);
}

/** Topic configuration keys of Kafka 4: `org.apache.kafka.common.config.TopicConfig`. */
const knownKeys: ReadonlySet<string> = new Set([
  "cleanup.policy",
  "compression.gzip.level",
  "compression.lz4.level",
  "compression.type",
  "compression.zstd.level",
  "delete.retention.ms",
  "file.delete.delay.ms",
  "flush.messages",
  "flush.ms",
  "follower.replication.throttled.replicas",
  "index.interval.bytes",
  "leader.replication.throttled.replicas",
  "local.retention.bytes",
  "local.retention.ms",
  "max.compaction.lag.ms",
  "max.message.bytes",
  "message.timestamp.after.max.ms",
  "message.timestamp.before.max.ms",
  "message.timestamp.type",
  "min.cleanable.dirty.ratio",
  "min.compaction.lag.ms",
  "min.insync.replicas",
  "preallocate",
  "remote.log.copy.disable",
  "remote.log.delete.on.disable",
  "remote.storage.enable",
  "retention.bytes",
  "retention.ms",
  "segment.bytes",
  "segment.index.bytes",
  "segment.jitter.ms",
  "segment.ms",
  "unclean.leader.election.enable",
]);

/** Keys that the kit sets. A topic may tune them without breaking the platform's guarantees. */
const tunableKeys = [...topicConfigKeys];

const resource = (config: string): string =>
  `- {type: kafka:index/topic:Topic, name: order-events, protect: true, props: {name: order-events, partitions: 12, replicationFactor: 3, config: {min.insync.replicas: "2", ${config}}}}`;

/** Rules on the configuration of a topic: retention, cleanup, and which keys may be set. */
export const configurationRules: readonly Rule[] = [
  rule({
    id: "config-known",
    subject: "topics",
    level: "error",
    summary: "A topic's configuration has only keys that Kafka knows.",
    rationale: "Brokers reject an unknown key in the middle of an update.",
    wrong: { resources: resource('retention.mss: "1000000000"') },
    right: { resources: resource('retention.ms: "1000000000"') },
    checks: () => ({
      topic: ({ config }) =>
        keysThat(config, (key) => !knownKeys.has(key)).map((key): Breach => {
          const fix = didYouMean(key, knownKeys);
          return {
            message: `Kafka has no topic configuration ${JSON.stringify(key)}`,
            ...(fix === undefined ? {} : { fix }),
          };
        }),
    }),
  }),
  ruleWith({
    id: "config-allowed",
    subject: "topics",
    level: "error",
    summary: "A topic sets only configuration that teams may change.",
    rationale: "Some keys break the platform's guarantees (unclean elections) or belong to its operation (throttles).",
    parameters: z.strictObject({ keys: z.array(z.string()).default(tunableKeys) }),
    wrong: { resources: resource('flush.messages: "1"') },
    right: { resources: resource('segment.ms: "86400000"') },
    checks: ({ keys }) => {
      const allowed = new Set(keys);
      return {
        topic: ({ kind, config }) =>
          kind === "registry"
            ? undefined
            : keysThat(config, (key) => knownKeys.has(key) && !allowed.has(key)).map(
                (key): Breach => ({
                  message: `${key} must not be set on a topic`,
                  fix: `delete it; allowed keys: ${keys.join(", ")}`,
                }),
              ),
      };
    },
  }),
  rule({
    id: "unclean-election",
    subject: "topics",
    level: "error",
    summary: "A replica that is out of sync never becomes leader.",
    rationale: "With unclean elections, acknowledged records disappear without a trace.",
    wrong: { resources: resource('unclean.leader.election.enable: "true"') },
    right: { resources: resource('retention.ms: "1000000000"') },
    checks: () => ({
      topic: ({ config }) =>
        config?.["unclean.leader.election.enable"] === "true"
          ? {
              message: "unclean leader elections are enabled: acknowledged records can be lost",
              fix: "delete unclean.leader.election.enable",
            }
          : undefined,
    }),
  }),
  ruleWith({
    id: "compression",
    subject: "topics",
    level: "warning",
    summary: "Topics are compressed.",
    rationale:
      "Events compress to a quarter or less; uncompressed, they need four times the disk and network for each replica.",
    parameters: z.strictObject({ allowed: z.array(z.string()).default(["lz4", "zstd", "snappy", "gzip"]) }),
    wrong: { topic: "compression: uncompressed" },
    right: { topic: "compression: zstd" },
    checks: ({ allowed }) => ({
      topic(topic) {
        const codec = topic.config?.["compression.type"];
        if (codec === undefined || allowed.includes(codec)) return undefined;
        return {
          message: `the compression is ${codec}`,
          fix: `set compression to one of ${allowed.join(", ")}, or leave it to the stack`,
          ...placeOf(topic, "compression"),
        };
      },
    }),
  }),
  ruleWith({
    id: "retention-max",
    subject: "topics",
    level: "warning",
    summary: "Records are not kept longer than the organisation allows, unless a label gives a reason.",
    rationale: "Disk usage grows with retention, and personal data that is kept without a reason is a liability.",
    parameters: z.strictObject({
      max: duration("Maximum retention without the label.").prefault("30d"),
      label: z.string().default("long-retention"),
    }),
    wrong: { topic: "retention: 90d" },
    right: { topic: "retention: 90d\nlabels: {long-retention: kept for audits}" },
    checks: ({ max, label }) => ({
      topic(topic) {
        if (topic.kind !== "event" || topic.config?.["cleanup.policy"] === "compact") return undefined;
        const kept = configNumber(topic, "retention.ms");
        if (kept === undefined || (kept !== -1 && kept <= max) || Object.hasOwn(topic.declaration?.labels ?? {}, label))
          return undefined;
        return {
          message: `records are kept ${kept === -1 ? "forever" : formatDuration(kept)}; the limit is ${formatDuration(max)}`,
          fix: `lower retention, or add labels: {${label}: <why>}`,
          ...placeOf(topic, "retention"),
        };
      },
    }),
  }),
  ruleWith({
    id: "retention-min",
    subject: "topics",
    level: "warning",
    summary: "Records are kept for longer than an outage of a consumer.",
    rationale:
      "A consumer that is down over a weekend must find the records that it missed; records that are deleted before it reads them are lost.",
    parameters: z.strictObject({ min: duration("Shortest retention.").prefault("3d") }),
    wrong: { topic: "retention: 1h" },
    right: { topic: "retention: 7d" },
    checks: ({ min }) => ({
      topic(topic) {
        if (topic.kind !== "event" || topic.config?.["cleanup.policy"] === "compact") return undefined;
        const kept = configNumber(topic, "retention.ms");
        if (kept === undefined || kept === -1 || kept >= min) return undefined;
        return {
          message: `records are kept ${formatDuration(kept)}; a consumer that is down for longer loses them`,
          fix: `raise retention to ${formatDuration(min)} or more`,
          ...placeOf(topic, "retention"),
        };
      },
    }),
  }),
  ruleWith({
    id: "retention-bytes",
    subject: "topics",
    level: "warning",
    summary: "A topic that keeps records forever has a limit in bytes.",
    rationale:
      "Otherwise it grows until a disk is full, which also stops the broker's other topics. With `always`, every topic needs the limit.",
    parameters: z.strictObject({ always: z.boolean().default(false) }),
    wrong: { topic: "retention: forever\nlabels: {long-retention: kept for audits}" },
    right: { topic: "retention: forever\nretentionBytes: 10GiB\nlabels: {long-retention: kept for audits}" },
    checks: ({ always }) => ({
      topic(topic) {
        if (topic.kind !== "event" || topic.config === undefined || topic.config["cleanup.policy"] === "compact")
          return undefined;
        const bytes = configNumber(topic, "retention.bytes");
        if ((bytes !== undefined && bytes > 0) || !(always || configNumber(topic, "retention.ms") === -1))
          return undefined;
        return {
          message: "the size of a partition has no limit",
          fix: "set retentionBytes",
          ...placeOf(topic, "retention"),
        };
      },
    }),
  }),
];

function keysThat(config: Readonly<Record<string, string>> | undefined, wanted: (key: string) => boolean): string[] {
  return config === undefined ? [] : Object.keys(config).filter(wanted);
}
