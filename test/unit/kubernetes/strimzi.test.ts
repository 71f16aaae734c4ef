import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterNodes } from "../../../components/kafka/nodes.ts";
import { kafkaResource } from "../../../components/kafka/strimzi/kafka-resource.ts";
import { listenerOf } from "../../../components/kafka/strimzi/listener-status.ts";
import { listeners } from "../../../components/kafka/strimzi/listeners.ts";
import { clusterPolicy } from "../../../components/kafka/strimzi/network-policy.ts";
import { heapMebibytes, nodePools } from "../../../components/kafka/strimzi/node-pools.ts";
import { operatorManifests } from "../../../components/kafka/strimzi/operator.ts";
import type { Manifest } from "../../../components/kubernetes/manifest.ts";
import { KAFKA_NODE_ALLOW_LIST } from "../../../components/observability/exported/kafka-nodes.ts";
import { clusterInput, kubernetesOf } from "./strimzi-input.ts";

const GIB = 2 ** 30;

function named(manifests: readonly Manifest[], name: string): Manifest {
  const found = manifests.find((manifest) => manifest.metadata.name === name);
  if (found === undefined)
    throw new Error(`No ${name} among ${manifests.map((manifest) => manifest.metadata.name).join(", ")}.`);
  return found;
}

describe("node pools", () => {
  const pools = nodePools(clusterInput());

  it("are one of controllers and one of brokers per zone", () => {
    expect(pools.map((pool) => [pool.metadata.name, pool.metadata.annotations?.["strimzi.io/next-node-ids"]])).toEqual([
      ["controller", "[900-909]"],
      ["broker-zone-a", "[0-99]"],
      ["broker-zone-b", "[100-199]"],
      ["broker-zone-c", "[200-299]"],
    ]);
    expect(pools.map((pool) => pool.spec)).toMatchObject([
      { replicas: 3, roles: ["controller"] },
      ...Array.from({ length: 3 }, () => ({ replicas: 3, roles: ["broker"] })),
    ]);
  });

  it("hold every broker to its zone, by the value that the nodes' label has, and to a host of its own", () => {
    const pool = named(nodePools(clusterInput({ zoneLabels: { "zone-b": "eu-central-1b" } })), "broker-zone-b");
    expect(pool.spec).toMatchObject({
      template: {
        pod: {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  {
                    matchExpressions: [
                      { key: "topology.kubernetes.io/zone", operator: "In", values: ["eu-central-1b"] },
                    ],
                  },
                ],
              },
            },
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                {
                  topologyKey: "kubernetes.io/hostname",
                  labelSelector: { matchLabels: { "strimzi.io/cluster": "kafka", "strimzi.io/broker-role": "true" } },
                },
              ],
            },
          },
        },
      },
    });
  });

  it("spread the controllers over the zones", () => {
    expect(named(pools, "controller").spec).toMatchObject({
      template: {
        pod: {
          topologySpreadConstraints: [
            { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
          ],
        },
      },
    });
  });

  it("keep every volume, and the quorum's metadata on the first alone", () => {
    expect(named(pools, "broker-zone-a").spec).toMatchObject({
      storage: {
        type: "jbod",
        volumes: [
          { id: 0, type: "persistent-claim", size: "1Ti", kraftMetadata: "shared", deleteClaim: false },
          { id: 1, type: "persistent-claim", size: "1Ti", deleteClaim: false },
        ],
      },
    });
    expect(JSON.stringify(named(pools, "broker-zone-a")).match(/kraftMetadata/g)).toHaveLength(1);
  });

  it.each([
    [32 * GIB, 6_144],
    [4 * GIB, 2_048],
    [2 * GIB, 1_024],
    [64 * GIB, 6_144],
  ])("give %i bytes a heap of %i MiB", (memory, heap) => {
    expect(heapMebibytes(memory)).toBe(heap);
  });

  it("number brokers as the nodes on one machine are numbered, whatever the shape", () => {
    const shape = fc.record({
      zones: fc.integer({ min: 1, max: 9 }),
      brokersPerZone: fc.integer({ min: 1, max: 20 }),
      controllers: fc.constantFrom(1, 3, 5),
    });
    fc.assert(
      fc.property(shape, ({ zones, brokersPerZone, controllers }) => {
        const names = Array.from({ length: zones }, (_, index) => `z${index}`);
        const input = clusterInput(
          { cruiseControl: false },
          {
            kafka: { zones: names, brokersPerZone, controllers },
            topics: { replicationFactor: 1, minInsyncReplicas: 1 },
          },
        );
        const ids = nodePools(input).flatMap((pool) => {
          const [first = 0] =
            /\d+/.exec(pool.metadata.annotations?.["strimzi.io/next-node-ids"]?.toString() ?? "")?.map(Number) ?? [];
          return Array.from({ length: (pool.spec as { replicas: number }).replicas }, (_, index) => first + index);
        });
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).toEqual(clusterNodes({ zones: names, brokersPerZone, controllers }).map((node) => node.id));
      }),
      { numRuns: 50 },
    );
  });
});

