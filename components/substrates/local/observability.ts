/** What watches the platform on one machine. */
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../../component.ts";
import type { KafkaAccess } from "../../kafka/access.ts";
import type { KafkaCluster } from "../../kafka/cluster.ts";
import type { KafkaNode } from "../../kafka/nodes.ts";
import type { LocalLayout } from "../../local/layout.ts";
import { LOOPBACK } from "../../local/layout.ts";
import type { LocalPorts } from "../../local/ports.ts";
import { UNWATCHED_GROUPS } from "../../observability/exported/kafka-exporter.ts";
import { auditorPrincipal } from "../../plan/auditor.ts";
import { Process } from "../../provider/resources.ts";

/** Arguments of {@link LocalObservability}. */
export interface LocalObservabilityArgs {
  readonly cluster: KafkaCluster;
  readonly access: KafkaAccess;
  readonly nodes: readonly KafkaNode[];
  readonly layout: LocalLayout;
  readonly ports: LocalPorts;
  /** Path of a Node. */
  readonly node: string;
  readonly projectDir: string;
}

/** The exporter of lag, offsets, sizes and certificates. */
export class LocalObservability extends KitComponent {
  constructor(name: string, args: LocalObservabilityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("local:Observability", name, opts);
    this.#exporter(args);
    this.registerOutputs({});
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
        // What it shows comes a moment later: nobody waits for it.
        readiness: { log: { pattern: "showing metrics" }, timeoutSeconds: 30 },
        stateDir: layout.substrateDir,
      },
      this.child({ dependsOn: [...access.grantsOf(auditorPrincipal)] }),
    );
  }
}
