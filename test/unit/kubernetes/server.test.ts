import { describe, expect, it } from "vitest";
import { timesCpu } from "../../../components/kubernetes/pod-resources.ts";
import type { ServerDescription } from "../../../components/kubernetes/server.ts";
import { serverManifests } from "../../../components/kubernetes/server.ts";

const DNS = { namespace: "kube-system", podLabels: { "k8s-app": "kube-dns" }, addresses: [], ports: [53] };
const server = (replicas: number): ServerDescription => ({
  name: "schema-registry",
  namespace: "platform",
  component: "schema-registry",
  image: "registry.example.com/registry:1",
  replicas,
  ports: [{ name: "http", port: 8_080 }],
  liveness: { httpGet: { path: "/live", port: "http" } },
  readiness: { httpGet: { path: "/ready", port: "http" } },
  startsWithin: 60,
  resources: { cpu: "500m", memory: "512Mi" },
  files: {},
  pods: {},
  dns: DNS,
  from: [],
  to: [],
});
const deploymentOf = (replicas: number): unknown =>
  serverManifests(server(replicas)).find(({ kind }) => kind === "Deployment");

describe("a server of the platform", () => {
  it("may use four times the processor time it asks for, and exactly the memory", () => {
    expect(deploymentOf(2)).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              { resources: { requests: { cpu: "500m", memory: "512Mi" }, limits: { cpu: "2000m", memory: "512Mi" } } },
            ],
          },
        },
      },
    });
  });

  it("with several pods loses none before its successor is ready, and needs no spare host for that", () => {
    expect(deploymentOf(2)).toMatchObject({
      spec: {
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          spec: {
            affinity: {
              podAntiAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                  { topologyKey: "kubernetes.io/hostname", matchLabelKeys: ["pod-template-hash"] },
                ],
              },
            },
          },
        },
      },
    });
  });

  it("with one pod is replaced, never doubled", () => {
    expect(deploymentOf(1)).toMatchObject({ spec: { strategy: { type: "Recreate" } } });
    expect(deploymentOf(1)).not.toHaveProperty("spec.template.spec.affinity");
  });

  it("goes on answering while the others learn that it ends, and has time to finish after that", () => {
    expect(deploymentOf(2)).toMatchObject({
      spec: {
        template: {
          spec: {
            terminationGracePeriodSeconds: 30,
            containers: [{ lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
          },
        },
      },
    });
  });
});

describe("processor time", () => {
  it.each([
    ["250m", 4, "1000m"],
    ["2", 4, "8"],
    ["1m", 1, "1m"],
  ])("%s × %d = %s", (cpu, factor, product) => {
    expect(timesCpu(cpu, factor)).toBe(product);
  });

  it.each(["0.5", "", "two", "1k"])("of %j is refused", (cpu) => {
    expect(() => timesCpu(cpu, 4)).toThrow("is no processor time");
  });
});
