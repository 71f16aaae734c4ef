import { describe, expect, it } from "vitest";
import { checkFit } from "../../../components/model/fit/fit.ts";
import { expectRead } from "../../../components/model/read.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { stackWith } from "../plan/sample-models.ts";
import { goodDomain, projectWith } from "./project-files.ts";

const withSettings = (settings: string): string =>
  goodDomain.replace(
    "    retention: 7d\n",
    `${settings
      .split("\n")
      .map((line) => `    ${line}`)
      .join("\n")}\n`,
  );
const unfit = (settings: string, stack: object = {}): string =>
  checkFit(expectRead(readTopics(projectWith(withSettings(settings)))), stackWith(stack))
    .map(({ rule, line, message, fix }) => `${line} ${rule} ${message} → ${fix ?? ""}`)
    .join("\n");
const refused = (settings: string): string => {
  const reading = readTopics(projectWith(withSettings(settings)));
  return reading.ok ? "" : reading.problems.map(({ rule, line, message }) => `${line} ${rule} ${message}`).join("\n");
};

describe("what a topic says of its log", () => {
  it.each<[string, string, object]>([
    ["segments as long as the retention", "retention: 1d\nsegmentAge: 1d", {}],
    [
      "segments longer than the stack's retention, which the plan shortens",
      "segmentAge: 2d",
      { topics: { retention: "1d" } },
    ],
    [
      "segments longer than a retention that compaction does not look at",
      "retention: 1h\ncleanup: compact\nsegmentAge: 1d",
      {},
    ],
    [
      "compaction with all its settings",
      "cleanup: compact,delete\nminCompactionLag: 1h\nmaxCompactionLag: 1h\ndirtyRatio: 0.01",
      {},
    ],
    ["remote storage", "retention: 7d\nremoteStorage: enabled\nlocalRetention: 7d", {}],
    ["remote storage disabled before compaction", "cleanup: compact\nremoteStorage: disabled", {}],
  ])("may be %s", (_what, settings, stack) => {
    expect(unfit(settings, stack)).toBe("");
  });

  it.each<[string, string, RegExp, object?]>([
    [
      "segments longer than the retention",
      "retention: 1h\nsegmentAge: 1d",
      /^\d+ segment-unfit order-events: segments are closed after 1d, records expire after 1h: they would be kept for up to 25h → lower segmentAge to at most 1h/,
    ],
    [
      "segments that hold no batch",
      "maxMessage: 2MiB\nsegmentSize: 1MiB",
      /segment-unfit .*2MiB does not fit a segment of 1MiB.* raise segmentSize to at least 2MiB/,
    ],
    [
      "segments that hold no batch of the stack's size",
      "segmentSize: 1MiB",
      /5MiB does not fit/,
      { topics: { maxMessage: "5MiB" } },
    ],
    [
      "compaction without compaction",
      "dirtyRatio: 0.2",
      /setting-without-effect .*dirtyRatio is about compaction, and cleanup is delete/,
    ],
    [
      "lags that cross",
      "cleanup: compact\nminCompactionLag: 2d\nmaxCompactionLag: 1d",
      /compaction-lags-crossed .*raise maxCompactionLag to at least 2d/,
    ],
    [
      "remote storage of a compacted log",
      "cleanup: compact\nremoteStorage: enabled",
      /remote-storage-unfit .*Kafka refuses it/,
    ],
    [
      "a local limit without remote storage",
      "localRetention: 1d",
      /setting-without-effect .*set remoteStorage: enabled/,
    ],
    [
      "a local limit of remote storage that copies nothing",
      "remoteStorage: read-only\nlocalRetention: 1d",
      /setting-without-effect .*for the whole retention/,
    ],
    [
      "more locally than in all",
      "retention: 1d\nremoteStorage: enabled\nlocalRetention: 2d",
      /remote-storage-unfit .*lower localRetention to at most 1d/,
    ],
    [
      "a larger part locally than in all",
      "retentionBytes: 1GiB\nremoteStorage: enabled\nlocalRetentionBytes: 2GiB",
      /remote-storage-unfit .*lower localRetentionBytes to at most 1GiB/,
    ],
  ])("can't be %s", (_what, settings, problem, stack) => {
    expect(unfit(settings, stack)).toMatch(problem);
    expect(unfit(settings, stack).split("\n")).toHaveLength(1);
  });

  it.each<[string, RegExp]>([
    ["segmentAge: 30s", /segmentAge must lie between 1m and 365d/],
    ["segmentAge: 400d", /segmentAge must lie between 1m and 365d/],
    ["segmentSize: 1MB", /segmentSize must lie between 1MiB and 2GB/],
    ["segmentSize: 2GiB", /segmentSize must lie between 1MiB and 2GB/],
    ["segmentAge: 60000", /expected a duration with a unit/],
    ["cleanup: compact\ndirtyRatio: 1.5", /dirtyRatio/],
    ["cleanup: compact\ndirtyRatio: 0.001", /dirtyRatio/],
    ["cleanup: compact\nmaxCompactionLag: 0ms", /maxCompactionLag must be above zero/],
    ["timestampType: logAppendTime", /timestampType/],
    ["remoteStorage: true", /remoteStorage/],
    ["remoteStorage: enabled\nlocalRetention: 0ms", /localRetention must be above zero/],
    ["segmentMs: 1d", /unknown-key/],
  ])("is refused outside its limits: %s", (settings, problem) => {
    expect(refused(settings)).toMatch(problem);
  });
});
