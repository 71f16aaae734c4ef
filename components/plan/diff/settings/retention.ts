import { formatDuration } from "../../../model/values/duration.ts";
import { largestPartition, longestKept, longestSegment, retentionCheck } from "../../capacity/segments.ts";
import { writeRate } from "../../capacity/volume.ts";
import type { PlannedTopic } from "../../types.ts";
import { platformTeam } from "../state.ts";
import { approximateBytes, approximateDuration, limitText, retentionText } from "../words.ts";
import { configOf, isPersonal, type Judgement, numberOf, type SettingRule, type TopicPair } from "./rule.ts";

const day = 86_400_000;
const checkMinutes = retentionCheck / 60_000;

/** Judges retention by time. After a reduction, brokers delete records within minutes. */
export const retentionRule: SettingRule = {
  field: "retention",
  settings: ["retention"],
  declared: ({ retention }) => retention,
  judge(topic) {
    const before = numberOf(topic.before, "retention.ms", -1);
    const after = numberOf(topic.after, "retention.ms", -1);
    if (before === after) return undefined;
    const values = { before: retentionText(before), after: retentionText(after) };
    if (!deletes(topic))
      return { ...values, hazard: "safe", effects: ["no effect as long as the topic is only compacted"] };
    if (after < 0 || (before >= 0 && after > before)) return { ...values, ...longer(topic, before, after) };
    const effects = [
      `records older than ${values.after} are deleted within about ${checkMinutes} minutes and can't be brought back`,
      ...lost(topic, before, after),
      ...bound(topic.after),
    ];
    return { ...values, hazard: "irreversible", effects, advice: steps(before, after) };
  },
};

/** Judges retention by size of a partition. */
export const retentionBytesRule: SettingRule = {
  field: "retentionBytes",
  declared: ({ retentionBytes }) => retentionBytes,
  judge(topic) {
    const before = numberOf(topic.before, "retention.bytes", -1);
    const after = numberOf(topic.after, "retention.bytes", -1);
    if (before === after) return undefined;
    const values = { before: limitText(before), after: limitText(after) };
    if (!deletes(topic))
      return { ...values, hazard: "safe", effects: ["no effect as long as the topic is only compacted"] };
    if (after < 0 || (before >= 0 && after > before)) {
      return {
        ...values,
        hazard: "safe",
        effects: [
          after < 0
            ? "the topic may grow as far as its retention by time lets it"
            : `the topic may grow to ${mostBytes(topic.after)} before replication`,
        ],
      };
    }
    const most = `at most ${mostBytes(topic.after)} of the topic are kept: the limit and one segment of each partition`;
    const gone =
      before < 0
        ? [most]
        : [
            most,
            `up to ${approximateBytes((before - after) * topic.before.partitions)} are deleted within about ${checkMinutes} minutes and can't be brought back`,
          ];
    return {
      ...values,
      hazard: "irreversible",
      effects: before < 0 ? [...gone, "what is above that is deleted within minutes and can't be brought back"] : gone,
    };
  },
};

/**
 * Judges a longer retention of a declared topic. Without a limit, the disks only grow and cost more. Personal data is
 * kept longer than its owners and users agreed to. A derived topic follows the topics of its group within its own
 * bounds.
 */
function longer(
  topic: TopicPair,
  before: number,
  after: number,
): Pick<Judgement, "hazard" | "effects" | "advice" | "alsoAsk"> {
  const effects = [...grown(topic, before, after), ...bound(topic.after)];
  const classification = topic.declaredAfter?.classification;
  const aboutPeople = isPersonal(topic);
  if (topic.after.kind !== "event" || (after >= 0 && !aboutPeople)) return { hazard: "safe", effects };
  return {
    hazard: "approval",
    effects: [
      ...effects,
      ...(aboutPeople
        ? [`${String(classification)} data is kept longer: what was erased elsewhere stays here until then`]
        : []),
    ],
    ...(after < 0
      ? {
          alsoAsk: [platformTeam],
          advice: [
            "set retentionBytes as well, keep the last value per key with cleanup: compact, or move old records to cheaper storage",
          ],
        }
      : {}),
  };
}

/** Returns how long a record is really kept, as text. */
function bound(topic: PlannedTopic): string[] {
  const kept = longestKept(topic.config);
  if (kept === undefined) return [];
  return [
    `a record is kept for at most about ${approximateDuration(kept)}: Kafka deletes whole segments, each of which takes records for up to ${formatDuration(numberOf(topic, "segment.ms", longestSegment))}`,
  ];
}

/** Returns the maximum size of a topic by its size limit, before replication, as text. */
function mostBytes(topic: PlannedTopic): string {
  return approximateBytes((largestPartition(topic.config) ?? 0) * topic.partitions);
}

function deletes(topic: TopicPair): boolean {
  return [topic.before, topic.after].some((each) => (configOf(each, "cleanup.policy") ?? "delete").includes("delete"));
}

function lost(topic: TopicPair, before: number, after: number): string[] {
  const rate = writeRate(topic.pair.before, topic.before);
  if (rate.bytesPerSecond === 0) return [];
  if (before < 0) return ["how much that is follows from the topic's age: nothing was ever deleted by time"];
  const bySize = numberOf(topic.before, "retention.bytes", -1);
  const cap = bySize < 0 ? Number.POSITIVE_INFINITY : bySize * topic.before.partitions;
  const gone =
    Math.min((rate.bytesPerSecond * before) / 1_000, cap) - Math.min((rate.bytesPerSecond * after) / 1_000, cap);
  if (gone <= 0) return ["the limit by size keeps less than that already"];
  const bytes = approximateBytes(gone);
  return [
    rate.basis === "declared"
      ? `about ${bytes} are lost by the declared rates, before replication`
      : `at most ${bytes} are lost, before replication, if producers use their quotas in full; declare their rate for a better figure`,
  ];
}

function grown(topic: TopicPair, before: number, after: number): string[] {
  if (after < 0) return ["records are never deleted by time: what disks need grows without a bound"];
  const rate = writeRate(topic.pair.after, topic.after);
  if (rate.bytesPerSecond === 0) return ["records are kept longer"];
  const more = approximateBytes(((rate.bytesPerSecond * (after - before)) / 1_000) * topic.after.replicationFactor);
  return [`disks need ${rate.basis === "declared" ? "about" : "at most"} ${more} more, replicas included`];
}

/**
 * Returns steps that halve the retained data each. No broker then deletes for a long time, and the change can be
 * stopped after each step.
 */
function steps(before: number, after: number): string[] {
  if (before < 0) return [`ask the consumers which records they still need, then lower it in steps, the longest first`];
  const way: string[] = [];
  for (
    let next = Math.ceil(before / 2 / day) * day;
    next > after && next < before && way.length < 6;
    next = Math.ceil(next / 2 / day) * day
  ) {
    way.push(retentionText(next));
    if (next <= day) break;
  }
  return [
    way.length === 0
      ? "make sure that no consumer's lag is longer than the new retention"
      : `lower it in steps, one a day, with a look at the consumers' lag before each: ${[retentionText(before), ...way, retentionText(after)].join(" → ")}`,
  ];
}