describe("the Kafka resource", () => {
  it("has no entity operator, the kit's authority for clients, the platform's admin as the one super user, and Kafka's own quotas", () => {
    const { spec } = kafkaResource(clusterInput());
    expect(spec).toMatchObject({
      kafka: {
        authorization: { type: "simple", superUsers: ["CN=platform-admin"] },
        quotas: { type: "kafka" },
        rack: { type: "topology-label" },
      },
      clientsCa: { generateCertificateAuthority: false },
      cruiseControl: { autoRebalance: [{ mode: "add-brokers" }, { mode: "remove-brokers" }] },
    });
    expect(spec).not.toHaveProperty("entityOperator");
  });

  it("is waited for by the kit's own resource, not by an annotation, which waits in silence and sees no pool", () => {
    expect(kafkaResource(clusterInput()).metadata).not.toHaveProperty("annotations");
  });

  it("takes replication from the stack, and never more than there are brokers", () => {
    const small = kafkaResource(
      clusterInput(
        { cruiseControl: false },
        {
          kafka: { zones: ["a"], brokersPerZone: 1, controllers: 1 },
          topics: { replicationFactor: 1, minInsyncReplicas: 1 },
        },
      ),
    );
    expect(small.spec).toMatchObject({
      kafka: {
        config: { "default.replication.factor": 1, "min.insync.replicas": 1, "offsets.topic.replication.factor": 1 },
      },
    });
    expect(kafkaResource(clusterInput()).spec).toMatchObject({
      kafka: {
        config: {
          "min.insync.replicas": 2,
          "transaction.state.log.min.isr": 2,
          "unclean.leader.election.enable": false,
          "auto.create.topics.enable": false,
        },
      },
    });
  });

  it("has tiered storage where the stack does, with its metadata copied like every topic", () => {
    const input = clusterInput({
      remoteStorage: {
        className: "com.example.Store",
        classPath: "/opt/plugin/*",
        config: { "storage.bucket": "order-platform" },
        cidrs: ["192.0.2.0/24"],
      },
    });
    expect(kafkaResource(input).spec).toMatchObject({
      kafka: {
        tieredStorage: {
          type: "custom",
          remoteStorageManager: {
            className: "com.example.Store",
            classPath: "/opt/plugin/*",
            config: { "storage.bucket": "order-platform" },
          },
        },
        config: { "rlmm.config.remote.log.metadata.topic.replication.factor": 3 },
      },
    });
    expect(JSON.stringify(kafkaResource(clusterInput()))).not.toMatch(/tieredStorage|rlmm/);
    const policy = clusterPolicy({
      cluster: "kafka",
      namespace: "kafka",
      apiServers: ["0.0.0.0/0"],
      apiServerPorts: [443],
      dns: kubernetesOf().dns,
      remoteStorage: input.settings.remoteStorage,
    });
    expect(policy).toMatchObject({
      spec: {
        egress: expect.arrayContaining([
          { to: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: [{ protocol: "TCP", port: 443 }] },
        ]) as unknown,
      },
    });
  });

  it("lets its pods reach each other where Strimzi's own policies do, and lets nobody in beside them", () => {
    const { spec } = clusterPolicy({
      cluster: "kafka",
      namespace: "kafka",
      apiServers: ["10.0.0.1/32"],
      apiServerPorts: [8_443],
      dns: kubernetesOf().dns,
    });
    const kafka = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kafka" } },
      podSelector: { matchLabels: { "strimzi.io/cluster": "kafka" } },
    };
    const tcp = (...ports: readonly number[]) => ports.map((port) => ({ protocol: "TCP", port }));
    expect(spec).toMatchObject({
      ingress: [],
      egress: [
        {},
        { to: [kafka], ports: tcp(9_090, 9_091) },
        { to: [{ ipBlock: { cidr: "10.0.0.1/32" } }], ports: tcp(8_443) },
      ],
    });
  });

  it("leaves Cruise Control and the exporter out where the stack does", () => {
    const { spec } = kafkaResource(clusterInput({ cruiseControl: false, exporter: false }));
    expect(spec).not.toHaveProperty("cruiseControl");
    expect(spec).not.toHaveProperty("kafkaExporter");
  });

  it.each([
    ["500MB/s", "500MB/s"],
    ["1GB/s", "1GB/s"],
    ["10MiB/s", "10MiB/s"],
    ["1500kB/s", "1464KiB/s"],
  ])("tells Cruise Control of a network of %s in units it knows", (rate, expected) => {
    const { spec } = kafkaResource(clusterInput({}, { capacity: { networkPerBroker: rate } }));
    expect(spec).toMatchObject({
      cruiseControl: { brokerCapacity: { inboundNetwork: expected, outboundNetwork: expected } },
    });
  });
});

