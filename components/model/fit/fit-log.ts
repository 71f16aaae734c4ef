import type { Problem } from "../problems/problem.ts";
import type { ModelRule } from "../problems/rules.ts";
import type { StackSettings } from "../stack/stack.ts";
import type { Model, TopicDeclaration } from "../types.ts";
import { formatDuration } from "../values/duration.ts";
import { formatSize } from "../values/size.ts";

/** Returns the log settings of topics that contradict each other or the environment's defaults. */
export function logFit(model: Model, settings: StackSettings): Problem[] {
  return model.domains.flatMap((domain) => domain.topics.flatMap((topic) => topicProblems(topic, settings.topics)));
}

/** Settings that have an effect only with compaction. */
const compactionSettings = ["minCompactionLag", "maxCompactionLag", "dirtyRatio"] as const;
/** Settings that have an effect only with tiered storage. */
const localSettings = ["localRetention", "localRetentionBytes"] as const;

function topicProblems(topic: TopicDeclaration, stack: StackSettings["topics"]): Problem[] {
  const problems: Problem[] = [];
  const {
    name,
    retention,
    segmentAge,
    segmentSize,
    minCompactionLag,
    maxCompactionLag,
    remoteStorage,
    localRetention,
  } = topic;
  const report = (rule: ModelRule, setting: string, message: string, fix: string): void => {
    problems.push({ rule, ...(topic.places[setting] ?? topic.source), message: `${name}: ${message}`, fix });
  };
  const compacts = topic.cleanup?.includes("compact") === true;
  const deletes = topic.cleanup !== "compact";

  // The stack's default may be shorter in a small environment. The plan then closes segments earlier.
  if (segmentAge !== undefined && deletes && retention !== undefined && retention >= 0 && segmentAge > retention) {
    report(
      "segment-unfit",
      "segmentAge",
      `segments are closed after ${formatDuration(segmentAge)}, records expire after ${formatDuration(retention)}: they would be kept for up to ${formatDuration(segmentAge + retention)}`,
      `lower segmentAge to at most ${formatDuration(retention)}, or delete it`,
    );
  }
  const largest = topic.maxMessage ?? stack.maxMessage;
  if (segmentSize !== undefined && segmentSize < largest) {
    report(
      "segment-unfit",
      "segmentSize",
      `a record batch of ${formatSize(largest)} does not fit a segment of ${formatSize(segmentSize)}, and brokers would refuse it`,
      `raise segmentSize to at least ${formatSize(largest)}, or lower maxMessage`,
    );
  }
  if (!compacts) {
    for (const setting of compactionSettings) {
      if (topic[setting] !== undefined)
        report(
          "setting-without-effect",
          setting,
          `${setting} is about compaction, and cleanup is delete`,
          `delete it, or set cleanup: compact`,
        );
    }
  }
  if (minCompactionLag !== undefined && maxCompactionLag !== undefined && minCompactionLag > maxCompactionLag) {
    report(
      "compaction-lags-crossed",
      "maxCompactionLag",
      `records are to be compacted after ${formatDuration(maxCompactionLag)}, and left alone for ${formatDuration(minCompactionLag)}`,
      `raise maxCompactionLag to at least ${formatDuration(minCompactionLag)}`,
    );
  }
  if (remoteStorage !== undefined && remoteStorage !== "disabled" && compacts) {
    report(
      "remote-storage-unfit",
      "remoteStorage",
      "a compacted log can't be copied to remote storage; Kafka refuses it",
      "delete remoteStorage, or set cleanup: delete",
    );
  }
  for (const setting of localSettings) {
    if (topic[setting] === undefined || remoteStorage === "enabled") continue;
    report(
      "setting-without-effect",
      setting,
      remoteStorage === "read-only"
        ? "nothing is copied to remote storage any more, so everything stays on the brokers' disks for the whole retention"
        : `${setting} is about remote storage, which the topic does not use`,
      "delete it, or set remoteStorage: enabled",
    );
  }
  if (localRetention !== undefined && retention !== undefined && retention >= 0 && localRetention > retention) {
    report(
      "remote-storage-unfit",
      "localRetention",
      `records stay on the brokers' disks for ${formatDuration(localRetention)} and expire after ${formatDuration(retention)}`,
      `lower localRetention to at most ${formatDuration(retention)}`,
    );
  }
  if (
    topic.localRetentionBytes !== undefined &&
    topic.retentionBytes !== undefined &&
    topic.localRetentionBytes > topic.retentionBytes
  ) {
    report(
      "remote-storage-unfit",
      "localRetentionBytes",
      `${formatSize(topic.localRetentionBytes)} of a partition stay on the broker's disk, and no more than ${formatSize(topic.retentionBytes)} are kept`,
      `lower localRetentionBytes to at most ${formatSize(topic.retentionBytes)}`,
    );
  }
  return problems;
}
