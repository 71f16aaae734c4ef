import { describe, expect, it, test } from "vitest";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import { brokerCount } from "../../../components/model/stack/stack.ts";
import { readStackFile } from "../../../components/model/stack/stack-file.ts";

const path = "stacks/Pulumi.local.yaml";
const stack = (lines: string): string => `config:\n  event-platform:platform:\n${lines}\n`;

function placesOf(text: string): string[] {
  const read = readStackFile({ path, text });
  return read.ok
    ? []
    : read.problems.map(
        (problem) => `${problem.line}:${problem.column} ${problem.rule}: ${problem.message} ${problem.fix ?? ""}`,
      );
}

describe("stack settings", () => {
  it("has defaults for everything but the substrate", () => {
    const read = parseStackSettings({ substrate: "local" });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    expect(read.value).toEqual({
      substrate: "local",
      kafka: { zones: ["zone-a", "zone-b", "zone-c"], brokersPerZone: 3, controllers: 3 },
      topics: {
        replicationFactor: 3,
        minInsyncReplicas: 2,
        partitionFactor: 1,
        retention: 604_800_000,
        maxMessage: 1_000_000,
        compression: "lz4",
        compatibility: "BACKWARD",
      },
      quotas: { producer: 5 * 2 ** 20, consumer: 10 * 2 ** 20 },
      capacity: { partitionsPerBroker: 4_000, networkPerBroker: 1_250_000_000, warnAt: 0.8 },
      services: {},
      budgets: {},
      policies: {},
      local: { portBase: 17_000, observability: "on" },
    });
    expect(brokerCount(read.value)).toBe(9);
  });

  it("reads one broker with one replica", () => {
    const read = parseStackSettings({
      substrate: "local",
      kafka: { zones: ["zone-a"], brokersPerZone: 1, controllers: 1 },
      topics: { replicationFactor: 1, minInsyncReplicas: 1 },
    });
    expect(read.ok).toBe(true);
  });

  it("names the setting where there is no file", () => {
    const read = parseStackSettings({ substrate: "local", kafka: { brokers: 3 } });
    expect(read.ok ? [] : read.problems).toMatchObject([
      { file: "event-platform:platform", rule: "unknown-key", message: 'unknown key "brokers" in kafka' },
    ]);
  });

  test.each([
    ["no such substrate", stack("    substrate: lokal"), /^3:16 invalid-value.*did you mean "local"/],
    [
      "an unknown key",
      stack("    substrate: local\n    kafka: {zonen: [a]}"),
      /^4:13 unknown-key.*did you mean "zones"/,
    ],
    ["two controllers", stack("    substrate: local\n    kafka: {controllers: 2}"), /^4:26 invalid-value.*1, 3, 5/],
    ["no zone", stack("    substrate: local\n    kafka: {zones: []}"), /^4:20 invalid-value.*empty/],
    [
      "a zone twice",
      stack("    substrate: local\n    kafka: {zones: [a, b, a]}"),
      /^4:27 invalid-value.*"a" is listed twice/,
    ],
    [
      "more replicas than brokers",
      stack("    substrate: local\n    kafka: {zones: [a], brokersPerZone: 2}"),
      /replication-too-high: topics.replicationFactor is 3, but there are 2 brokers/,
    ],
    [
      "a min ISR that leaves no broker to lose",
      stack("    substrate: local\n    topics: {minInsyncReplicas: 3}"),
      /^4:33 min-isr-too-high.*lower it to 2/,
    ],
    [
      "a factor of nothing",
      stack("    substrate: local\n    topics: {partitionFactor: 0}"),
      /^4:31 invalid-value.*above 0/,
    ],
    ["a port that is reserved", stack("    substrate: local\n    local: {portBase: 80}"), /^4:23 invalid-value.*1024/],
    ["a retention without unit", stack("    substrate: local\n    topics: {retention: 7}"), /^4:25 invalid-unit/],
    [
      "a variable in lower case",
      stack("    substrate: local\n    services: {order-service: {env: {log: x}}}"),
      /^4:38 invalid-name.*upper-case/,
    ],
    [
      "settings of the platform's own principal",
      stack("    substrate: local\n    services: {schema-registry: {replicas: 1}}"),
      /^4:16 reserved-name/,
    ],
    ["no settings", "config: {}\n", /^1:1 stack-settings-missing/],
    [
      "settings under another key",
      "config:\n  event-platform:platfrom: {substrate: local}\n",
      /stack-settings-missing.*event-platform:platfrom/,
    ],
    ["no YAML", "config: [", /yaml-syntax/],
  ])("%s is refused", (_title, text, says) => expect(placesOf(text).join("\n")).toMatch(says));

  it("says which file to create for a stack that is not there", () => {
    const read = readStackFile({ path: "stacks/Pulumi.prod.yaml", refused: "not-found", detail: "ENOENT" });
    expect(read.ok ? [] : read.problems).toMatchObject([
      { file: "stacks/Pulumi.prod.yaml", rule: "stack-settings-missing" },
    ]);
  });
});
