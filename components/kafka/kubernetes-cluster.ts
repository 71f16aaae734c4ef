import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import type { AdminIdentity } from "../certificates/admin-identity.ts";
import type { PlatformAuthorities } from "../certificates/authorities.ts";
import { KitComponent } from "../component.ts";
import { type Manifest, platformLabels } from "../kubernetes/manifest.ts";
import { KubernetesObject } from "../kubernetes/object.ts";
import { KafkaRollout, type KafkaRolloutArgs } from "../provider/resources.ts";
import type { KafkaCluster } from "./cluster.ts";
import { brokersOf, type StrimziClusterInput } from "./strimzi/cluster-input.ts";
import { kafkaResource } from "./strimzi/kafka-resource.ts";
import { listenerOf } from "./strimzi/listener-status.ts";
import { clientsAuthoritySecrets, clusterLabel, LISTENERS } from "./strimzi/names.ts";
import { nodePools } from "./strimzi/node-pools.ts";

/** Arguments of {@link KubernetesKafkaCluster}. */
export interface KubernetesKafkaClusterArgs {
  readonly input: StrimziClusterInput;
  readonly provider: pulumi.ProviderResource;
  /** Context of the kubeconfig, the same as the provider's. Default: the current context. */
  readonly context: string | undefined;
  readonly authorities: PlatformAuthorities;
  /** The namespace. If the program installs the operator, also the operator with its CRDs. */
  readonly dependsOn: readonly pulumi.Resource[];
  /** Whether the engine must refuse to delete the cluster. */
  readonly protect: boolean;
}

/**
 * A Kafka cluster run by Strimzi. The resource exists when the operator reports the cluster as ready. The operator
 * reports the addresses and the brokers' authority.
 */
export class KubernetesKafkaCluster extends KitComponent implements KafkaCluster {
  readonly bootstrap: pulumi.Output<readonly string[]>;
  readonly admin: pulumi.Output<readonly string[]>;
  readonly caCertificate: pulumi.Output<string>;
  readonly adminIdentity: AdminIdentity;
  readonly brokerCount: number;
  readonly owner: pulumi.Resource = this;

  constructor(name: string, args: KubernetesKafkaClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kafka:KubernetesCluster", name, opts);
    const { input, authorities, protect } = args;
    const apply = (manifest: Manifest, options: pulumi.CustomResourceOptions = {}) =>
      new KubernetesObject(
        manifest,
        this.child({ provider: args.provider, dependsOn: [...args.dependsOn], ...options }),
      );

    const configuration = this.clientsAuthority(input, authorities).map((manifest) => apply(manifest));
    const declared = { kafka: kafkaResource(input), pools: nodePools(input) };
    const pools = declared.pools.map((pool) => apply(pool, { protect }));
    const kafka = apply(declared.kafka, { protect, dependsOn: [...args.dependsOn, ...configuration, ...pools] });
    const rollout = new KafkaRollout(
      name,
      rolloutOf(input, declared, args.context),
      this.child({ dependsOn: [kafka, ...pools] }),
    );
    const status = rollout.listeners.apply((listeners) => ({ listeners }));

    const services = status.apply((reported) => listenerOf(reported, LISTENERS.services.name));
    this.bootstrap = services.apply(({ addresses }) => addresses);
    this.caCertificate = services.apply(({ certificates }) => certificates);
    this.admin = status.apply((reported) => listenerOf(reported, LISTENERS.admin.name).addresses);
    this.adminIdentity = authorities.admin;
    this.brokerCount = brokersOf(input.shape);
    this.registerOutputs({ bootstrap: this.bootstrap, admin: this.admin });
  }

  /**
   * Returns the kit's authority for clients, in the Secrets that Strimzi reads. Strimzi requires the key as well,
   * although nothing in the cluster signs with it.
   */
  private clientsAuthority({ namespace, settings }: StrimziClusterInput, { clients }: PlatformAuthorities): Manifest[] {
    const names = clientsAuthoritySecrets(settings.name);
    const secret = (name: string, generation: string, data: Record<string, pulumi.Input<string>>): Manifest => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name,
        namespace,
        labels: {
          ...platformLabels(settings.name, "kafka"),
          ...clusterLabel(settings.name),
          "strimzi.io/kind": "Kafka",
        },
        // A renewed certificate keeps its key, so the generation does not change: no broker needs a rolling restart.
        annotations: { [generation]: "0" },
      },
      type: "Opaque",
      stringData: data,
    });
    return [
      secret(names.certificate, "strimzi.io/ca-cert-generation", { "ca.crt": clients.certificatePem }),
      secret(names.key, "strimzi.io/ca-key-generation", { "ca.key": clients.privateKeyPem }),
    ];
  }
}

/** Returns the target state of a change of the cluster, with a digest that detects changes. */
function rolloutOf(
  input: StrimziClusterInput,
  { kafka, pools }: { readonly kafka: Manifest; readonly pools: readonly Manifest[] },
  context: string | undefined,
): KafkaRolloutArgs {
  const declared = createHash("sha256")
    .update(JSON.stringify([kafka, ...pools]))
    .digest("hex")
    .slice(0, 32);
  return {
    ...(context === undefined ? {} : { context }),
    namespace: input.namespace,
    cluster: input.settings.name,
    pools: pools.map(({ metadata, ...pool }) => ({ name: metadata.name, replicas: replicasOf(pool.spec) })),
    declared,
    timeoutSeconds: Math.ceil(input.settings.readyWithin / 1_000),
  };
}

function replicasOf(spec: unknown): number {
  return typeof spec === "object" && spec !== null && "replicas" in spec ? Number(spec.replicas) : 0;
}
