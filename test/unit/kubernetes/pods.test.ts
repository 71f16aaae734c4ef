import { describe, expect, it } from "vitest";
import { kafkaResource } from "../../../components/kafka/strimzi/kafka-resource.ts";
import { nodePools } from "../../../components/kafka/strimzi/node-pools.ts";
import { podScheduling } from "../../../components/kubernetes/scheduling.ts";
import { serverManifests } from "../../../components/kubernetes/server.ts";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import { podsOfPart } from "../../../components/model/stack/stack-pods.ts";
import { flattened } from "../../../components/plan/diff/stack-settings.ts";
import { deployment } from "../../../components/services/kubernetes/deployment.ts";
import { hasMigrations, migrationJob } from "../../../components/services/kubernetes/migration-job.ts";
import { contextOf, orderWorkload, settingsWith } from "../services/kubernetes/sample-workload.ts";
import { clusterInput, stackSettings, type Written, written } from "./strimzi-input.ts";

const TOLERATION = { key: "node.example.com/pool", operator: "Equal", value: "kafka", effect: "NoSchedule" } as const;
const PODS = {
  nodeSelector: { "node.example.com/pool": "kafka", disk: "ssd" },
  tolerations: [TOLERATION],
  priorityClass: "platform",
  pullSecrets: ["mirror"],
};
const IN_POD = {
  nodeSelector: PODS.nodeSelector,
  tolerations: [TOLERATION],
  priorityClassName: "platform",
  imagePullSecrets: [{ name: "mirror" }],
};
const { nodeSelector: _none, ...IN_TEMPLATE } = IN_POD;
const SELECTED = [
  { key: "disk", operator: "In", values: ["ssd"] },
  { key: "node.example.com/pool", operator: "In", values: ["kafka"] },
];
const affinityOf = (matchExpressions: readonly unknown[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
  },
});

describe("where pods run", () => {
  it("is the environment's setting, and a part's own for each field that it sets", () => {
    expect(podsOfPart(PODS, { priorityClass: "brokers", tolerations: [] })).toEqual({
      ...PODS,
      priorityClass: "brokers",
      tolerations: [],
    });
    expect(podsOfPart(undefined, undefined)).toEqual({});
    expect(podScheduling({})).toEqual({});
  });

  it.each<[what: string, pods: Written, message: RegExp]>([
    ["a value for any value", { tolerations: [{ key: "a", operator: "Exists", value: "b" }] }, /Exists takes no value/],
    ["a value without its taint", { tolerations: [{ value: "b" }] }, /Equal needs the taint's key/],
    [
      "a time for a taint that does not evict",
      { tolerations: [{ key: "a", effect: "NoSchedule", tolerationSeconds: 60 }] },
      /belongs to effect: NoExecute/,
    ],
    ["a key that is none", { nodeSelector: { "not a label": "x" } }, /a key such as node\.example\.com\/pool/],
    ["a misspelt field", { tolerationz: [] }, /did you mean "tolerations"/],
  ])("is refused with %s", (_what, pods, message) => {
    const reading = parseStackSettings(written({ pods }));
    expect(reading.ok ? "" : JSON.stringify(reading.problems).replaceAll("\\", "")).toMatch(message);
  });

  it("shows in a diff as it is written", () => {
    expect(flattened(stackSettings({ pods: PODS })).get("kubernetes.pods.tolerations")).toBe(
      '{"key":"node.example.com/pool","operator":"Equal","value":"kafka","effect":"NoSchedule"}',
    );
  });

  it("holds for services and their migrations, whose own registry's credentials come first", () => {
    const context = { ...contextOf(orderWorkload()), pods: PODS };
    if (!hasMigrations(context)) throw new Error("the sample has no migrations");
    for (const object of [deployment(context, "checksum"), migrationJob(context)])
      expect(object).toMatchObject({ spec: { template: { spec: IN_POD } } });
    const images = { registry: "registry.example.com", pullSecrets: ["own"] };
    const own = {
      ...contextOf(orderWorkload(), { ...settingsWith(), images: { ...settingsWith().images, ...images } }),
      pods: PODS,
    };
    expect(deployment(own, "checksum")).toMatchObject({
      spec: { template: { spec: { imagePullSecrets: [{ name: "own" }] } } },
    });
  });

  it("holds for servers", () => {
    const manifests = serverManifests({
      name: "redis",
      namespace: "platform",
      component: "cache",
      image: "registry.example.com/redis:1",
      replicas: 1,
      ports: [{ name: "redis", port: 6_379 }],
      liveness: {},
      readiness: {},
      startsWithin: 30,
      pods: PODS,
      resources: { cpu: "100m", memory: "256Mi" },
      files: {},
      dns: { namespace: "kube-system", podLabels: {}, addresses: [], ports: [53] },
      from: [],
      to: [],
    });
    expect(manifests.find(({ kind }) => kind === "Deployment")).toMatchObject({ spec: { template: { spec: IN_POD } } });
  });

  it("holds for brokers beside their zone, for controllers, and for what stands beside them", () => {
    const input = {
      ...clusterInput({}, { kafka: { zones: ["zone-a"] } }),
      pods: { broker: PODS, controller: PODS, beside: PODS },
    };
    const [controllers, brokers] = nodePools(input);
    expect(controllers).toMatchObject({
      spec: { template: { pod: { ...IN_TEMPLATE, affinity: affinityOf(SELECTED) } } },
    });
    const zone = { key: "topology.kubernetes.io/zone", operator: "In", values: ["zone-a"] };
    expect(brokers).toMatchObject({
      spec: { template: { pod: { ...IN_TEMPLATE, affinity: affinityOf([zone, ...SELECTED]) } } },
    });
    const template = { pod: { ...IN_TEMPLATE, affinity: affinityOf(SELECTED) } };
    expect(kafkaResource(input)).toMatchObject({
      spec: { cruiseControl: { template }, kafkaExporter: { template } },
    });
  });
});
