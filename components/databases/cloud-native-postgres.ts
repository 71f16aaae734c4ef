import * as pulumi from "@pulumi/pulumi";
import type { PlatformAuthorities } from "../certificates/authorities.ts";
import { KitComponent } from "../component.ts";
import { byteQuantity, type Manifest, platformLabels } from "../kubernetes/manifest.ts";
import { addresses, allow, type NameService, podsOf, readersOf } from "../kubernetes/network.ts";
import { KubernetesObject } from "../kubernetes/object.ts";
import { podScheduling } from "../kubernetes/scheduling.ts";
import type { KubernetesServers } from "../model/stack/stack-kubernetes.ts";
import type { PodSettings } from "../model/stack/stack-pods.ts";
import { Password } from "../provider/resources.ts";
import { certificateFile } from "./certificate-file.ts";
import type { PostgresEndpoint } from "./endpoints.ts";

/** Arguments of {@link CloudNativePostgres}. */
export interface CloudNativePostgresArgs {
  readonly settings: NonNullable<KubernetesServers["postgres"]["cloudNativePg"]>;
  readonly namespaces: KubernetesServers["namespaces"];
  /** Namespaces in which Pulumi runs, which creates roles and databases. */
  readonly adminNamespaces: readonly string[];
  readonly apiServers: readonly string[];
  readonly apiServerPorts: readonly number[];
  readonly dns: NameService;
  readonly pods: PodSettings;
  /** Namespaces whose pods read the server's metrics. */
  readonly metricsReaders: readonly string[];
  readonly provider: pulumi.ProviderResource;
  readonly authorities: PlatformAuthorities;
  readonly projectDir: string;
  /** Folder for certificates that providers require as files, relative to the project. */
  readonly certificatesFolder: string;
  readonly dependsOn: readonly pulumi.Resource[];
  readonly protect: boolean;
  /** Number of connections that the server must accept. */
  readonly maxConnections: number;
}

/** Name of the Cluster resource. */
export const POSTGRES_NAME = "postgres";
const PORT = 5_432;
/** Port on which the operator reads the state of an instance. */
const STATUS_PORT = 8_000;
/** Port on which an instance serves metrics. Its pods name it `metrics`. */
const METRICS_PORT = 9_187;
const CREDENTIALS = `${POSTGRES_NAME}-superuser`;
const SERVER_CERTIFICATE = `${POSTGRES_NAME}-server`;
const SERVER_AUTHORITY = `${POSTGRES_NAME}-authority`;
/** Label that the operator sets on the pods of an instance. */
export const POSTGRES_PODS = { "cnpg.io/cluster": POSTGRES_NAME };
const OPERATOR_NAMESPACE = "cnpg-system";

/** PostgreSQL in the cluster, run by the CloudNativePG operator: a primary and standbys, with TLS and SCRAM only. */
export class CloudNativePostgres extends KitComponent implements PostgresEndpoint {
  readonly host: pulumi.Output<string>;
  readonly port = PORT;
  readonly admin: PostgresEndpoint["admin"];
  readonly superuser = true;
  readonly adminUser = "postgres";
  readonly adminPassword: pulumi.Output<string>;
  readonly caCertificate: pulumi.Output<string>;
  readonly caFile: pulumi.Output<string>;
  readonly owner: pulumi.Resource = this;
  readonly external = false;