describe("listeners", () => {
  const external = {
    bootstrapHost: "kafka.example.com",
    brokerHostTemplate: "b-{nodeId}.kafka.example.com",
    sourceRanges: ["10.0.0.0/8"],
    certificateSecret: "kafka-external",
  };

  it.each([
    ["inside alone", {}, ["tls", "admin"]],
    ["with one for clients outside", { external }, ["tls", "admin", "external"]],
  ])("are encrypted and authenticated, %s", (_what, kafka, names) => {
    const all = listeners(clusterInput(kafka));
    expect(all.map((listener) => listener.name)).toEqual(names);
    for (const listener of all) {
      expect(listener.tls).toBe(true);
      expect(listener.authentication).toEqual({ type: listener.name === "admin" ? "tls" : "scram-sha-512" });
      expect(listener.networkPolicyPeers, "open to all without peers").not.toEqual([]);
      expect(String(listener.name)).toMatch(/^[a-z0-9]{1,11}$/);
      expect([9404, 9999]).not.toContain(listener.port);
    }
  });

  it("keeps addresses of clients through load balancers, and admits the listed ones alone", () => {
    const [, admin, outside] = listeners(
      clusterInput({
        adminListener: { type: "loadbalancer", sourceRanges: ["192.0.2.0/24"], annotations: { internal: "true" } },
        external,
      }),
    );
    expect(admin).toMatchObject({
      type: "loadbalancer",
      networkPolicyPeers: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
      configuration: {
        externalTrafficPolicy: "Local",
        loadBalancerSourceRanges: ["192.0.2.0/24"],
        bootstrap: { annotations: { internal: "true" } },
        perBrokerAnnotationsTemplate: { internal: "true" },
      },
    });
    expect(outside).toMatchObject({
      configuration: {
        bootstrap: { alternativeNames: ["kafka.example.com"] },
        advertisedHostTemplate: "b-{nodeId}.kafka.example.com",
        brokerCertChainAndKey: { secretName: "kafka-external" },
      },
    });
  });
});

describe("what the operator reports of a listener", () => {
  const status = { listeners: [{ name: "tls", bootstrapServers: "a:9093,b:9093", certificates: ["one", "two\n"] }] };

  it("is its addresses and authorities", () => {
    expect(listenerOf(status, "tls")).toEqual({ addresses: ["a:9093", "b:9093"], certificates: "one\ntwo\n" });
  });

  it.each([
    ["another listener", status, /no address of the listener "admin" \(it reports: tls\)/],
    ["nothing yet", undefined, /it reports: none/],
    ["another shape", { listeners: [{ name: "admin" }] }, /cannot be read: listeners\.0\.bootstrapServers/],
  ])("is an error when it is %s", (_what, reported, message) => {
    expect(() => listenerOf(reported, "admin")).toThrow(message);
  });
});

describe("metrics", () => {
  it("are shown by Strimzi's reporter, as many as the signals need and no more", () => {
    const { kafka } = kafkaResource(clusterInput()).spec as { readonly kafka: { readonly metricsConfig: unknown } };
    expect(kafka.metricsConfig).toEqual({
      type: "strimziMetricsReporter",
      values: { allowList: KAFKA_NODE_ALLOW_LIST },
    });
  });
});

describe("the operator's installation", () => {
  const openings = { dns: kubernetesOf().dns, metricsReaders: ["monitoring"] };
  const manifests = operatorManifests({
    pods: {},
    namespace: "kafka",
    cluster: "kafka",
    image: undefined,
    kafkaImages: { "4.3.1": "registry.example.com/kafka:4.3.1" },
    apiServers: ["10.0.0.1/32"],
    apiServerPorts: [16_443],
    ...openings,
  });
  const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);

  it("watches its own namespace, runs its operands restricted, and takes its images where the stack says", () => {
    const [deployment] = ofKind("Deployment");
    const env =
      (deployment?.spec as { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } })
        .template.spec.containers[0]?.env ?? [];
    const value = (name: string) => env.find((variable) => variable.name === name)?.value;
    expect(value("STRIMZI_POD_SECURITY_PROVIDER_CLASS")).toBe("restricted");
    expect(value("STRIMZI_KAFKA_IMAGES")).toContain("4.3.1=registry.example.com/kafka:4.3.1");
    expect(value("STRIMZI_KAFKA_IMAGES")).toContain("4.2.0=quay.io/strimzi/kafka:1.2.0-kafka-4.2.0");
    expect(env.find((variable) => variable.name === "STRIMZI_NAMESPACE")).toMatchObject({
      valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } },
    });
  });

  it("lets in those who read its metrics, and nobody else", () => {
    expect(ofKind("NetworkPolicy")).toMatchObject([{ spec: { egress: [{}, { ports: [{ port: 16_443 }] }, {}] } }]);
    expect(ofKind("NetworkPolicy")).toMatchObject([
      {
        spec: {
          ingress: [
            {
              from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
              ports: [{ port: 8080 }],
            },
          ],
        },
      },
    ]);
  });

  it("may read no secret outside its namespace, and nothing with a star", () => {
    for (const role of ofKind("ClusterRole")) {
      expect(JSON.stringify(role.rules), role.metadata.name).not.toMatch(/"(secrets|pods|configmaps|\*)"/);
    }
    expect(JSON.stringify(ofKind("Role"))).not.toContain('"*"');
  });
});
