import { addresses, podsOf } from "../../../../components/kubernetes/network.ts";
import type { KubernetesWorkloadSettings } from "../../../../components/model/stack/stack-workload.ts";
import { workloadSettings } from "../../../../components/model/stack/stack-workload.ts";
import type { RenderContext } from "../../../../components/services/kubernetes/context.ts";
import type { NetworkPeers } from "../../../../components/services/kubernetes/network-policy.ts";
import type { Workload } from "../../../../components/services/workload.ts";

/** What tests change of the workload's settings. */
type SettingsInput = Omit<Parameters<typeof workloadSettings.parse>[0] & object, "images">;

export const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

/** Settings with every default, and what a test sets. */
export function settingsWith(changes: SettingsInput = {}): KubernetesWorkloadSettings {
  const services = ["order-service", "payment-service", "api-gateway"];
  return workloadSettings.parse({
    images: { registry: "registry.example.com", digests: Object.fromEntries(services.map((name) => [name, DIGEST])) },
    ...changes,
  });
}

/** A service with everything: HTTP, Kafka, a database with migrations, a cache. */
export function orderWorkload(changes: Partial<Workload> = {}): Workload {
  return {
    name: "order-service",
    entry: "src/main.ts",
    replicas: 3,
    environment: {
      LOG_LEVEL: "info",
      KAFKA_BROKERS: "kafka:9093",
      KAFKA_USERNAME: "order-service",
      SCHEMAS_DIR: "/etc/service/schemas",
      DATABASE_HOST: "postgres",
    },
    files: [
      { name: "kafka-ca.pem", variable: "KAFKA_CA_FILE", content: "certificate", secret: false },
      { name: "kafka-password", variable: "KAFKA_PASSWORD_FILE", content: "canary-password", secret: true },
    ],
    schemas: [{ path: "order/OrderCreated.avsc", content: "{}" }],
    http: true,
    exposed: false,
    management: { liveness: "/livez", readiness: "/readyz", metrics: "/metrics" },
    resources: { cpu: "250m", memory: "192Mi" },
    group: {
      name: "order-service",
      topics: [
        { name: "inventory-events", partitions: 30 },
        { name: "payment-events", partitions: 12 },
      ],
    },
    connects: ["kafka", "postgres", "redis", "registry"],
    calls: [],
    calledBy: ["api-gateway"],
    migrations: {
      folder: "migrations",
      digest: "abc",
      host: "postgres",
      port: 5432,
      database: "order_service",
      user: "order_service_migrator",
      owner: "order_service_owner",
      password: "canary-migrator",
      caCertificate: "certificate",
    },
    dependsOn: [],
    ...changes,
  };
}

/** The front door: HTTP alone, no server but the service it calls. */
export function gatewayWorkload(changes: Partial<Workload> = {}): Workload {
  const { group: _group, migrations: _migrations, ...rest } = orderWorkload();
  return {
    ...rest,
    name: "api-gateway",
    exposed: true,
    files: [],
    schemas: [],
    connects: [],
    calls: ["order-service"],
    calledBy: [],
    ...changes,
  };
}

export function contextOf(workload: Workload, settings: KubernetesWorkloadSettings = settingsWith()): RenderContext {
  return { workload, namespace: "services", settings, pods: {}, zoneLabel: "topology.kubernetes.io/zone" };
}

/** Servers in namespaces of their own. */
export const PEERS: NetworkPeers = {
  dns: { namespace: "kube-system", podLabels: { "k8s-app": "kube-dns" }, addresses: [], ports: [53] },
  kafka: { peers: [podsOf("kafka")], ports: [9093] },
  registry: { peers: [podsOf("registry", { app: "registry" })], ports: [8080] },
  postgres: { peers: addresses(["10.1.0.0/16"]), ports: [5432] },
  redis: { peers: [podsOf("redis")], ports: [6379] },
};
