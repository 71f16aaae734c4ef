import { describe, expect, it } from "vitest";
import { refusedBrokerSetting } from "../../../components/model/stack/broker-settings.ts";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import { leastKubernetes, type Written, written } from "./strimzi-input.ts";

/** Problems as a reader sees them: what, and what to type instead. */
function problemsOf(settings: Written): string[] {
  const reading = parseStackSettings(settings);
  return reading.ok ? [] : reading.problems.map(({ rule, message, fix }) => `[${rule}] ${message} Fix: ${fix ?? ""}`);
}

const kafka = (settings: Written): Written => written({ kafka: settings });

describe("settings of an environment on Kubernetes", () => {
  it("need little: the rest are the reference case's values", () => {
    expect(parseStackSettings(written())).toMatchObject({
      ok: true,
      value: {
        kubernetes: {
          protect: true,
          kafka: {
            version: "4.3.1",
            broker: { cpu: "4", memory: 32 * 2 ** 30, volumes: [2 ** 40, 2 ** 40] },
            cruiseControl: true,
          },
          registry: { replicas: 2 },
        },
      },
    });
  });

  it.each<[what: string, settings: Written, message: RegExp]>([
    [
      "no part for Kubernetes",
      { substrate: "kubernetes" },
      /\[missing-key\] "kubernetes" is missing.*Pulumi\.dev\.yaml/,
    ],
    ["no database", written({ postgres: {} }), /kubernetes\.postgres.*exactly one of external and cloudNativePg/],
    [
      "two caches",
      written({ redis: { inCluster: {}, external: { host: "a", tls: false, cidrs: ["10.0.0.0/8"] } } }),
      /exactly one of external and inCluster/,
    ],
    [
      "a misspelt key",
      kafka({ maintenanceWindow: [] }),
      /unknown key "maintenanceWindow" in kubernetes\.kafka Fix: did you mean "maintenanceWindows"\?/,
    ],
    [
      "a setting that the operator drops",
      kafka({ config: { "ssl.client.auth": "none" } }),
      /\[setting-refused\] kubernetes\.kafka\.config: "ssl\.client\.auth" cannot be set here: Strimzi owns settings that begin with ssl\./,
    ],
    [
      "a setting with its own place",
      kafka({ config: { "min.insync.replicas": 1 } }),
      /"min\.insync\.replicas".*the kit sets it itself Fix: set topics\.minInsyncReplicas/,
    ],
    [
      "metadata newer than the brokers",
      kafka({ version: "4.2.1" }),
      /\[unsafe-topology\] kubernetes\.kafka\.metadataVersion is 4\.3-IV0, which Kafka 4\.2\.1 does not know Fix: set it to 4\.2-IV1/,
    ],
    [
      "an admin listener that nobody may reach",
      kafka({ adminListener: { type: "loadbalancer" } }),
      /adminListener\.sourceRanges is empty.*Fix: list the addresses/,
    ],
    [
      "a label of an unknown zone",
      kafka({ zoneLabels: { "zone-x": "eu-1x" } }),
      /zoneLabels names "zone-x".*use one of zone-a, zone-b, zone-c/,
    ],
    [
      "a template without a broker's number",
      kafka({
        external: { bootstrapHost: "k.example.com", brokerHostTemplate: "b.example.com", sourceRanges: ["10.0.0.0/8"] },
      }),
      /brokerHostTemplate.*must hold \{nodeId\}/,
    ],
    [
      "memory that is no whole number of MiB",
      kafka({ broker: { memory: "1GB" } }),
      /kubernetes\.kafka\.broker\.memory.*whole number of MiB/,
    ],
    [
      "memory that Kafka does not start with",
      kafka({ controller: { memory: "256MiB" } }),
      /kubernetes\.kafka\.controller\.memory.*at least 512MiB: with less Kafka does not start/,
    ],
    ["a volume without a unit", kafka({ broker: { volumes: [100] } }), /kubernetes\.kafka\.broker\.volumes\[0\].*size/],
    [
      "one namespace for two purposes",
      written({ namespaces: { platform: "kafka" } }),
      /kubernetes\.namespaces names "kafka" twice/,
    ],
    [
      "a cache whose certificate nobody knows",
      written({ redis: { external: { host: "redis", cidrs: ["10.0.0.0/8"] } } }),
      /kubernetes\.redis\.external\.caFile is missing/,
    ],
    [
      "ten zones",
      written(
        {},
        { kafka: { zones: Array.from({ length: 10 }, (_, index) => `zone-${String.fromCharCode(97 + index)}`) } },
      ),
      /kafka\.zones lists 10 zones.*at most 9/,
    ],
    [
      "Cruise Control beside one broker",
      written(
        {},
        { kafka: { zones: ["a"], brokersPerZone: 1 }, topics: { replicationFactor: 1, minInsyncReplicas: 1 } },
      ),
      /kubernetes\.kafka\.cruiseControl is on, but there is one broker/,
    ],
  ])("are refused with %s, and the key is named", (_what, settings, message) => {
    expect(problemsOf(settings).join("\n")).toMatch(message);
  });

  it("are not looked at where the platform runs on one machine", () => {
    expect(
      problemsOf({ substrate: "local", kubernetes: { ...leastKubernetes, kafka: { config: { "node.id": 7 } } } }),
    ).toEqual([]);
  });
});

describe("broker settings", () => {
  it.each([
    "num.io.threads",
    "log.segment.bytes",
    "ssl.cipher.suites",
    "broker.session.timeout.ms",
    "sasl.server.max.receive.size",
  ])("lets %s through", (key) => {
    expect(refusedBrokerSetting(key)).toBeUndefined();
  });

  it.each([
    "node.id",
    "LISTENERS",
    "broker.rack",
    "controller.quorum.append.linger.ms",
    "log.dirs",
    "super.users",
    "zookeeper.connect",
    "unclean.leader.election.enable",
    "client.quota.callback.static.produce",
  ])("refuses %s, with a place to go", (key) => {
    expect(refusedBrokerSetting(key)).toMatchObject({
      reason: expect.any(String),
      fix: expect.stringMatching(/^(set|use|delete)/),
    });
  });
});