  constructor(name: string, args: CloudNativePostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("databases:CloudNativePostgres", name, opts);
    const { settings, namespaces, authorities } = args;
    const namespace = namespaces.platform;
    this.adminPassword = new Password("postgres-admin", {}, this.child()).value;
    this.caCertificate = authorities.servers.certificatePem;
    this.caFile = this.caCertificate.apply((pem) => certificateFile(args.projectDir, args.certificatesFolder, pem));
    const certificate = authorities.serviceCertificate(
      `${POSTGRES_NAME}-rw`,
      namespace,
      this,
      settings.reachedAt?.host,
    );

    const metadata = (object: string) => ({
      name: object,
      namespace,
      labels: platformLabels(POSTGRES_NAME, "database"),
    });
    const apply = (manifest: Manifest, options: pulumi.CustomResourceOptions = {}) =>
      new KubernetesObject(
        manifest,
        this.child({ provider: args.provider, dependsOn: [...args.dependsOn], ...options }),
      );
    const prerequisites = [
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: metadata(CREDENTIALS),
        type: "kubernetes.io/basic-auth",
        stringData: { username: this.adminUser, password: this.adminPassword },
      },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: metadata(SERVER_CERTIFICATE),
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate.chainPem, "tls.key": certificate.privateKeyPem },
      },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: metadata(SERVER_AUTHORITY),
        type: "Opaque",
        stringData: { "ca.crt": this.caCertificate },
      },
      allow({
        metadata: { name: POSTGRES_NAME, namespace, labels: platformLabels(POSTGRES_NAME, "database") },
        pods: POSTGRES_PODS,
        dns: args.dns,
        from: [
          { peers: [namespaces.services, ...args.adminNamespaces].map((client) => podsOf(client)), ports: [PORT] },
          { peers: [podsOf(namespace, POSTGRES_PODS)], ports: [PORT, STATUS_PORT] },
          { peers: [podsOf(OPERATOR_NAMESPACE)], ports: [PORT, STATUS_PORT] },
          ...readersOf(args.metricsReaders, METRICS_PORT),
        ],
        // Each instance asks the Kubernetes API which one is the primary.
        to: [
          { peers: [podsOf(namespace, POSTGRES_PODS)], ports: [PORT, STATUS_PORT] },
          { peers: addresses(args.apiServers), ports: args.apiServerPorts },
        ],
      }),
    ].map((manifest) => apply(manifest));
    const cluster = apply(clusterResource(settings, args.pods, args.maxConnections, metadata(POSTGRES_NAME)), {
      protect: args.protect,
      dependsOn: [...args.dependsOn, ...prerequisites],
    });

    const service = `${POSTGRES_NAME}-rw.${namespace}.svc`;
    this.host = pulumi.output(service);
    // The address is known only when the operator has started the server, so nothing connects earlier.
    const { host: reached = service, port = PORT } = settings.reachedAt ?? {};
    this.admin = { host: cluster.status.apply(() => reached), port };
    this.registerOutputs({ host: this.host, port: this.port });
  }
}

function clusterResource(
  settings: CloudNativePostgresArgs["settings"],
  pods: PodSettings,
  maxConnections: number,
  metadata: Manifest["metadata"],
): Manifest {
  const memory = byteQuantity(settings.memory);
  // The operator's resource has node selector and tolerations beside the affinity. The other fields are where a pod has
  // them.
  const { nodeSelector, tolerations, ...rest } = podScheduling(pods);
  const quarter = `${Math.floor(settings.memory / 4 / 2 ** 20)}MB`;
  return {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: {
      ...metadata,
      annotations: { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "1800" },
    },
    spec: {
      instances: settings.instances,
      ...(settings.image === undefined ? {} : { imageName: settings.image }),
      enableSuperuserAccess: true,
      superuserSecret: { name: CREDENTIALS },
      certificates: { serverTLSSecret: SERVER_CERTIFICATE, serverCASecret: SERVER_AUTHORITY },
      storage: {
        size: byteQuantity(settings.storage),
        ...(settings.storageClass === undefined ? {} : { storageClass: settings.storageClass }),
      },
      resources: { requests: { cpu: settings.cpu, memory }, limits: { memory } },
      postgresql: {
        pg_hba: ["hostssl all all all scram-sha-256", "hostnossl all all all reject"],
        parameters: {
          max_connections: String(maxConnections),
          shared_buffers: quarter,
          ssl_min_protocol_version: "TLSv1.3",
          password_encryption: "scram-sha-256",
        },
        // A commit is acknowledged only when it is on two servers, as long as two servers are available.
        ...(settings.instances < 2 ? {} : { synchronous: { method: "any", number: 1, dataDurability: "preferred" } }),
      },
      affinity: {
        enablePodAntiAffinity: true,
        topologyKey: "kubernetes.io/hostname",
        podAntiAffinityType: settings.instances < 2 ? "preferred" : "required",
        ...(nodeSelector === undefined ? {} : { nodeSelector }),
        ...(tolerations === undefined ? {} : { tolerations }),
      },
      ...rest,
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}
