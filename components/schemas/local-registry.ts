import * as pulumi from "@pulumi/pulumi";
import type { ApicurioServer } from "../../toolchain/servers/local-servers.ts";
import { KitComponent } from "../component.ts";
import type { KafkaCluster } from "../kafka/cluster.ts";
import type { LocalLayout } from "../local/layout.ts";
import { LOOPBACK } from "../local/layout.ts";
import { registryPrincipal } from "../plan/registry.ts";
import { Process } from "../provider/resources.ts";
import type { SchemaRegistry } from "./registry.ts";
import { localRegistryUrl } from "./registry-address.ts";
import { registryProperties } from "./registry-properties.ts";

/** Arguments of {@link LocalSchemaRegistry}. */
export interface LocalSchemaRegistryArgs {
  readonly server: ApicurioServer;
  readonly layout: LocalLayout;
  readonly port: number;
  readonly managementPort: number;
  readonly cluster: KafkaCluster;
  /** Kafka password of the registry's principal. Secret. */
  readonly password: pulumi.Output<string>;
  /** The registry's user, ACLs and topics. */
  readonly dependsOn: readonly pulumi.Resource[];
}

const NAME = "schema-registry";
const HEAP_MB = 192;

/** Apicurio Registry as a process. Its schemas are stored in Kafka (kafkasql), so it has no state of its own. */
export class LocalSchemaRegistry extends KitComponent implements SchemaRegistry {
  readonly url: pulumi.Output<string>;
  readonly adminUrl: pulumi.Output<string>;
  readonly owner: pulumi.Resource = this;

  constructor(name: string, args: LocalSchemaRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("schemas:LocalRegistry", name, opts);
    const { server, layout, port, managementPort, cluster } = args;
    const path = (file: string) => layout.file(NAME, file);
    const truststore = path("truststore.pem");
    const properties = pulumi.all([cluster.bootstrap, args.password]).apply(([bootstrap, password]) =>
      registryProperties({
        host: LOOPBACK,
        port,
        managementPort,
        bootstrap,
        password,
        truststore,
        principal: registryPrincipal,
      }),
    );
    new Process(
      NAME,
      {
        name: NAME,
        role: "registry",
        command: [
          server.java,
          ...server.jvmFlags,
          `-Xmx${HEAP_MB}m`,
          `-Dsmallrye.config.locations=${path("application.properties")}`,
          ...server.command,
        ],
        workingDirectory: server.workDir,
        files: [
          { path: path("application.properties"), content: properties },
          { path: truststore, content: cluster.caCertificate },
        ],
        ports: [
          { name: "http", host: LOOPBACK, port },
          { name: "management", host: LOOPBACK, port: managementPort },
        ],
        // Ready means that the registry has read back its own last record of the journal, so it knows every schema.
        readiness: {
          http: { url: `http://${LOOPBACK}:${managementPort}/health/ready`, status: 200 },
          timeoutSeconds: 180,
        },
        stateDir: layout.substrateDir,
      },
      this.child({ dependsOn: [...args.dependsOn] }),
    );
    this.url = pulumi.output(localRegistryUrl(port));
    this.adminUrl = this.url;
    this.registerOutputs({ url: this.url });
  }
}
