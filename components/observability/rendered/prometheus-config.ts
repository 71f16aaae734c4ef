/** The configuration of the local platform's Prometheus. Pure. */
import { stringify } from "yaml";

/** What is scraped, as `host:port`. */
export interface ScrapeTargets {
  /** Management ports of services. */
  readonly services: readonly string[];
  /** Metrics of Kafka nodes, by the node's name. */
  readonly nodes: Readonly<Record<string, string>>;
  readonly exporter: string;
  readonly prometheus: string;
}

/** @param ruleFiles - Paths of files with rules. */
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
