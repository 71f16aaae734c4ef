import { formatDuration } from "../../../model/values/duration.ts";
import { listed, percent } from "../words.ts";
import { configOf, isCompacted, isPersonal, numberOf, type SettingRule, servicesIn, type TopicPair } from "./rule.ts";

/** Kafka's default for `delete.retention.ms`. */
const defaultTombstoneRetention = 86_400_000;
/** Kafka's default for `min.cleanable.dirty.ratio`. */
const defaultDirtyRatio = 0.5;

/** Judges how long tombstones are kept. */
export const tombstoneRule: SettingRule = {
  field: "tombstoneRetention",
  declared: ({ tombstoneRetention }) => tombstoneRetention,
  judge({ before, after, affected }) {
    const was = numberOf(before, "delete.retention.ms", defaultTombstoneRetention);
    const is = numberOf(after, "delete.retention.ms", defaultTombstoneRetention);
    if (configOf(before, "delete.retention.ms") === configOf(after, "delete.retention.ms")) return undefined;
    const values = { before: formatDuration(was), after: formatDuration(is) };
    if (is >= was) return { ...values, hazard: "safe", effects: ["deletions of keys stay readable longer"] };
    return {
      ...values,
      hazard: "approval",
      effects: [
        `${readers(affected)} that reads from the beginning, or lags by more than ${values.after}, misses the deletion of a key and keeps its old value`,
      ],
    };
  },
};

/** Judges the minimum age of a record before compaction may remove it. */
export const minCompactionLagRule: SettingRule = {
  field: "minCompactionLag",
  declared: ({ minCompactionLag }) => minCompactionLag,
  judge(topic) {
    const was = numberOf(topic.before, "min.compaction.lag.ms", 0);
    const is = numberOf(topic.after, "min.compaction.lag.ms", 0);
    if (was === is) return undefined;
    const values = { before: formatDuration(was), after: formatDuration(is) };
    if (!compacts(topic)) return { ...values, hazard: "safe", effects: [withoutCompaction] };
    if (is > was)
      return {
        ...values,
        hazard: "safe",
        effects: [
          `every record of a key, and the deletion of one, can be read for ${values.after}: consumers may lag by as much`,
          "old values take disk for longer",
        ],
      };
    const tombstones = formatDuration(is + numberOf(topic.after, "delete.retention.ms", defaultTombstoneRetention));
    return {
      ...values,
      hazard: "irreversible",
      effects: [
        `earlier records of a key that are older than ${values.after} are removed by the next compaction and can't be brought back: ${readers(topic.affected)} that lags by more sees the last one only`,
        `the deletion of a key (tombstone) may be gone ${tombstones} after it was written: who lags by more keeps the old value`,
      ],
      advice: ["make sure that no consumer lags by more, and that none needs every record of a key"],
    };
  },
};

/** Judges the maximum age of a record before compaction must consider it. */
export const maxCompactionLagRule: SettingRule = {
  field: "maxCompactionLag",
  declared: ({ maxCompactionLag }) => maxCompactionLag,
  judge(topic) {
    const [before, after] = [topic.before, topic.after].map((each) => configOf(each, "max.compaction.lag.ms"));
    if (before === after) return undefined;
    const text = (lag: string | undefined): string => (lag === undefined ? "no limit" : formatDuration(Number(lag)));
    const values = { before: text(before), after: text(after) };
    if (!compacts(topic)) return { ...values, hazard: "safe", effects: [withoutCompaction] };
    const later = after === undefined || (before !== undefined && Number(after) > Number(before));
    if (!later)
      return {
        ...values,
        hazard: "safe",
        effects: [
          `the old value of a key is gone about ${values.after} after the record that replaces or deletes it: segments are closed and compacted by then, whatever dirtyRatio says`,
          "compaction works more often: brokers read and write more",
        ],
      };
    return {
      ...values,
      hazard: isPersonal(topic) ? "approval" : "safe",
      effects: [
        after === undefined
          ? "the old value of a key, and of a deleted one, stays until enough of the log waits for compaction: on a slow topic without a bound"
          : `the old value of a key, and of a deleted one, stays for up to about ${values.after}`,
        ...(isPersonal(topic) ? ["what was erased by deleting a key is removed later than was promised"] : []),
      ],
    };
  },
};

/** Judges the share of uncompacted bytes at which compaction starts. */
export const dirtyRatioRule: SettingRule = {
  field: "dirtyRatio",
  declared: ({ dirtyRatio }) => dirtyRatio,
  judge(topic) {
    const was = numberOf(topic.before, "min.cleanable.dirty.ratio", defaultDirtyRatio);
    const is = numberOf(topic.after, "min.cleanable.dirty.ratio", defaultDirtyRatio);
    if (was === is) return undefined;
    const values = { before: was, after: is };
    if (!compacts(topic)) return { ...values, hazard: "safe", effects: [withoutCompaction] };
    if (is < was)
      return {
        ...values,
        hazard: "safe",
        effects: [
          `compaction starts once ${percent(is)} of a partition wait for it: old values and deletions of keys (tombstones) go sooner, never before minCompactionLag and tombstoneRetention allow it`,
          "brokers read and write more for it",
        ],
      };
    const bounded = configOf(topic.after, "max.compaction.lag.ms") !== undefined;
    return {
      ...values,
      hazard: !bounded && isPersonal(topic) ? "approval" : "safe",
      effects: [
        `compaction starts once ${percent(is)} of a partition wait for it: ${is < 1 ? `old values may take ${percent(is / (1 - is))} of what current ones take` : "old values are removed only when nothing else is left"}${bounded ? ", or maxCompactionLag is over" : ""}`,
        ...(bounded ? [] : ["the old value of a deleted key stays longer; set maxCompactionLag to bound it"]),
      ],
    };
  },
};

const withoutCompaction = "no effect as long as the topic is not compacted";

function compacts(topic: TopicPair): boolean {
  return [topic.before, topic.after].some(isCompacted);
}

function readers(affected: TopicPair["affected"]): string {
  const consumers = servicesIn(affected, "consumer");
  return consumers.length === 0 ? "a consumer" : listed(consumers);
}
