import * as z from "zod";
import {
  compatibility,
  compression,
  count,
  maxMessage,
  minInsyncReplicas,
  name,
  quantity,
  replicationFactor,
  retention,
} from "../values/field-types.ts";
import { slugPattern } from "../values/names.ts";
import { parseRate, rateUnits } from "../values/rate.ts";
import { parseSize, sizeUnits } from "../values/size.ts";
import { observabilityLevels } from "./observability.ts";
import { kubernetesSettings } from "./stack-kubernetes.ts";
import { tracingSettings } from "./stack-tracing.ts";

/** Pulumi's name of the single structured setting of a stack. */
export const stackSettingsKey = "event-platform:platform";

const slug = name(
  slugPattern,
  "lower-case letters, digits and single dashes, starting with a letter, at most 50",
  "Name.",
);

const service = z
  .strictObject({
    replicas: count(0, 1_000, "Processes or pods of the service. Default: as its template says.").optional(),
    env: z
      .record(name("^[A-Z][A-Z0-9_]*$", "upper-case letters, digits and '_'", "Name of the variable."), z.string())
      .meta({ description: "Environment variables added to those of the platform. No secrets." })
      .optional(),
  })
  .meta({ description: "Settings of one service in this environment." });

const budget = z
  .strictObject({
    partitions: count(1, 1_000_000, "Partitions of the team's topics together, without replicas.").optional(),
    rate: quantity(
      rateUnits,
      parseRate,
      "Bytes per second that may be written to the team's topics, all brokers together.",
    ).optional(),
  })
  .meta({ description: "Budget of one team in this environment." });

const ruleLevel = z.enum(["error", "warning", "info", "off"]);

/** Format of the setting `event-platform:platform`. */
export const stackSettingsSchema = z
  .strictObject({
    substrate: z
      .enum(["local", "kubernetes"])
      .meta({ description: "Where the platform runs: processes on this machine, or Kubernetes." }),
    kafka: z
      .strictObject({
        zones: z
          .array(slug)
          .min(1)
          .max(32)
          .meta({ description: "Zones (racks) that hold brokers." })
          .default(["zone-a", "zone-b", "zone-c"]),
        brokersPerZone: count(1, 100, "Brokers in each zone. Default: 3.").default(3),
        controllers: z
          .union([z.literal(1), z.literal(3), z.literal(5)])
          .meta({ description: "KRaft controllers: 1, 3 or 5. Default: 3." })
          .default(3),
      })
      .prefault({}),
    topics: z
      .strictObject({
        replicationFactor: replicationFactor.default(3),
        minInsyncReplicas: minInsyncReplicas.default(2),
        partitionFactor: z
          .number()
          .gt(0)
          .max(10)
          .meta({ description: "Factor on every topic's partitions, rounded up. Default: 1." })
          .default(1),
        retention: retention.prefault("7d"),
        maxMessage: maxMessage.prefault("1MB"),
        compression: compression.default("lz4"),
        compatibility: compatibility.default("BACKWARD"),
      })
      .prefault({}),
    quotas: z
      .strictObject({
        producer: quantity(
          rateUnits,
          parseRate,
          "Write quota per broker of a service that declares none. Default: 5MiB/s.",
        ).prefault("5MiB/s"),
        consumer: quantity(
          rateUnits,
          parseRate,
          "Read quota per broker of a service that declares none. Default: 10MiB/s.",
        ).prefault("10MiB/s"),
      })
      .prefault({}),
    capacity: z
      .strictObject({
        partitionsPerBroker: count(
          1,
          1_000_000,
          "Replicas of partitions that one broker holds at most. Default: 4000.",
        ).default(4_000),
        networkPerBroker: quantity(
          rateUnits,
          parseRate,
          "Bytes per second of a broker's network, each way. Default: 1250MB/s, which is 10 Gbit/s.",
        ).prefault("1250MB/s"),
        diskPerBroker: quantity(
          sizeUnits,
          parseSize,
          "Disk of one broker for records. Default: not known, so disk is shown and not judged.",
        ).optional(),
        warnAt: z
          .number()
          .gt(0)
          .max(1)
          .meta({ description: "Share of a limit from which a change needs the platform team. Default: 0.8." })
          .default(0.8),
      })
      .meta({ description: "What one broker can take." })
      .prefault({}),
    budgets: z
      .record(slug, budget)
      .meta({ description: "What each team may use, by team. A team without an entry has no limit of its own." })
      .default({}),
    services: z.record(slug, service).meta({ description: "Settings per service." }).default({}),
    policies: z
      .record(slug, z.union([ruleLevel, z.looseObject({ level: ruleLevel.optional() })]))
      .meta({
        description:
          "Levels and parameters of rules, by id: {partition-count: {level: error, max: 60}, key-missing: off}. The catalogue is docs/guide/policies.md.",
      })
      .default({}),
    local: z
      .strictObject({
        portBase: count(
          1_024,
          60_000,
          "First port of the local platform; the others follow at fixed offsets. Default: 17000.",
        ).default(17_000),
        observability: z
          .enum(observabilityLevels)
          .meta({
            description:
              "How the platform watches itself. on: metrics of Kafka nodes, the exporter of lag, and Prometheus with the alerts. metrics: the same without Prometheus. off: none of it. Default: on.",
          })
          .default("on"),
      })
      .prefault({}),
    tracing: tracingSettings.optional(),
    kubernetes: kubernetesSettings.optional(),
  })
  .meta({ description: "An environment of the platform." });

/**
 * Settings of an environment. Units are numbers: retention in ms (-1: forever), sizes in bytes, rates in bytes per
 * second.
 */
export type StackSettings = z.output<typeof stackSettingsSchema>;

/** Returns the number of brokers of an environment. */
export function brokerCount(settings: StackSettings): number {
  return settings.kafka.zones.length * settings.kafka.brokersPerZone;
}

/** Returns whether an environment limits replication: its factor is then the maximum for every topic. */
export function isSmall(settings: StackSettings): boolean {
  return settings.topics.replicationFactor < 3;
}

/**
 * Returns whether the brokers of an environment have tiered storage. Without it, topics that declare it keep everything
 * on the brokers' disks.
 */
export function hasRemoteStorage(settings: StackSettings): boolean {
  return settings.kubernetes?.kafka.remoteStorage !== undefined;
}
