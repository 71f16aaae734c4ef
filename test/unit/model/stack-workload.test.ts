import { describe, expect, it } from "vitest";
import { unlocated, validate } from "../../../components/model/problems/validation.ts";
import { workloadProblems, workloadSettings } from "../../../components/model/stack/stack-workload.ts";

const minimal = { images: { registry: "registry.example.com" } };
const read = (value: unknown) => validate(workloadSettings, value, unlocated("stack"));

describe("settings of workloads", () => {
  it("need a registry and nothing else; the rest has safe defaults", () => {
    expect(read(minimal)).toMatchObject({
      ok: true,
      value: {
        images: { repository: "order-platform", digests: {} },
        autoscaling: { by: "none" },
        exposure: { by: "none" },
        placement: { hosts: "required", zones: "required" },
      },
    });
  });

  it.each([
    ["an unknown key", { ...minimal, autoscale: {} }, 'unknown key "autoscale"'],
    [
      "a digest that is none",
      { images: { registry: "r.example.com", digests: { "order-service": "latest" } } },
      "sha256: and 64 hexadecimal digits",
    ],
    [
      "memory without its unit",
      { ...minimal, services: { "order-service": { resources: { memory: "192" } } } },
      "a number of mebibytes",
    ],
    ["an unknown way of scaling", { ...minimal, autoscaling: { by: "lag" } }, "must be one of none, cpu, kafka-lag"],
  ])("refuse %s, naming the key", (_, value, message) => {
    const result = read(value);
    expect(result.ok ? [] : result.problems.map((problem) => problem.message).join("\n")).toContain(message);
  });

  it("tell every missing part of an exposure, each with an example", () => {
    const settings = workloadSettings.parse({
      ...minimal,
      exposure: { by: "gateway-api", host: "orders.example.com" },
    });
    expect(workloadProblems(settings, unlocated("stack")).map(({ message, fix }) => [message, fix])).toEqual([
      ["exposure.tlsSecret is missing: exposure by gateway-api needs it", "add tlsSecret: …, for example gateway-tls"],
      ["exposure.className is missing: exposure by gateway-api needs it", "add className: …, for example istio"],
      [
        "exposure.controllerNamespace is missing: exposure by gateway-api needs it",
        "add controllerNamespace: …, for example istio-system, or sourceRanges: […] where traffic comes from outside the cluster's pods",
      ],
    ]);
    const outside = workloadSettings.parse({
      ...minimal,
      exposure: {
        by: "ingress",
        host: "orders.example.com",
        tlsSecret: "tls",
        className: "alb",
        sourceRanges: ["10.1.0.0/16"],
      },
    });
    expect(workloadProblems(outside, unlocated("stack"))).toEqual([]);
    expect(workloadProblems(workloadSettings.parse(minimal), unlocated("stack"))).toEqual([]);
  });
});
