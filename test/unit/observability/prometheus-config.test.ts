import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { prometheusConfig } from "../../../components/observability/rendered/prometheus-config.ts";
import { observabilityFrom } from "../../../components/substrates/local/state-directory.ts";

describe("the configuration of the local Prometheus", () => {
  const config: unknown = parse(
    prometheusConfig(
      {
        services: ["127.0.0.1:17500", "127.0.0.1:17510"],
        nodes: { "kafka-broker-0": "127.0.0.1:17600", "kafka-controller-900": "127.0.0.1:17700" },
        exporter: "127.0.0.1:17083",
        prometheus: "127.0.0.1:17090",
      },
      ["/state/rules.yml"],
    ),
  );

  it("scrapes everything every 15 s, under the jobs and labels that signals name", () => {
    expect(config).toEqual({
      global: { scrape_interval: "15s", scrape_timeout: "10s", evaluation_interval: "15s" },
      rule_files: ["/state/rules.yml"],
      scrape_configs: [
        { job_name: "services", static_configs: [{ targets: ["127.0.0.1:17500", "127.0.0.1:17510"] }] },
        {
          job_name: "kafka-nodes",
          static_configs: [
            { targets: ["127.0.0.1:17600"], labels: { node: "kafka-broker-0" } },
            { targets: ["127.0.0.1:17700"], labels: { node: "kafka-controller-900" } },
          ],
        },
        { job_name: "kafka-exporter", static_configs: [{ targets: ["127.0.0.1:17083"] }] },
        { job_name: "prometheus", static_configs: [{ targets: ["127.0.0.1:17090"] }] },
      ],
    });
  });
});

describe("how a platform watches itself", () => {
  it.each([
    ["on", undefined, "on"],
    ["off", "", "off"],
    ["on", "metrics", "metrics"],
    ["off", "on", "on"],
  ] as const)("stack %s, variable %s: %s", (configured, variable, expected) => {
    expect(observabilityFrom(configured, { KIT_OBSERVABILITY: variable })).toBe(expected);
  });

  it("is one of three levels", () => {
    expect(() => observabilityFrom("on", { KIT_OBSERVABILITY: "yes" })).toThrow(/"yes".*on, metrics, off/);
  });
});
