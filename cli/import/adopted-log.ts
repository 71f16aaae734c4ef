/** A running topic's log settings in the format of the files. Pure. */

import {
  leastDirtyRatio,
  leastSegmentAge,
  leastSegmentSize,
  mostSegmentAge,
  mostSegmentSize,
} from "../../components/model/topics/log-settings.ts";
import { formatDuration } from "../../components/model/values/duration.ts";
import { formatSize } from "../../components/model/values/size.ts";
import { type LogBounds, segmentBytes, segmentMs } from "../../components/plan/capacity/segments.ts";
import type { LiveTopic } from "../../components/plan/live.ts";

/** A whole number of a topic's configuration; undefined if it is absent or not a number. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text === undefined || !/^-?\d{1,15}$/.test(text) ? undefined : Number(text);
}

/**
 * Settings that are set on the topic itself and differ from the kit's value, and settings that the files cannot express.
 * Inherited settings are not declared: segments in proportion to the retention make the retention accurate.
 * @param bounds - Other declared settings of the topic.
 * @param remote - Whether the stack has remote storage.
 */
export function adoptedLog(
  { config }: LiveTopic,
  bounds: LogBounds,
  remote: boolean,
): { readonly settings: Readonly<Record<string, string>>; readonly unsaid: readonly string[] } {
  const settings: Record<string, string> = {};
  const unsaid: string[] = [];
  const cannot = (key: string, allowed: string): void => {
    unsaid.push(
      `${key} is ${config[key] ?? ""}; ${allowed}, so it is not declared and the next \`up\` replaces or removes it`,
    );
  };
  const compacts = bounds.cleanup.includes("compact");
  const ends = bounds.cleanup.includes("delete") && bounds.retention >= 0;

  const age = wholeNumber(config["segment.ms"]);
  if (age !== undefined && age !== segmentMs(bounds)) {
    if (age < leastSegmentAge || age > mostSegmentAge) cannot("segment.ms", "the files allow 1m to 365d");
    else if (ends && age > bounds.retention)
      cannot(
        "segment.ms",
        `records expire after ${formatDuration(bounds.retention)}, and a segment may not be open for longer`,
      );
    else settings.segmentAge = formatDuration(age);
  }
  const size = wholeNumber(config["segment.bytes"]);
  if (size !== undefined && size !== segmentBytes(bounds)) {
    if (size < leastSegmentSize || size > mostSegmentSize) cannot("segment.bytes", "the files allow 1MiB to 2GB");
    else if (size < bounds.maxMessage)
      cannot("segment.bytes", `a record batch may have ${formatSize(bounds.maxMessage)}`);
    else settings.segmentSize = formatSize(size);
  }
  const tombstones = wholeNumber(config["delete.retention.ms"]);
  if (tombstones !== undefined && tombstones >= 0) settings.tombstoneRetention = formatDuration(tombstones);
  if (config["message.timestamp.type"] !== undefined) settings.timestampType = config["message.timestamp.type"];

  const shortest = wholeNumber(config["min.compaction.lag.ms"]);
  const longest = wholeNumber(config["max.compaction.lag.ms"]);
  const lags = [
    ["min.compaction.lag.ms", "minCompactionLag", shortest, 0],
    ["max.compaction.lag.ms", "maxCompactionLag", longest, 1],
  ] as const;
  for (const [key, setting, lag, least] of lags) {
    if (lag === undefined || config[key] === undefined) continue;
    if (!compacts) cannot(key, "the topic is not compacted");
    else if (lag < least) cannot(key, "the files allow durations above zero");
    else settings[setting] = formatDuration(lag);
  }
  const ratio = config["min.cleanable.dirty.ratio"];
  if (ratio !== undefined) {
    if (!compacts) cannot("min.cleanable.dirty.ratio", "the topic is not compacted");
    else if (!(Number(ratio) >= leastDirtyRatio && Number(ratio) <= 1))
      cannot("min.cleanable.dirty.ratio", "the files allow 0.01 to 1");
    else settings.dirtyRatio = String(Number(ratio));
  }
  Object.assign(settings, remoteSettings(config, bounds, remote, cannot));
  return { settings, unsaid };
}

function remoteSettings(
  config: LiveTopic["config"],
  { retention, retentionBytes = -1 }: LogBounds,
  remote: boolean,
  cannot: (key: string, why: string) => void,
): Record<string, string> {
  const enabled = config["remote.storage.enable"];
  if (enabled === undefined) return {};
  if (!remote) {
    cannot("remote.storage.enable", "the stack declares no remote storage (kubernetes.kafka.remoteStorage)");
    return {};
  }
  if (enabled !== "true") return { remoteStorage: "disabled" };
  if (config["remote.log.copy.disable"] === "true") return { remoteStorage: "read-only" };
  const settings: Record<string, string> = { remoteStorage: "enabled" };
  const [age, size] = [wholeNumber(config["local.retention.ms"]), wholeNumber(config["local.retention.bytes"])];
  if (age !== undefined && age > 0 && (retention < 0 || age <= retention))
    settings.localRetention = formatDuration(age);
  if (size !== undefined && size > 0 && (retentionBytes < 0 || size <= retentionBytes))
    settings.localRetentionBytes = formatSize(size);
  return settings;
}
