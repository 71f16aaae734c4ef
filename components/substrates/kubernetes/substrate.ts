import { relative } from "node:path";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PlatformAuthorities } from "../../certificates/authorities.ts";
import { CloudNativePostgres } from "../../databases/cloud-native-postgres.ts";
import type { PostgresEndpoint, RedisEndpoint } from "../../databases/endpoints.ts";
import { ExternalPostgres } from "../../databases/external-postgres.ts";
import { ExternalRedis } from "../../databases/external-redis.ts";
import { KubernetesRedis } from "../../databases/kubernetes-redis.ts";
import type { RedisUser } from "../../databases/redis-acl.ts";
import { KubernetesKafkaCluster } from "../../kafka/kubernetes-cluster.ts";
import { installStrimzi } from "../../kafka/strimzi/installation.ts";
import { clusterPolicy } from "../../kafka/strimzi/network-policy.ts";
import type { StackExternals } from "../../kubernetes/externals.ts";
import type { Manifest } from "../../kubernetes/manifest.ts";
import { namespaceBounds, namespaceManifests, SERVER_CONTAINERS, serverBounds } from "../../kubernetes/namespaces.ts";
import { KubernetesObject } from "../../kubernetes/object.ts";
import type { KubernetesStackSettings } from "../../model/stack/kubernetes-stack.ts";
import { type PodSettings, podsOfPart } from "../../model/stack/stack-pods.ts";
import { metricsReaders, scalesByLag } from "../../model/stack/stack-workload.ts";
import type { Owners } from "../../observability/owners.ts";
import { KubernetesSchemaRegistry } from "../../schemas/kubernetes-registry.ts";
import type { ClaimCheckEndpoint } from "../../services/claim-check-store.ts";
import { claimCheckBucket } from "../../services/claim-check-store.ts";
import { FOLDERS } from "../../services/kubernetes/config.ts";
import { servicesBounds, servicesNamespace } from "../../services/kubernetes/namespace.ts";
import type { NetworkPeers } from "../../services/kubernetes/network-policy.ts";
import { KubernetesService } from "../../services/kubernetes/service.ts";
import { serviceUrl } from "../../services/kubernetes/service-object.ts";
import { publicKeySet, TokenIssuer, type TokenKeys } from "../../services/token-issuer.ts";
import type { Workload } from "../../services/workload.ts";
import type { Substrate } from "../substrate.ts";
import { alertingObjects } from "./alerting.ts";
import { platformMonitors } from "./monitors.ts";
import { networkPeers } from "./network-peers.ts";

/** Arguments of {@link KubernetesSubstrate}. */
export interface KubernetesSubstrateArgs {
  readonly stack: string;
  readonly settings: KubernetesStackSettings;
  readonly projectDir: string;
  /** State directory of this machine, for files that providers require. */
  readonly stateDir: string;
  readonly redisUsers: readonly RedisUser[];
  readonly externals: StackExternals;
  /** Number of connections that PostgreSQL must accept. */
  readonly databaseConnections: number;
  /** Strimzi's resource definitions, applied with the operator. */
  readonly strimziDefinitions: readonly Manifest[];
  /** The service that customers reach. Undefined: none. */
  readonly exposed: string | undefined;
  /** Teams that get the alerts. */
  readonly owners: Owners;
}

/** A Kubernetes cluster as a substrate. Strimzi runs Kafka. Every other server is a workload, or exists already. */
export class KubernetesSubstrate implements Substrate {
  readonly cluster: KubernetesKafkaCluster;
  readonly postgres: PostgresEndpoint;
  readonly redis: RedisEndpoint;
  readonly claimChecks?: ClaimCheckEndpoint;
  readonly tokens: TokenKeys;
  readonly schemasDir = FOLDERS.schemas;
  readonly migratedBy = "job";
  readonly protect: boolean;
  readonly #args: KubernetesSubstrateArgs;
  readonly #provider: kubernetes.Provider;
  readonly #authorities: PlatformAuthorities;
  readonly #peers: NetworkPeers;
  readonly #workloads: Workload[] = [];
  /** Objects that must exist before anything else in a namespace. */
  readonly #namespaces: Readonly<Record<"kafka" | "platform" | "services", readonly KubernetesObject[]>>;

