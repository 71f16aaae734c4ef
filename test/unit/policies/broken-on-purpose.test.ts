import { beforeAll, describe, expect, it } from "vitest";
import { ActiveChecks } from "../../../policies/evaluate.ts";
import { checkManifests } from "../../../policies/manifests.ts";
import type { Manifest } from "../../../policies/rule.ts";
import { workloadRules } from "../../../policies/rules/workloads/workloads.ts";
import { declaredManifests, namespaceManifests } from "../services/kubernetes/declared-service.ts";
import { contextOf, gatewayWorkload, orderWorkload, settingsWith } from "../services/kubernetes/sample-workload.ts";
import { BREAKAGES } from "./breakages.ts";
import { scopeWith } from "./workload-scope.ts";

const settings = settingsWith({
  autoscaling: { by: "cpu" },
  exposure: {
    by: "ingress",
    host: "orders.example.com",
    tlsSecret: "gateway-tls",
    className: "nginx",
    controllerNamespace: "ingress-nginx",
  },
  monitoring: { podMonitor: true },
});
const contract = {
  name: "kafka-contract.json",
  variable: "KAFKA_CONTRACT_FILE",
  content: JSON.stringify({ consumes: [{ topic: "payment-events" }, { topic: "inventory-events" }] }),
  secret: false,
};
const contexts = [
  contextOf(gatewayWorkload(), settings),
  contextOf(orderWorkload({ files: [...orderWorkload().files, contract] }), settings),
];

const active = new ActiveChecks(
  new Map(workloadRules.map((rule) => [rule.id, { rule, level: rule.level, parameters: {} }])),
);

function rulesBroken(manifests: readonly Manifest[]): string[] {
  const placed = manifests.map((manifest) => ({ manifest, source: { file: "rendered.yaml", line: 1, column: 1 } }));
  return checkManifests(active, placed, scopeWith({ "payment-events": 12, "inventory-events": 30 })).map(
    ({ rule, object, message }) => `${rule}: ${object ?? ""}: ${message}`,
  );
}

describe("rendered services", () => {
  let intact: readonly Manifest[];
  beforeAll(async () => {
    intact = [...namespaceManifests(contexts), ...(await declaredManifests(contexts))];
  });

  it("hold every kind of object", () => {
    const kinds = new Set(intact.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([
      "ConfigMap",
      "Deployment",
      "HorizontalPodAutoscaler",
      "Ingress",
      "Job",
      "LimitRange",
      "Namespace",
      "NetworkPolicy",
      "PodDisruptionBudget",
      "PodMonitor",
      "ResourceQuota",
      "Secret",
      "Service",
      "ServiceAccount",
    ]);
  });

  it("break no rule", () => {
    expect(rulesBroken(intact)).toEqual([]);
  });

  it.each(BREAKAGES.map(({ what, caughtBy, apply }) => [what, caughtBy, apply] as const))(
    "%s: caught by %s",
    (_, caughtBy, apply) => {
      const broken = apply(intact);
      expect(JSON.stringify(broken)).not.toBe(JSON.stringify(intact));
      expect(rulesBroken(broken).filter((line) => line.startsWith(`${caughtBy}: `))).not.toEqual([]);
    },
  );
});
