import { scalePartitions } from "../../../model/topics/partitions.ts";
import { describeLowered, insteadOfLowering, loweredFactor } from "../../partition-guard.ts";
import { sortedSet } from "../hazard.ts";
import { listed, percent } from "../words.ts";
import { isCompacted, type SettingRule, servicesIn, type TopicPair } from "./rule.ts";

/**
 * Judges the number of partitions. It can never be reduced. It can be raised without harm only if the records have no
 * key.
 */
export const partitionsRule: SettingRule = {
  field: "partitions",
  settings: ["partitionFactor"],
  declared: ({ partitions }) => partitions,
  judge(topic) {
    const { name, before, after } = topic;
    const counts = { before: before.partitions, after: after.partitions };
    if (counts.before === counts.after) return undefined;
    if (counts.after < counts.before) {
      const factor = loweredFactor(
        topic.pair.before.stack.topics.partitionFactor,
        topic.pair.after.stack.topics.partitionFactor,
      );
      const declared = topic.declaredAfter?.partitions;
      const byFactor =
        factor !== undefined &&
        topic.declaredAfter?.partitionsAsIs !== true &&
        (declared === undefined || scalePartitions(declared, factor.before) >= counts.before);
      const lowered = { topic: name, ...counts, ...(byFactor ? { factor } : {}) };
      return {
        ...counts,
        hazard: "refused",
        effects: [describeLowered(lowered)],
        advice: [insteadOfLowering(lowered)],
      };
    }
    const effects = ["partitions can't be lowered again"];
    const compacted = isCompacted(before);
    const key = topic.declaredBefore?.key;
    if (key === undefined && !compacted) return { ...counts, hazard: "safe", effects };
    const separated = separatedTopics(topic);
    if (separated.topics.length > 0)
      effects.push(
        `no longer co-partitioned with ${listed(separated.topics)}: ${listed(separated.services)} ${separated.services.length === 1 ? "reads" : "read"} them together and ${separated.services.length === 1 ? "finds" : "find"} one ${key ?? "key"} in different partitions`,
      );

    const moved = percent(1 - Math.min(counts.before, counts.after) / leastCommonMultiple(counts.before, counts.after));
    effects.unshift(
      `keys move: about ${moved} of the values of ${key ?? "the key"} go to another partition`,
      `order per ${key ?? "key"} breaks across the change: new records of a key can be handled before older ones that still wait in its old partition`,
    );
    const consumers = servicesIn(topic.affected, "consumer");
    const advice = [
      `stop the producers, let ${consumers.length === 0 ? "the consumers" : listed(consumers)} read to the end (lag 0), raise partitions, start the producers again`,
    ];
    if (!compacted) return { ...counts, hazard: "approval", effects, advice };
    effects.unshift(
      "compaction works within a partition: the last value of a moved key stays in its old partition forever, beside the new one, and readers of the whole topic may end with the older of the two",
    );
    return {
      ...counts,
      hazard: "irreversible",
      effects,
      advice: [
        `declare a new compacted topic with ${counts.after} partitions, copy the last value of each key, move the consumers over`,
      ],
    };
  },
};

/**
 * Returns the topics that no longer have the same key and number of partitions as this topic, and the consumers that
 * read both.
 */
function separatedTopics({ pair, name, before, after, declaredBefore }: TopicPair): {
  topics: string[];
  services: string[];
} {
  const key = declaredBefore?.key;
  const topics = new Set<string>();
  const services = new Set<string>();
  for (const { service } of declaredBefore?.consumers ?? []) {
    for (const { topic } of pair.before.topology.groups.get(service)?.consumptions ?? []) {
      if (
        topic.name === name ||
        topic.key !== key ||
        pair.before.planned.get(topic.name)?.partitions !== before.partitions
      )
        continue;
      const partitions = pair.after.planned.get(topic.name)?.partitions;
      if (partitions === undefined || partitions === after.partitions) continue;
      topics.add(topic.name);
      services.add(service);
    }
  }
  return { topics: sortedSet(topics), services: sortedSet(services) };
}

/**
 * Returns the least common multiple. A key stays in its partition if its hash has the same remainder for both numbers.
 * Of as many consecutive hashes as the least common multiple, this holds for the smaller of the two numbers.
 */
function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
