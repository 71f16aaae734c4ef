import * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import type { KafkaCluster } from "../kafka/cluster.ts";
import { LISTENERS } from "../kafka/strimzi/names.ts";
import { byteQuantity } from "../kubernetes/manifest.ts";
import { type NameService, podsOf, readersOf } from "../kubernetes/network.ts";
import { KubernetesObject } from "../kubernetes/object.ts";
import { CONFIGURATION_FOLDER, serverManifests } from "../kubernetes/server.ts";
import type { KubernetesServers } from "../model/stack/stack-kubernetes.ts";
import type { PodSettings } from "../model/stack/stack-pods.ts";
import { registryPrincipal } from "../plan/registry.ts";
import type { SchemaRegistry } from "./registry.ts";
import { inClusterRegistryBase, REGISTRY_NAME, REGISTRY_PORT, registryApi } from "./registry-address.ts";
import { registryProperties } from "./registry-properties.ts";

/** Arguments of {@link KubernetesSchemaRegistry}. */
export interface KubernetesSchemaRegistryArgs {
  readonly settings: KubernetesServers["registry"];
  readonly namespaces: KubernetesServers["namespaces"];
  readonly dns: NameService;
  readonly pods: PodSettings;
  /** Namespaces whose pods read the registry's metrics. */
  readonly metricsReaders: readonly string[];
  /** Namespaces in which Pulumi runs, which registers the subjects. */
  readonly adminNamespaces: readonly string[];
  readonly provider: pulumi.ProviderResource;
  readonly cluster: KafkaCluster;
  /** Kafka password of the registry's principal. Secret. */
  readonly password: pulumi.Output<string>;
  /** The namespace, and the registry's user, ACLs and topics. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Release of Apicurio Registry, the same as on one machine. */
export const APICURIO_VERSION = "3.3.3";
/** Image of the registry if the stack names none. */
export const REGISTRY_IMAGE = `quay.io/apicurio/apicurio-registry:${APICURIO_VERSION}`;

const MANAGEMENT_PORT = 9_000;

/** Apicurio Registry as pods. Its schemas are stored in Kafka (kafkasql), so any pod can be removed at any time. */
export class KubernetesSchemaRegistry extends KitComponent implements SchemaRegistry {
  readonly url: pulumi.Output<string>;
  readonly adminUrl: pulumi.Output<string>;
  readonly owner: pulumi.Resource = this;

  constructor(name: string, args: KubernetesSchemaRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("schemas:KubernetesRegistry", name, opts);
    const { settings, namespaces, cluster } = args;
    const file = (path: string) => `${CONFIGURATION_FOLDER}/${path}`;
    const properties = pulumi.all([cluster.bootstrap, args.password]).apply(([bootstrap, password]) =>
      registryProperties({
        host: "0.0.0.0",
        port: REGISTRY_PORT,
        managementPort: MANAGEMENT_PORT,
        bootstrap,
        password,
        truststore: file("kafka-ca.pem"),
        principal: registryPrincipal,
      }),
    );
    const files = { "application.properties": pulumi.secret(properties), "kafka-ca.pem": cluster.caCertificate };
    const manifests = serverManifests({
      name: REGISTRY_NAME,
      namespace: namespaces.platform,
      component: "schema-registry",
      image: settings.image ?? REGISTRY_IMAGE,
      replicas: settings.replicas,
      environment: {
        SMALLRYE_CONFIG_LOCATIONS: file("application.properties"),
        JAVA_TOOL_OPTIONS: "-XX:MaxRAMPercentage=60 -Djava.io.tmpdir=/tmp",
      },
      ports: [
        { name: "http", port: REGISTRY_PORT },
        { name: "management", port: MANAGEMENT_PORT },
      ],
      liveness: { httpGet: { path: "/health/live", port: "management" } },
      // Ready means that the registry has read back its own last record of the journal, so it knows every schema.
      readiness: { httpGet: { path: "/health/ready", port: "management" } },
      startsWithin: 180,
      pods: args.pods,
      resources: { cpu: settings.cpu, memory: byteQuantity(settings.memory) },
      files,
      dns: args.dns,
      from: [
        {
          peers: [namespaces.services, ...args.adminNamespaces].map((namespace) => podsOf(namespace)),
          ports: [REGISTRY_PORT],
        },
        ...readersOf(args.metricsReaders, MANAGEMENT_PORT),
      ],
      to: [{ peers: [podsOf(namespaces.kafka)], ports: [LISTENERS.services.port] }],
    });
    for (const manifest of manifests)
      new KubernetesObject(manifest, this.child({ provider: args.provider, dependsOn: [...args.dependsOn] }));

    const inCluster = inClusterRegistryBase(namespaces.platform);
    this.url = pulumi.output(registryApi(inCluster));
    this.adminUrl = pulumi.output(registryApi(settings.reachedAt ?? inCluster));
    this.registerOutputs({ url: this.url });
  }
}
