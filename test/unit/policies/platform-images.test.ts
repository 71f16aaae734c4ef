import { describe, expect, it } from "vitest";
import { operatorManifests } from "../../../components/kafka/strimzi/operator.ts";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import { ActiveChecks } from "../../../policies/evaluate.ts";
import { checkManifests } from "../../../policies/manifests.ts";
import type { Manifest } from "../../../policies/rule.ts";
import { workloadRules } from "../../../policies/rules/workloads/workloads.ts";
import { kubernetesOf, stackSettings, type Written, written } from "../kubernetes/strimzi-input.ts";
import { scopeWith } from "./workload-scope.ts";

const RULE = "workload-platform-image-digest";
const MIRROR = "registry.example.com/mirror";
const DIGEST = `sha256:${"ab".repeat(32)}`;
const active = new ActiveChecks(
  new Map(workloadRules.map((rule) => [rule.id, { rule, level: rule.level, parameters: {} }])),
);

/** What the rules on images say of objects, in a stack with such settings. */
function said(manifests: readonly Manifest[], kubernetes: Written = {}): string[] {
  const placed = manifests.map((manifest) => ({ manifest, source: { file: "rendered.yaml", line: 1, column: 1 } }));
  return checkManifests(active, placed, { ...scopeWith(), stack: stackSettings(kubernetes) })
    .filter(({ rule }) => rule.endsWith("image-digest"))
    .map(({ rule, level, object, message, fix }) => `${level} ${rule} ${object}: ${message}: ${fix}`);
}

/** The operator as a stack with such settings installs it. */
function operator(kubernetes: Written): readonly Manifest[] {
  const { strimzi, dns, apiServers, apiServerPorts } = kubernetesOf(kubernetes);
  return operatorManifests({
    pods: {},
    namespace: "kafka",
    cluster: "kafka",
    image: strimzi.image,
    kafkaImages: strimzi.kafkaImages,
    apiServers,
    apiServerPorts,
    dns,
    metricsReaders: [],
  }).map((manifest): Manifest => JSON.parse(JSON.stringify(manifest)) as Manifest);
}

describe("images that others make", () => {
  it("are asked for by digest, with the key that takes it: the operator's, and those it gives to what it runs", () => {
    expect(said(operator({}))).toEqual([
      `warning ${RULE} Deployment/strimzi-cluster-operator: brokers and related components run quay.io/strimzi/kafka:1.2.0-kafka-4.3.1, which may change: name it by digest, from your own mirror, in kubernetes.strimzi.kafkaImages`,
      `warning ${RULE} Deployment/strimzi-cluster-operator: container strimzi-cluster-operator runs quay.io/strimzi/operator:1.2.0, which may change: name it by digest, from your own mirror, in kubernetes.strimzi.image`,
    ]);
  });

  it("are enough by digest in the versions that run", () => {
    const pinned = {
      strimzi: {
        image: `${MIRROR}/strimzi/operator:1.2.0@${DIGEST}`,
        kafkaImages: { "4.3.1": `${MIRROR}/strimzi/kafka@${DIGEST}` },
      },
    };
    expect(said(operator(pinned), pinned)).toEqual([]);
    const older = { ...pinned, kafka: { version: "4.2.1", metadataVersion: "4.2-IV1" } };
    expect(said(operator(older), older)).toEqual([expect.stringContaining("quay.io/strimzi/kafka:1.2.0-kafka-4.2.1")]);
  });

  it("are PostgreSQL's too, where it runs in the cluster", () => {
    const cluster = (spec: object): Manifest => ({
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "Cluster",
      metadata: { name: "postgres", namespace: "platform" },
      spec,
    });
    expect(said([cluster({})])).toEqual([
      expect.stringMatching(/its operator chooses.*kubernetes\.postgres\.cloudNativePg\.image/),
    ]);
    expect(said([cluster({ imageName: "ghcr.io/cloudnative-pg/postgresql:17" })])).toEqual([
      expect.stringContaining("postgresql:17"),
    ]);
    expect(said([cluster({ imageName: `${MIRROR}/postgresql:17@${DIGEST}` })])).toEqual([]);
  });

  it("are told from the services' own by their namespaces, whatever the stack calls them", () => {
    const [found] = operator({}).filter(({ kind }) => kind === "Deployment");
    const elsewhere: Manifest = {
      ...found,
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "strimzi-cluster-operator", namespace: "orders-kafka" },
    };
    expect(said([elsewhere])).toEqual([expect.stringMatching(/^error workload-image-digest/)]);
    expect(said([elsewhere], { namespaces: { kafka: "orders-kafka" } })).toHaveLength(2);
  });
});

describe("the settings that take them", () => {
  const at: readonly (readonly [key: string, settings: (image: string) => Written])[] = [
    ["strimzi.image", (image) => ({ strimzi: { image } })],
    ["strimzi.kafkaImages.4.3.1", (image) => ({ strimzi: { kafkaImages: { "4.3.1": image } } })],
    ["registry.image", (image) => ({ registry: { image } })],
    ["redis.inCluster.image", (image) => ({ redis: { inCluster: { image } } })],
    ["postgres.cloudNativePg.image", (image) => ({ postgres: { cloudNativePg: { image } } })],
  ];

  it.each(at)("kubernetes.%s takes a reference with a digest, and no half of one", (_, settings) => {
    expect(parseStackSettings(written(settings(`${MIRROR}/image:1.2@${DIGEST}`)))).toMatchObject({ ok: true });
    for (const wrong of [
      DIGEST,
      `${MIRROR}/image@sha256:abc`,
      `${MIRROR}/image@${DIGEST.toUpperCase()}`,
      "image 1.2",
    ]) {
      const reading = parseStackSettings(written(settings(wrong)));
      expect(reading.ok ? [] : reading.problems.map(({ message }) => message)).toEqual([
        expect.stringContaining("an image such as registry.example.com/team/app:1.2@sha256:…"),
      ]);
    }
  });
});
