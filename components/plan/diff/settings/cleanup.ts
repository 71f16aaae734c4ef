import { retentionText } from "../words.ts";
import { configOf, type Judgement, type SettingRule, type TopicPair } from "./rule.ts";

/** Judges a change of the cleanup policy: what happens to old records. */
export const cleanupRule: SettingRule = {
  field: "cleanup",
  declared: ({ cleanup }) => cleanup,
  judge(topic) {
    const before = configOf(topic.before, "cleanup.policy") ?? "delete";
    const after = configOf(topic.after, "cleanup.policy") ?? "delete";
    return before === after ? undefined : { before, after, ...judged(topic, before.split(","), after.split(",")) };
  },
};

function judged(
  topic: TopicPair,
  before: readonly string[],
  after: readonly string[],
): Omit<Judgement, "before" | "after"> {
  const compactionStarts = after.includes("compact") && !before.includes("compact");
  const deletionStarts = after.includes("delete") && !before.includes("delete");
  if (compactionStarts && topic.declaredAfter !== undefined && topic.declaredAfter.key === undefined) {
    return {
      hazard: "refused",
      effects: [
        "a compacted topic takes no record without a key: every send of its producers would fail with INVALID_RECORD",
      ],
      advice: ["declare a key, or keep cleanup: delete"],
    };
  }
  const effects: string[] = [];
  const retention = retentionText(Number(configOf(topic.after, "retention.ms") ?? -1));
  if (compactionStarts)
    effects.push(
      `of each ${topic.declaredAfter?.key ?? "key"} only the last record is kept: earlier ones are removed and can't be brought back; consumers that need every event lose the history`,
    );
  if (deletionStarts)
    effects.push(
      `records older than ${retention} are deleted, also the last one of a key: what was not written again since then is lost`,
    );
  if (effects.length > 0)
    return {
      hazard: "irreversible",
      effects,
      advice: ["declare a new topic with the new policy, and move the consumers over"],
    };
  if (!after.includes("delete"))
    effects.push("records are no longer deleted by time or size: the topic keeps the last record of every key forever");
  if (!after.includes("compact"))
    effects.push(
      `earlier records of a key are kept until they are ${retention} old: consumers that expect one record per key see more`,
    );
  return { hazard: "approval", effects };
}
