/** Creates the configuration of the local platform's Prometheus. Pure. */
import { stringify } from "yaml";

/** Scrape targets, as `host:port`. */
export interface ScrapeTargets {
  /** Management ports of the services. */
  readonly services: readonly string[];
  /** Metrics ports of the Kafka nodes, by the name of the node. */
  readonly nodes: Readonly<Record<string, string>>;
  readonly exporter: string;
  readonly prometheus: string;
}

/**
 * Returns the configuration.
 * @param ruleFiles - Paths of rule files.
 */
export function prometheusConfig(targets: ScrapeTargets, ruleFiles: readonly string[]): string {
  const job = (name: string, addresses: readonly string[]): object => ({
    job_name: name,
    static_configs: [{ targets: addresses }],
  });
  return stringify(
    {
      global: { scrape_interval: "15s", scrape_timeout: "10s", evaluation_interval: "15s" },
      rule_files: ruleFiles,
      scrape_configs: [
        job("services", targets.services),
        {
          job_name: "kafka-nodes",
          static_configs: Object.entries(targets.nodes).map(([node, address]) => ({
            targets: [address],
            labels: { node },
          })),
        },
        job("kafka-exporter", [targets.exporter]),
        job("prometheus", [targets.prometheus]),
      ],
    },
    { lineWidth: 0 },
  );
}
