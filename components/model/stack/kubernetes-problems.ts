import { compareText, type Problem } from "../problems/problem.ts";
import type { Located, PropertyPath } from "../problems/validation.ts";
import { refusedBrokerSetting } from "./broker-settings.ts";
import type { StackSettings } from "./stack.ts";
import { kafkaVersions } from "./stack-kafka.ts";
import { tracingProblems } from "./stack-tracing.ts";
import { workloadProblems } from "./stack-workload.ts";

/** Each zone has a range of a hundred ids, from 0. Controllers have the ids from 900. */
const MOST_ZONES = 9;
const MOST_BROKERS_PER_ZONE = 100;

/** Returns the problems of `kubernetes:` that its format alone cannot detect. */
export function kubernetesProblems(settings: StackSettings, at: Located): Problem[] {
  const { kubernetes, substrate } = settings;
  if (substrate !== "kubernetes") return [];
  if (kubernetes === undefined) {
    return [
      {
        rule: "missing-key",
        ...at.place([], "key"),
        message: '"kubernetes" is missing: the substrate is kubernetes',
        fix: "add kubernetes: …, for example from stacks/Pulumi.dev.yaml",
      },
    ];
  }
  const problem = (rule: Problem["rule"], path: PropertyPath, message: string, fix: string): Problem => ({
    rule,
    ...at.place(path),
    message,
    fix,
  });
  const { zones, brokersPerZone } = settings.kafka;
  const { kafka, redis } = kubernetes;
  const problems: Problem[] = [...tracingProblems(settings.tracing, at)];
  const refuse = (...args: Parameters<typeof problem>): void => void problems.push(problem(...args));

  for (const key of Object.keys(kafka.config).sort(compareText)) {
    const refused = refusedBrokerSetting(key);
    if (refused !== undefined)
      refuse(
        "setting-refused",
        ["kubernetes", "kafka", "config", key],
        `kubernetes.kafka.config: ${JSON.stringify(key)} cannot be set here: ${refused.reason}`,
        refused.fix,
      );
  }
  if (zones.length > MOST_ZONES)
    refuse(
      "unsafe-topology",
      ["kafka", "zones"],
      `kafka.zones lists ${zones.length} zones; brokers of zone n have ids from n × 100, and controllers from 900`,
      `list at most ${MOST_ZONES}`,
    );
  if (brokersPerZone > MOST_BROKERS_PER_ZONE)
    refuse(
      "unsafe-topology",
      ["kafka", "brokersPerZone"],
      `kafka.brokersPerZone is ${brokersPerZone}; a zone has ids for ${MOST_BROKERS_PER_ZONE}`,
      "add a zone",
    );
  const newest = kafkaVersions[kafka.version];
  if (kafka.metadataVersion > newest) {
    refuse(
      "unsafe-topology",
      ["kubernetes", "kafka", "metadataVersion"],
      `kubernetes.kafka.metadataVersion is ${kafka.metadataVersion}, which Kafka ${kafka.version} does not know`,
      `set it to ${newest}, or raise kubernetes.kafka.version first`,
    );
  }
  if (kafka.cruiseControl && zones.length * brokersPerZone < 2)
    refuse(
      "unsafe-topology",
      ["kubernetes", "kafka", "cruiseControl"],
      "kubernetes.kafka.cruiseControl is on, but there is one broker and nothing to balance",
      "set kubernetes.kafka.cruiseControl: false",
    );
  if (kafka.adminListener.type !== "internal" && kafka.adminListener.sourceRanges.length === 0) {
    refuse(
      "missing-key",
      ["kubernetes", "kafka", "adminListener"],
      `kubernetes.kafka.adminListener.sourceRanges is empty: with type ${kafka.adminListener.type} no client could connect`,
      "list the addresses from which Pulumi runs",
    );
  }
  for (const zone of Object.keys(kafka.zoneLabels).sort(compareText)) {
    if (!zones.includes(zone))
      refuse(
        "invalid-value",
        ["kubernetes", "kafka", "zoneLabels", zone],
        `kubernetes.kafka.zoneLabels names ${JSON.stringify(zone)}, which kafka.zones does not list`,
        `use one of ${zones.join(", ")}`,
      );
  }
  if (redis.external?.tls === true && redis.external.caFile === undefined) {
    refuse(
      "missing-key",
      ["kubernetes", "redis", "external"],
      "kubernetes.redis.external.caFile is missing: with tls a service must know whose certificate to accept",
      "add caFile: …, or tls: false where the network is trusted",
    );
  }
  const names = Object.values(kubernetes.namespaces);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    refuse(
      "invalid-value",
      ["kubernetes", "namespaces"],
      `kubernetes.namespaces names ${JSON.stringify(twice)} twice; Kafka, the platform's servers and the services are kept apart`,
      "give each its own",
    );
  return [...problems, ...workloadProblems(kubernetes.workloads, at, ["kubernetes", "workloads"])];
}
