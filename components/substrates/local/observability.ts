/** Monitoring of the platform on one machine. */
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../../component.ts";
import type { KafkaAccess } from "../../kafka/access.ts";
import type { KafkaCluster } from "../../kafka/cluster.ts";
import type { KafkaNode } from "../../kafka/nodes.ts";
import type { LocalLayout } from "../../local/layout.ts";
import { LOOPBACK } from "../../local/layout.ts";
import type { LocalPorts } from "../../local/ports.ts";
import type { Exporter } from "../../observability/exported/exported-metric.ts";
import { UNWATCHED_GROUPS } from "../../observability/exported/kafka-exporter.ts";
import type { Owners } from "../../observability/owners.ts";
import { prometheusConfig } from "../../observability/rendered/prometheus-config.ts";
import { ruleFile } from "../../observability/rendered/rule-file.ts";
import { auditorPrincipal } from "../../plan/access/auditor.ts";
import { Process } from "../../provider/resources.ts";

/** Arguments of {@link LocalObservability}. */
export interface LocalObservabilityArgs {
  readonly cluster: KafkaCluster;
  readonly access: KafkaAccess;
  readonly nodes: readonly KafkaNode[];
  readonly layout: LocalLayout;
  readonly ports: LocalPorts;
  /** Path of the Node binary. */
  readonly node: string;
  readonly projectDir: string;
  /** Management addresses of the services, `host:port`. */
  readonly services: readonly string[];
  /** Teams that get the alerts. */
  readonly owners: Owners;
  /** Whether Prometheus runs. */
  readonly prometheus: boolean;
}

/**
 * Command that finds or builds Prometheus, and then becomes it. It is one process, so it is supervised from the start
 * and ends with the platform, and `up` does not wait for a build. If Prometheus is not available, it tries again in an
 * hour.
 */
export const BECOME_PROMETHEUS = `echo "looking for Prometheus"
node=$1 prepare=$2
shift 2
until binary=$(nice -n 19 "$node" --disable-warning=ExperimentalWarning "$prepare"); do
  echo "there is no Prometheus; everything else works without it; looking again in an hour"
  sleep 3600
done
exec "$binary" "$@"`;

/** The exporter of lag, offsets, sizes and certificates, and Prometheus with the alerts. */
export class LocalObservability extends KitComponent {
  constructor(name: string, args: LocalObservabilityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("local:Observability", name, opts);
    const exporter = this.#exporter(args);
    if (args.prometheus) this.#prometheus(args, exporter);
    this.registerOutputs({});
  }

  #prometheus(args: LocalObservabilityArgs, exporter: Process): Process {
    const { layout, ports, nodes, node, projectDir } = args;
    const path = (file: string): string => layout.file("prometheus", file);
    const at = (port: number): string => `${LOOPBACK}:${port}`;
    const config = prometheusConfig(
      {
        services: args.services,
        nodes: Object.fromEntries(
          nodes.map(({ name: nodeName, role, ordinal }) => [
            nodeName,
            at(role === "controller" ? ports.controllerMetrics(ordinal) : ports.brokerMetrics(ordinal)),
          ]),
        ),
        exporter: at(ports.kafkaExporter),
        prometheus: at(ports.prometheus),
      },
      [path("rules.yml")],
    );
    const rules = ruleFile({
      substrate: "local",
      owners: args.owners,
      exporters: new Set<Exporter>(["service", "kafka-node", "kafka-exporter"]),
      runbooks: join(projectDir, "docs/runbooks"),
    });
    return new Process(
      "prometheus",
      {
        name: "prometheus",
        role: "maintenance",
        command: [
          "/bin/sh",
          "-c",
          BECOME_PROMETHEUS,
          "prometheus",
          node,
          join(projectDir, "toolchain/prepare-prometheus.ts"),
          `--config.file=${path("prometheus.yml")}`,
          `--storage.tsdb.path=${layout.data("prometheus")}`,
          "--storage.tsdb.retention.time=6h",
          "--storage.tsdb.retention.size=256MB",
          `--web.listen-address=${at(ports.prometheus)}`,
        ],
        // A smaller heap costs little more CPU: the process needs a hundredth of a core.
        env: { GOGC: "50", GOMAXPROCS: "1" },
        files: [
          { path: path("prometheus.yml"), content: config },
          { path: path("rules.yml"), content: rules },
        ],
        directories: [{ path: layout.data("prometheus") }],
        ports: [{ name: "http", host: LOOPBACK, port: ports.prometheus }],
        readiness: { log: { pattern: "looking for Prometheus" }, timeoutSeconds: 20 },
        stateDir: layout.substrateDir,
      },
      this.child({ dependsOn: [exporter] }),
    );
  }

  #exporter({ cluster, access, nodes, layout, ports, node, projectDir }: LocalObservabilityArgs): Process {
    const path = (file: string): string => layout.file("kafka-exporter", file);
    const settings = cluster.bootstrap.apply((brokers) =>
      JSON.stringify({
        listen: { host: LOOPBACK, port: ports.kafkaExporter },
        brokers,
        caFile: path("ca.pem"),
        username: auditorPrincipal,
        passwordFile: path("password"),
        unwatchedGroups: UNWATCHED_GROUPS,
        nodes: Object.fromEntries(nodes.map(({ id, name: nodeName }) => [String(id), nodeName])),
        certificates: {
          "cluster-authority": path("ca.pem"),
          admin: path("admin.pem"),
          ...Object.fromEntries(nodes.map(({ name: nodeName }) => [nodeName, layout.file(nodeName, "keystore.pem")])),
        },
      }),
    );
    return new Process(
      "kafka-exporter",
      {
        name: "kafka-exporter",
        role: "maintenance",
        command: [
          node,
          "--disable-warning=ExperimentalWarning",
          "--max-old-space-size=64",
          join(projectDir, "components/kafka-exporter/main.ts"),
          path("settings.json"),
        ],
        files: [
          { path: path("settings.json"), content: settings },
          { path: path("ca.pem"), content: cluster.caCertificate },
          { path: path("admin.pem"), content: pulumi.output(cluster.adminIdentity.certificate) },
          { path: path("password"), content: access.password(auditorPrincipal) },
        ],
        ports: [{ name: "metrics", host: LOOPBACK, port: ports.kafkaExporter }],
        // The metrics appear a moment later, and `up` does not wait for them.
        readiness: { log: { pattern: "showing metrics" }, timeoutSeconds: 30 },
        stateDir: layout.substrateDir,
      },
      this.child({ dependsOn: [...access.grantsOf(auditorPrincipal)] }),
    );
  }
}
