import { formatDuration } from "../../../model/values/duration.ts";
import { formatSize } from "../../../model/values/size.ts";
import {
  largestPartition,
  largestSegment,
  longestKept,
  longestSegment,
  segmentsByAge,
} from "../../capacity/segments.ts";
import { storedBytes, writeRate } from "../../capacity/volume.ts";
import type { PlannedTopic } from "../../types.ts";
import { platformTeam } from "../state.ts";
import { approximateBytes, approximateDuration } from "../words.ts";
import { isCompacted, isPersonal, numberOf, type SettingRule, type TopicPair } from "./rule.ts";

/**
 * Number of segments per partition at which brokers are affected: each segment takes two memory maps and up to four
 * open files.
 */
const manySegments = 100;

/**
 * Judges the age at which a segment is closed. If it only follows from another retention, the change of the retention
 * covers it.
 */
export const segmentAgeRule: SettingRule = {
  field: "segmentAge",
  declared: ({ segmentAge }) => segmentAge,
  judge(topic) {
    const before = numberOf(topic.before, "segment.ms", longestSegment);
    const after = numberOf(topic.after, "segment.ms", longestSegment);
    if (topic.declaredBefore?.segmentAge === topic.declaredAfter?.segmentAge || before === after) return undefined;
    const [was, is] = [longestKept(topic.before.config), longestKept(topic.after.config)];
    const effects: string[] = [];
    if (is !== undefined)
      effects.push(
        `a record is kept for at most about ${approximateDuration(is)}${was === undefined ? "" : ` (was ${approximateDuration(was)})`}`,
      );
    if (isCompacted(topic.after))
      effects.push(
        `compaction takes a record ${approximateDuration(after)} after its segment began at the latest, and no record of an open segment`,
      );
    const many = tooMany(segmentsByAge(topic.before.config), segmentsByAge(topic.after.config));
    if (many !== undefined) effects.push(many);
    const personal = after > before && isPersonal(topic);
    if (personal) effects.push(`${String(topic.declaredAfter?.classification)} data is kept longer`);
    return {
      before: formatDuration(before),
      after: formatDuration(after),
      hazard: personal || many !== undefined ? "approval" : "safe",
      effects,
      ...(many === undefined ? {} : { alsoAsk: [platformTeam] }),
    };
  },
};

/** Judges the size at which a segment is closed. */
export const segmentSizeRule: SettingRule = {
  field: "segmentSize",
  declared: ({ segmentSize }) => segmentSize,
  judge(topic) {
    const before = numberOf(topic.before, "segment.bytes", largestSegment);
    const after = numberOf(topic.after, "segment.bytes", largestSegment);
    if (topic.declaredBefore?.segmentSize === topic.declaredAfter?.segmentSize || before === after) return undefined;
    const most = largestPartition(topic.after.config);
    const effects =
      most === undefined
        ? []
        : [`the topic may grow to ${approximateBytes(most * topic.after.partitions)} before replication`];
    const many =
      after < before
        ? tooMany(segmentsBySize(topic, topic.before, before), segmentsBySize(topic, topic.after, after))
        : undefined;
    if (many !== undefined) effects.push(many);
    else if (after < before) effects.push("more and smaller files; Kafka deletes and compacts in finer steps");
    else effects.push("fewer and larger files; Kafka deletes and compacts in coarser steps");
    return {
      before: formatSize(before),
      after: formatSize(after),
      hazard: many === undefined ? "safe" : "approval",
      effects,
      ...(many === undefined ? {} : { alsoAsk: [platformTeam] }),
    };
  },
};

/** Returns the number of segments of a partition by its size; undefined if there is no size limit. */
function segmentsBySize({ pair }: TopicPair, topic: PlannedTopic, size: number): number | undefined {
  const stored = storedBytes(topic, writeRate(pair.after, topic));
  return stored === undefined ? undefined : Math.ceil(stored / topic.partitions / size) + 1;
}

function tooMany(before: number | undefined, after: number | undefined): string | undefined {
  if (after === undefined || after <= manySegments || (before !== undefined && after <= before)) return undefined;
  return `up to ${after} segments of each partition${before === undefined ? "" : ` (were ${before})`}: each costs brokers memory maps and open files, and a restart takes longer`;
}
