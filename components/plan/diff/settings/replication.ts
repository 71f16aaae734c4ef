import { storedBytes, writeRate } from "../../capacity/volume.ts";
import { approximateBytes, counted } from "../words.ts";
import { numberOf, type SettingRule, type TopicPair } from "./rule.ts";

/** Judges the number of copies of each partition. */
export const replicationRule: SettingRule = {
  field: "replicationFactor",
  settings: ["replicationFactor"],
  declared: ({ replicationFactor }) => replicationFactor,
  judge(topic) {
    const before = topic.before.replicationFactor;
    const after = topic.after.replicationFactor;
    if (before === after) return undefined;
    const effects = tolerance(topic);
    if (after > before) {
      const rate = writeRate(topic.pair.after, topic.after);
      const stored = storedBytes(topic.after, rate);
      const moved =
        stored === undefined || stored === 0
          ? "all records"
          : `${rate.basis === "declared" ? "about" : "at most"} ${approximateBytes(stored * (after - before))}`;
      effects.push(
        `brokers copy ${moved} to ${counted(after - before, "more replica")} of each partition; throttle the reassignment`,
      );
    } else
      effects.push(
        `${counted(before - after, "replica")} of each partition ${before - after === 1 ? "is" : "are"} deleted`,
      );
    if (after === 1) effects.push("the loss of one broker's disk is the loss of its partitions");
    return {
      before,
      after,
      hazard: "approval",
      effects,
      ...(after < before ? { advice: ["keep at least 3 replicas wherever records matter"] } : {}),
    };
  },
};

/** Judges how many copies must have a record before the broker acknowledges it. */
export const minInsyncRule: SettingRule = {
  field: "minInsyncReplicas",
  settings: ["minInsyncReplicas", "replicationFactor"],
  declared: ({ minInsyncReplicas }) => minInsyncReplicas,
  judge(topic) {
    const before = numberOf(topic.before, "min.insync.replicas", 1);
    const after = numberOf(topic.after, "min.insync.replicas", 1);
    if (before === after) return undefined;
    const weaker = after < before;
    const stopsAtOnce = topic.after.replicationFactor - after < 1;
    const advice = weaker
      ? ["keep min ISR at 2 or more, so that an acknowledged record is never on one disk only"]
      : ["raise replicationFactor with it"];
    return {
      before,
      after,
      hazard: weaker || stopsAtOnce ? "approval" : "safe",
      effects: tolerance(topic),
      ...(weaker || stopsAtOnce ? { advice } : {}),
    };
  },
};

/** Returns the effect of broker losses before and after the change. */
function tolerance({ before, after }: TopicPair): string[] {
  const writes = (topic: TopicPair["before"]): number =>
    Math.max(0, topic.replicationFactor - numberOf(topic, "min.insync.replicas", 1));
  const records = (topic: TopicPair["before"]): number =>
    Math.max(0, Math.min(topic.replicationFactor, numberOf(topic, "min.insync.replicas", 1)) - 1);
  const effects: string[] = [];
  if (writes(before) !== writes(after))
    effects.push(`writing goes on with ${counted(writes(after), "broker")} lost (was ${writes(before)})`);
  if (records(before) !== records(after))
    effects.push(
      `an acknowledged record survives the loss of ${counted(records(after), "broker")} for certain (was ${records(before)})`,
    );
  return effects;
}
