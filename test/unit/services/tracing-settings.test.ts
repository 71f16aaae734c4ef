/** `tracing:` of a stack: what services get of it, and that their network policies let them out to the receiver. */
import { describe, expect, it } from "vitest";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import { networkPolicy } from "../../../components/services/kubernetes/network-policy.ts";
import { networkPeers } from "../../../components/substrates/kubernetes/network-peers.ts";
import type { Written } from "../kubernetes/strimzi-input.ts";
import { kubernetesOf, stackSettings, written } from "../kubernetes/strimzi-input.ts";
import { contextOf, orderWorkload } from "./kubernetes/sample-workload.ts";

const ENDPOINT = "http://otel-collector.observability.svc:4318";
const problems = (tracing: Written): readonly string[] => {
  const result = parseStackSettings(written({}, { tracing }));
  return "problems" in result ? result.problems.map(({ message }) => message) : [];
};

describe("tracing of a stack", () => {
  it("exports every trace unless a ratio says otherwise", () => {
    expect(stackSettings({}, { tracing: { endpoint: ENDPOINT, namespace: "observability" } }).tracing).toEqual({
      endpoint: ENDPOINT,
      namespace: "observability",
      ratio: 1,
    });
  });

  it.each([
    [
      { namespace: "observability" },
      [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "observability" } } }],
    ],
    [{ cidrs: ["10.9.0.0/24"] }, [{ ipBlock: { cidr: "10.9.0.0/24" } }]],
  ])("lets services out to a receiver of %j, on its port, and others not", (where, peers) => {
    const { tracing } = stackSettings({}, { tracing: { endpoint: ENDPOINT, ...where } });
    const known = networkPeers(kubernetesOf(), tracing);
    expect(known.traces).toMatchObject({ peers, ports: [4318] });
    const egressOf = (connects: readonly ("kafka" | "traces")[]): string =>
      JSON.stringify(networkPolicy(contextOf(orderWorkload({ connects })), known).spec);
    expect(egressOf(["kafka", "traces"])).toContain("4318");
    expect(egressOf(["kafka"])).not.toContain("4318");
  });

  it.each([
    ["no place of the receiver", {}, "the services' network policies would not let them out"],
    ["two places", { namespace: "observability", cidrs: ["10.9.0.0/24"] }, "names both a namespace and addresses"],
    ["an address that is none", { endpoint: "otel-collector:4318" }, "tracing.endpoint"],
    ["a ratio above 1", { namespace: "observability", ratio: 2 }, "tracing.ratio"],
  ])("is refused with %s", (_case, change, message) => {
    expect(problems({ endpoint: ENDPOINT, ...change }).join("\n")).toContain(message);
  });
});