  constructor(args: KubernetesSubstrateArgs) {
    this.#args = args;
    const { settings } = args;
    const { context, namespaces, protect, workloads } = settings.kubernetes;
    this.protect = protect;
    // The provider reads kubeconfig (`KUBECONFIG`, otherwise `~/.kube/config`). Without one, previews still work.
    this.#provider = new kubernetes.Provider("kubernetes", {
      ...(context === undefined ? {} : { context }),
      // Identity of the cluster: while it stays, a changed address of the API replaces nothing.
      clusterIdentifier: `event-platform-${args.stack}`,
      enableServerSideApply: true,
    });
    this.#authorities = new PlatformAuthorities("authorities");
    this.#namespaces = {
      kafka: this.#serverNamespace(namespaces.kafka, serverBounds(300, true)),
      platform: this.#serverNamespace(namespaces.platform, serverBounds(50, false)),
      // `announce` adds the limits of this namespace, when every service is known.
      services: this.#namespace(servicesNamespace(namespaces.services, args.stack)),
    };
    this.#peers = networkPeers(settings.kubernetes, settings.tracing);
    this.cluster = new KubernetesKafkaCluster("kafka", {
      input: {
        namespace: namespaces.kafka,
        shape: settings.kafka,
        topics: settings.topics,
        settings: settings.kubernetes.kafka,
        pods: {
          broker: this.#podsOf(settings.kubernetes.kafka.broker.pods),
          controller: this.#podsOf(settings.kubernetes.kafka.controller.pods),
          beside: this.#podsOf(undefined),
        },
        network: settings.capacity.networkPerBroker,
        // KEDA reads the offsets of a group from the brokers with the credentials of its service.
        clientNamespaces: [
          namespaces.platform,
          namespaces.services,
          ...(scalesByLag(workloads) ? [workloads.autoscaling.kedaNamespace] : []),
        ],
      },
      provider: this.#provider,
      context: settings.kubernetes.context,
      authorities: this.#authorities,
      dependsOn: [...this.#namespaces.kafka, ...this.#operator()],
      protect,
    });
    this.postgres = this.#postgres();
    this.redis = this.#redis();
    const { claimCheckStore } = settings.kubernetes;
    if (claimCheckStore !== undefined) this.claimChecks = claimCheckBucket(claimCheckStore, args.externals);
    this.tokens = this.#tokens();
    const watching = [
      ...platformMonitors(settings.kubernetes, workloads),
      ...alertingObjects({
        stack: args.stack,
        servers: settings.kubernetes,
        monitoring: workloads.monitoring,
        owners: args.owners,
      }),
    ];
    for (const object of watching)
      this.#apply(object, { dependsOn: [...this.#namespaces.kafka, ...this.#namespaces.platform] });
  }

  get gateway(): string | undefined {
    const { settings, exposed } = this.#args;
    const { by, host } = settings.kubernetes.workloads.exposure;
    if (exposed === undefined) return undefined;
    return by === "none" || host === undefined ? this.urlOf(exposed) : `https://${host}`;
  }

  registry(password: pulumi.Output<string>, dependsOn: readonly pulumi.Resource[]): KubernetesSchemaRegistry {
    const { registry, namespaces, kafka, dns, workloads } = this.#args.settings.kubernetes;
    return new KubernetesSchemaRegistry("schema-registry", {
      settings: registry,
      namespaces,
      dns,
      pods: this.#podsOf(registry.pods),
      metricsReaders: metricsReaders(workloads),
      adminNamespaces: kafka.adminListener.namespaces,
      provider: this.#provider,
      cluster: this.cluster,
      password,
      dependsOn: [...this.#namespaces.platform, ...dependsOn],
    });
  }

  service(workload: Workload): KubernetesService {
    const { workloads, namespaces, kafka } = this.#args.settings.kubernetes;
    this.#workloads.push(workload);
    return new KubernetesService(
      {
        workload,
        namespace: namespaces.services,
        provider: this.#provider,
        settings: workloads,
        pods: this.#podsOf(workloads.pods),
        zoneLabel: kafka.topologyKey,
        peers: this.#peers,
      },
      { dependsOn: [...this.#namespaces.services] },
    );
  }

  urlOf(service: string): string {
    return serviceUrl(service, this.#args.settings.kubernetes.namespaces.services);
  }

  /**
   * Limits the services' namespace to what the services may need together. Nothing else remains to be done: the cluster
   * and the stack's outputs hold all addresses.
   */
  announce(): void {
    const { workloads, namespaces } = this.#args.settings.kubernetes;
    this.#apply(servicesBounds(namespaces.services, this.#workloads, workloads), {
      dependsOn: [...this.#namespaces.services],
    });
  }

  /** Returns the pod settings of a part: its own, otherwise the environment's. */
  #podsOf(part: PodSettings | undefined): PodSettings {
    return podsOfPart(this.#args.settings.kubernetes.pods, part);
  }

  #apply(manifest: Manifest, options: pulumi.CustomResourceOptions = {}): KubernetesObject {
    return new KubernetesObject(manifest, { provider: this.#provider, ...options });
  }

  #serverNamespace(name: string, hard: Readonly<Record<string, string>>): KubernetesObject[] {
    const manifests = namespaceManifests({ name, stack: this.#args.stack, containers: SERVER_CONTAINERS });
    return this.#namespace([...manifests, namespaceBounds(name, hard)]);
  }

  /** Creates a namespace with its initial objects. */
  #namespace([namespace, ...guards]: readonly [Manifest, ...Manifest[]]): KubernetesObject[] {
    const first = this.#apply(namespace, { protect: this.protect });
    return [first, ...guards.map((guard) => this.#apply(guard, { dependsOn: [first] }))];
  }

  /** Returns the operator, if the program installs it, and the network policy of the cluster's pods. */
  #operator(): pulumi.Resource[] {
    const { strimzi, kafka, namespaces, apiServers, apiServerPorts, dns, workloads } = this.#args.settings.kubernetes;
    const policy = this.#apply(
      clusterPolicy({
        cluster: kafka.name,
        namespace: namespaces.kafka,
        apiServers,
        apiServerPorts,
        dns,
        remoteStorage: kafka.remoteStorage,
      }),
      { dependsOn: [...this.#namespaces.kafka] },
    );
    if (strimzi.operator === "existing") return [policy];
    const installed = installStrimzi({
      namespace: namespaces.kafka,
      cluster: kafka.name,
      image: strimzi.image,
      kafkaImages: strimzi.kafkaImages,
      pods: this.#podsOf(strimzi.pods),
      apiServers,
      apiServerPorts,
      dns,
      metricsReaders: metricsReaders(workloads),
      definitions: this.#args.strimziDefinitions,
      provider: this.#provider,
      dependsOn: this.#namespaces.kafka,
      protect: this.protect,
    });
    return [policy, ...installed];
  }

  #postgres(): PostgresEndpoint {
    const { settings, projectDir, stateDir } = this.#args;
    const { external, cloudNativePg } = settings.kubernetes.postgres;
    if (external !== undefined) {
      return new ExternalPostgres("postgres", {
        settings: external,
        externals: this.#args.externals,
        after: pulumi.all(this.#namespaces.platform.map((each) => each.id)),
      });
    }
    if (cloudNativePg === undefined) throw new Error("kubernetes.postgres names no server; the model checks it.");
    return new CloudNativePostgres("postgres", {
      settings: cloudNativePg,
      namespaces: settings.kubernetes.namespaces,
      adminNamespaces: settings.kubernetes.kafka.adminListener.namespaces,
      apiServers: settings.kubernetes.apiServers,
      apiServerPorts: settings.kubernetes.apiServerPorts,
      dns: settings.kubernetes.dns,
      pods: this.#podsOf(cloudNativePg.pods),
      metricsReaders: metricsReaders(settings.kubernetes.workloads),
      provider: this.#provider,
      authorities: this.#authorities,
      projectDir,
      certificatesFolder: relative(projectDir, stateDir),
      dependsOn: this.#namespaces.platform,
      protect: this.protect,
      maxConnections: this.#args.databaseConnections,
    });
  }

  #tokens(): TokenKeys {
    const { settings, externals } = this.#args;
    const { identity } = settings.kubernetes;
    if (identity === undefined) return new TokenIssuer("token-issuer");
    const { issuer, audience, keysFile } = identity;
    return {
      issuer,
      audience,
      keySet: externals.file(keysFile, "kubernetes.identity.keysFile", {
        what: "the issuer's public keys (JSON Web Key Set)",
        check: publicKeySet,
      }),
    };
  }

  #redis(): RedisEndpoint {
    const { settings, redisUsers } = this.#args;
    const { external, inCluster } = settings.kubernetes.redis;
    if (external !== undefined)
      return new ExternalRedis("redis", { settings: external, externals: this.#args.externals });
    if (inCluster === undefined) throw new Error("kubernetes.redis names no server; the model checks it.");
    return new KubernetesRedis("redis", {
      settings: inCluster,
      namespaces: settings.kubernetes.namespaces,
      dns: settings.kubernetes.dns,
      pods: this.#podsOf(inCluster.pods),
      provider: this.#provider,
      authorities: this.#authorities,
      users: redisUsers,
      dependsOn: this.#namespaces.platform,
    });
  }
}
