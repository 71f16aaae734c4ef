import { hasRemoteStorage } from "../../../model/stack/stack.ts";
import type { RemoteStorage } from "../../../model/types.ts";
import type { PlannedTopic } from "../../types.ts";
import { platformTeam } from "../state.ts";
import { limitText, listed, retentionText } from "../words.ts";
import { configOf, type Judgement, numberOf, type SettingRule, servicesIn, type TopicPair } from "./rule.ts";

/** State of a topic's tiered storage; `none` if the topic never used it. */
type State = RemoteStorage | "none";

/** Judges a change of tiered storage. Kafka can disable it only if it also deletes the stored segments. */
export const remoteStorageRule: SettingRule = {
  field: "remoteStorage",
  declared: ({ remoteStorage }) => remoteStorage,
  judge(topic) {
    const [before, after] = [stateOf(topic.before), stateOf(topic.after)];
    if (before !== after) return { before, after, ...judged(topic, before, after) };
    const [said, says] = [topic.declaredBefore?.remoteStorage ?? "none", topic.declaredAfter?.remoteStorage ?? "none"];
    if (said === says || topic.declaredBefore === undefined || topic.declaredAfter === undefined) return undefined;
    return {
      before: said,
      after: says,
      hazard: "safe",
      effects: [
        hasRemoteStorage(topic.pair.after.stack)
          ? "nothing changes"
          : `no effect here: ${topic.pair.after.stackName} has no remote storage, so brokers keep everything on their own disks`,
      ],
    };
  },
};

/** Judges how long brokers keep segments on their own disks beside the remote copy. */
export const localRetentionRule: SettingRule = {
  field: "localRetention",
  declared: ({ localRetention }) => localRetention,
  judge: (topic) => local(topic, "local.retention.ms", "retention.ms", retentionText),
};

/** As {@link localRetentionRule}, by size of a partition. */
export const localRetentionBytesRule: SettingRule = {
  field: "localRetentionBytes",
  declared: ({ localRetentionBytes }) => localRetentionBytes,
  judge: (topic) => local(topic, "local.retention.bytes", "retention.bytes", limitText),
};

function stateOf(topic: PlannedTopic): State {
  const enabled = configOf(topic, "remote.storage.enable");
  if (enabled === undefined) return "none";
  if (enabled === "false") return "disabled";
  return configOf(topic, "remote.log.copy.disable") === "true" ? "read-only" : "enabled";
}

function judged(topic: TopicPair, before: State, after: State): Omit<Judgement, "before" | "after"> {
  const whole = retentionText(numberOf(topic.after, "retention.ms", -1));
  const onDisk = retentionText(
    numberOf(topic.before, "local.retention.ms", numberOf(topic.before, "retention.ms", -1)),
  );
  const used = before === "enabled" || before === "read-only";
  const alsoAsk = [platformTeam];
  const inSteps = `keep remoteStorage: read-only until what was copied has expired (${whole}), then set remoteStorage: disabled`;
  if (after === "none" && used) {
    return {
      hazard: "refused",
      effects: [
        "Kafka refuses to switch remote storage off unless what is there is deleted with it, and the update would stop half-way",
      ],
      advice: [inSteps],
      alsoAsk,
    };
  }
  if (after === "none" || (after === "disabled" && !used))
    return { hazard: "safe", effects: ["nothing is in remote storage, and nothing is copied there"] };
  if (after === "disabled") {
    const lost =
      before === "enabled"
        ? `records older than ${onDisk} are in remote storage alone: they are deleted and can't be brought back`
        : "what was copied before and has not expired is deleted and can't be brought back";
    return {
      hazard: "irreversible",
      effects: [lost],
      advice: [
        before === "enabled"
          ? inSteps
          : `wait until what was copied has expired: ${whole} after remoteStorage became read-only`,
      ],
      alsoAsk,
    };
  }
  if (after === "read-only") {
    return {
      hazard: "approval",
      effects: [
        `no more segments are copied: brokers keep every new record on their own disks for ${whole}`,
        "what was copied can be read until it expires",
      ],
      alsoAsk,
    };
  }
  const kept = retentionText(numberOf(topic.after, "local.retention.ms", numberOf(topic.after, "retention.ms", -1)));
  return {
    hazard: "approval",
    effects: [
      `closed segments are copied to remote storage; brokers keep records for ${kept} on their own disks`,
      "older records are read from there: slower, and paid for by request",
      "it can't be switched off again without deleting what is there",
    ],
    alsoAsk,
  };
}

function local(topic: TopicPair, key: string, whole: string, text: (value: number) => string): Judgement | undefined {
  // If remote storage itself is enabled or disabled, that change covers this one.
  if (
    stateOf(topic.before) !== "enabled" ||
    stateOf(topic.after) !== "enabled" ||
    configOf(topic.before, key) === configOf(topic.after, key)
  )
    return undefined;
  const was = numberOf(topic.before, key, numberOf(topic.before, whole, -1));
  const is = numberOf(topic.after, key, numberOf(topic.after, whole, -1));
  const values = { before: text(was), after: text(is) };
  const shorter = is >= 0 && (was < 0 || is < was);
  if (!shorter) return { ...values, hazard: "safe", effects: ["brokers keep more on their own disks"] };
  const consumers = servicesIn(topic.affected, "consumer");
  return {
    ...values,
    hazard: consumers.length === 0 ? "safe" : "approval",
    effects: [
      `${consumers.length === 0 ? "consumers" : listed(consumers)} that lag by more than ${values.after} read from remote storage: slower, and paid for by request; nothing is lost`,
    ],
  };
}
