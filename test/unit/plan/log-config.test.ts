import { describe, expect, it } from "vitest";
import { expectRead } from "../../../components/model/read.ts";
import type { StackSettings } from "../../../components/model/stack/stack.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { topicConfigKeys } from "../../../components/plan/topics.ts";
import { stackSettings } from "../kubernetes/strimzi-input.ts";
import { goodDomain, projectWith } from "../model/project-files.ts";
import { stackWith } from "./sample-models.ts";

const store = { className: "com.example.Store", classPath: "/opt/plugin/*", cidrs: ["10.0.0.0/8"] };
const tiered = stackSettings({ kafka: { remoteStorage: store } });

function topicsWith(settings: string, stack: StackSettings): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const text = goodDomain.replace(
    "    retention: 7d\n",
    `${settings
      .split("\n")
      .map((line) => `    ${line}`)
      .join("\n")}\n`,
  );
  return new Map(
    planPlatform(expectRead(readTopics(projectWith(text))), stack).topics.map(({ name, config }) => [name, config]),
  );
}
const configWith = (settings: string, stack = stackWith()): Readonly<Record<string, string>> =>
  topicsWith(settings, stack).get("order-events") ?? {};

describe("a topic's configuration", () => {
  it("has segments in proportion to its retention, the dead-letter and retry topics too", () => {
    const topics = topicsWith("retention: 1h\nretentionBytes: 600MiB", stackWith());
    expect(topics.get("order-events")).toMatchObject({
      "segment.ms": "600000",
      "segment.bytes": String(100 * 2 ** 20),
    });
    const derived = [...topics].filter(([name]) => /\.(dlt|retry-.*)$/.test(name));
    expect(derived.length).toBeGreaterThan(0);
    for (const [, config] of derived)
      expect(config).toMatchObject({
        "retention.ms": String(30 * 86_400_000),
        "segment.ms": String(5 * 86_400_000),
        "segment.bytes": String(2 ** 30),
      });
  });

  it("says what is declared of compaction and timestamps, and nothing of what is not", () => {
    const keys = [
      "max.compaction.lag.ms",
      "min.cleanable.dirty.ratio",
      "min.compaction.lag.ms",
      "message.timestamp.type",
      "delete.retention.ms",
    ];
    expect(
      configWith(
        "cleanup: compact\nminCompactionLag: 1h\nmaxCompactionLag: 1d\ndirtyRatio: 0.3\ntombstoneRetention: 2d\ntimestampType: LogAppendTime",
      ),
    ).toMatchObject({
      "max.compaction.lag.ms": "86400000",
      "min.cleanable.dirty.ratio": "0.3",
      "min.compaction.lag.ms": "3600000",
      "message.timestamp.type": "LogAppendTime",
      "delete.retention.ms": "172800000",
    });
    for (const key of keys) expect(configWith("retention: 7d")).not.toHaveProperty([key]);
  });

  it.each<[string, string, Record<string, string>]>([
    ["enabled", "remoteStorage: enabled", { "remote.storage.enable": "true" }],
    [
      "enabled with local limits",
      "remoteStorage: enabled\nlocalRetention: 1d\nlocalRetentionBytes: 1GiB",
      { "remote.storage.enable": "true", "local.retention.ms": "86400000", "local.retention.bytes": String(2 ** 30) },
    ],
    [
      "enabled in an environment with a shorter retention",
      "remoteStorage: enabled\nlocalRetention: 8d",
      { "remote.storage.enable": "true", "local.retention.ms": String(7 * 86_400_000) },
    ],
    ["read-only", "remoteStorage: read-only", { "remote.storage.enable": "true", "remote.log.copy.disable": "true" }],
    [
      "disabled",
      "remoteStorage: disabled",
      { "remote.storage.enable": "false", "remote.log.delete.on.disable": "true" },
    ],
  ])("has remote storage %s as Kafka takes it, where the stack has it", (_what, settings, wanted) => {
    const remote = (stack: StackSettings): Record<string, string> =>
      Object.fromEntries(Object.entries(configWith(settings, stack)).filter(([key]) => /^(remote|local)\./.test(key)));
    expect(remote(tiered)).toEqual(wanted);
    expect(remote(stackWith())).toEqual({});
  });

  it("has no key that drift and import do not know", () => {
    const everything =
      "retention: 7d\nretentionBytes: 1GiB\ncleanup: delete\nsegmentAge: 1h\nsegmentSize: 1MiB\ntombstoneRetention: 1d\ntimestampType: CreateTime\nremoteStorage: enabled\nlocalRetention: 1d\nlocalRetentionBytes: 1MiB";
    for (const key of [
      everything,
      "remoteStorage: read-only",
      "remoteStorage: disabled",
      "cleanup: compact\nminCompactionLag: 1h\nmaxCompactionLag: 1d\ndirtyRatio: 0.5",
    ].flatMap((settings) => Object.keys(configWith(settings, tiered))))
      expect(topicConfigKeys).toContain(key);
  });
});
