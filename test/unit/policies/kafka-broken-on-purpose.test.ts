import { describe, expect, it } from "vitest";
import { kafkaResource } from "../../../components/kafka/strimzi/kafka-resource.ts";
import { nodePools } from "../../../components/kafka/strimzi/node-pools.ts";
import { ActiveChecks } from "../../../policies/evaluate.ts";
import { checkManifests } from "../../../policies/manifests.ts";
import type { Manifest } from "../../../policies/rule.ts";
import { workloadRules } from "../../../policies/rules/workloads/workloads.ts";
import type { Written } from "../kubernetes/strimzi-input.ts";
import { clusterInput } from "../kubernetes/strimzi-input.ts";
import { API_SERVER } from "./breakages.ts";
import { KAFKA_BREAKAGES } from "./kafka-breakages.ts";
import { scopeWith } from "./workload-scope.ts";

const active = new ActiveChecks(
  new Map(workloadRules.map((rule) => [rule.id, { rule, level: rule.level, parameters: {} }])),
);

function rulesBroken(manifests: readonly Manifest[]): string[] {
  const placed = manifests.map((manifest) => ({ manifest, source: { file: "rendered.yaml", line: 1, column: 1 } }));
  return checkManifests(active, placed, scopeWith()).map(
    ({ rule, object, message }) => `${rule}: ${object ?? ""}: ${message}`,
  );
}

/** The resources as they are written. */
function clusterResources(kafka: Written = {}): readonly Manifest[] {
  const input = clusterInput(kafka);
  return JSON.parse(JSON.stringify([kafkaResource(input), ...nodePools(input)])) as Manifest[];
}

describe("the resources of a cluster", () => {
  const intact = clusterResources();

  it("break no rule", () => {
    expect(rulesBroken(intact)).toEqual([]);
  });

  it.each([
    [
      "with a listener outside",
      {
        external: {
          bootstrapHost: "kafka.example.com",
          brokerHostTemplate: "broker-{nodeId}.example.com",
          sourceRanges: ["203.0.113.0/24"],
        },
      },
    ],
    ["with small nodes", { broker: { cpu: "500m", memory: "1GiB" } }],
  ])("break no rule %s", (_, kafka) => {
    expect(rulesBroken(clusterResources(kafka))).toEqual([]);
  });

  it.each(
    KAFKA_BREAKAGES.filter(({ caughtBy }) => caughtBy !== API_SERVER).map(
      ({ what, caughtBy, apply }) => [what, caughtBy, apply] as const,
    ),
  )("%s: caught by %s", (_, caughtBy, apply) => {
    const broken = apply(intact);
    expect(JSON.stringify(broken)).not.toBe(JSON.stringify(intact));
    expect(rulesBroken(broken).filter((line) => line.startsWith(`${caughtBy}: `))).not.toEqual([]);
  });
});
