import { describe, expect, it } from "vitest";
import { clusterNodes } from "../../../components/kafka/nodes.ts";
import type { NodeMetrics } from "../../../toolchain/servers/kafka-node-properties.ts";
import { nodeProperties } from "../../../toolchain/servers/kafka-node-properties.ts";

const shape = { zones: ["zone-a", "zone-b", "zone-c"], brokersPerZone: 3, controllers: 3 };
const nodes = clusterNodes(shape);

function propertiesOf(
  name: string,
  overrides: { brokerCount?: number; metrics?: NodeMetrics } = {},
): Map<string, string> {
  const node = nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  const text = nodeProperties({
    node,
    host: "127.0.0.1",
    controllerPorts: new Map([
      [900, 1],
      [901, 2],
      [902, 3],
    ]),
    ...(node.role === "broker" ? { brokerPorts: { client: 10, internal: 20 } } : {}),
    dataDir: "/data",
    keystore: "/key.pem",
    truststore: "/trust.pem",
    replicationFactor: 3,
    minInsyncReplicas: 2,
    brokerCount: overrides.brokerCount ?? 9,
    administrators: ["platform-admin"],
    ...(overrides.metrics === undefined ? {} : { metrics: overrides.metrics }),
  });
  return new Map(
    text
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

describe("nodeProperties", () => {
  it("lets nobody in without TLS, a known identity and a rule", () => {
    const broker = propertiesOf("kafka-broker-100");
    expect(broker.get("listener.security.protocol.map")).toBe("CLIENT:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL");
    expect(broker.get("listener.name.internal.ssl.client.auth")).toBe("required");
    expect(broker.get("listener.name.controller.ssl.client.auth")).toBe("required");
    expect(broker.get("listener.name.client.sasl.enabled.mechanisms")).toBe("SCRAM-SHA-512");
    expect(broker.get("authorizer.class.name")).toBe("org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    expect(broker.get("allow.everyone.if.no.acl.found")).toBe("false");
    expect(broker.get("super.users")).toBe("User:kafka-node;User:platform-admin");
  });

  it("shows metrics on the host alone, those of the list, and none where nobody asks for them", () => {
    const broker = propertiesOf("kafka-broker-0", { metrics: { port: 30, allowList: ["kafka_a", "kafka_b_.*"] } });
    expect(broker.get("prometheus.metrics.reporter.listener")).toBe("http://127.0.0.1:30");
    expect(broker.get("prometheus.metrics.reporter.allowlist")).toBe("kafka_a,kafka_b_.*");
    expect([...propertiesOf("kafka-broker-0").keys()].filter((key) => key.includes("metric"))).toEqual([]);
  });

  it("keeps production's guarantees on the small machine", () => {
    const broker = propertiesOf("kafka-broker-0");
    expect(broker.get("unclean.leader.election.enable")).toBe("false");
    expect(broker.get("auto.create.topics.enable")).toBe("false");
    expect(broker.get("min.insync.replicas")).toBe("2");
    expect(broker.get("offsets.topic.replication.factor")).toBe("3");
    expect(broker.get("broker.rack")).toBe("zone-a");
  });

  it("gives a controller no client listener and names all voters in order of id", () => {
    const controller = propertiesOf("kafka-controller-901");
    expect(controller.get("listeners")).toBe("CONTROLLER://127.0.0.1:2");
    expect(controller.get("controller.quorum.voters")).toBe("900@127.0.0.1:1,901@127.0.0.1:2,902@127.0.0.1:3");
    expect([...controller.keys()].filter((key) => key.startsWith("listener.name.client"))).toEqual([]);
  });

  it("never asks for more replicas of an internal topic than there are brokers", () => {
    expect(propertiesOf("kafka-broker-0", { brokerCount: 1 }).get("offsets.topic.replication.factor")).toBe("1");
  });
});
