import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { denyAll, podsOf } from "../../../../components/kubernetes/network.ts";
import { horizontalPodAutoscaler, lagScaling } from "../../../../components/services/kubernetes/autoscaling.ts";
import {
  configChecksum,
  configMap,
  environment,
  schemaMap,
  secretObject,
} from "../../../../components/services/kubernetes/config.ts";
import type { RenderContext } from "../../../../components/services/kubernetes/context.ts";
import { deployment } from "../../../../components/services/kubernetes/deployment.ts";
import { gatewayRoutes, ingress } from "../../../../components/services/kubernetes/exposure.ts";
import {
  hasMigrations,
  migrationJob,
  migrationSecret,
} from "../../../../components/services/kubernetes/migration-job.ts";
import { podMonitor } from "../../../../components/services/kubernetes/monitoring.ts";
import { servicesBounds, servicesNamespace } from "../../../../components/services/kubernetes/namespace.ts";
import { migrationNetworkPolicy, networkPolicy } from "../../../../components/services/kubernetes/network-policy.ts";
import { serviceObject } from "../../../../components/services/kubernetes/service-object.ts";
import { declaredManifests } from "./declared-service.ts";
import { contextOf, DIGEST, gatewayWorkload, orderWorkload, PEERS, settingsWith } from "./sample-workload.ts";

/** A workload that must have migrations, for renderers that want them. */
function migrating(context: RenderContext) {
  if (!hasMigrations(context)) throw new Error("the sample has no migrations");
  return context;
}

/** The value of an output that is known. */
function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}

const checksumOf = (context: RenderContext) => known(configChecksum(context));

describe("the deployment", () => {
  const rendered = deployment(contextOf(orderWorkload()), "checksum");

  it("runs restricted, with nothing writable but a bounded temporary folder", () => {
    expect(rendered).toMatchObject({
      spec: {
        template: {
          spec: {
            automountServiceAccountToken: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 10_001,
              fsGroup: 10_001,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
              {
                securityContext: {
                  allowPrivilegeEscalation: false,
                  capabilities: { drop: ["ALL"] },
                  readOnlyRootFilesystem: true,
                },
              },
            ],
            volumes: expect.arrayContaining([{ name: "temporary", emptyDir: { sizeLimit: "64Mi" } }]),
          },
        },
      },
    });
  });

  it("takes the image by digest and asks for what the template says", () => {
    expect(rendered).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              {
                image: `registry.example.com/order-platform/order-service:latest@${DIGEST}`,
                resources: {
                  requests: { cpu: "250m", memory: "192Mi" },
                  limits: { cpu: "1000m", memory: "192Mi", "ephemeral-storage": "256Mi" },
                },
                args: [
                  "--disable-warning=ExperimentalWarning",
                  "--max-old-space-size=96",
                  "--max-semi-space-size=8",
                  "--heap-growing-percent=100",
                  "--single-threaded-gc",
                  "service-templates/order-service/src/main.ts",
                ],
              },
            ],
          },
        },
      },
    });
  });

  it("stops serving only after the load balancer knows, and leaves time for the drain", () => {
    expect(rendered).toMatchObject({
      spec: {
        template: {
          spec: {
            terminationGracePeriodSeconds: 20,
            containers: [{ lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
          },
        },
      },
    });
    const silent = deployment(contextOf(orderWorkload({ http: false })), "checksum");
    expect(silent).toMatchObject({ spec: { template: { spec: { terminationGracePeriodSeconds: 15 } } } });
    expect(silent).not.toHaveProperty("spec.template.spec.containers.0.lifecycle");
  });

  it("spreads replicas over hosts and zones; a single pod goes anywhere", () => {
    expect(rendered).toHaveProperty(
      "spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution",
    );
    expect(rendered).toMatchObject({
      spec: {
        template: {
          spec: {
            topologySpreadConstraints: [
              { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule", maxSkew: 1 },
            ],
          },
        },
      },
    });
    const single = deployment(contextOf(orderWorkload({ replicas: 1 })), "checksum");
    expect(single).not.toHaveProperty("spec.template.spec.affinity");
    const relaxed = deployment(
      contextOf(orderWorkload(), settingsWith({ placement: { hosts: "preferred", zones: "preferred" } })),
      "checksum",
    );
    expect(relaxed).toMatchObject({
      spec: { template: { spec: { topologySpreadConstraints: [{ whenUnsatisfiable: "ScheduleAnyway" }] } } },
    });
    expect(relaxed).not.toHaveProperty(
      "spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution",
    );
  });

  it("leaves the number of pods to the autoscaler where there is one", () => {
    expect(rendered).toHaveProperty("spec.replicas", 3);
    expect(
      deployment(contextOf(orderWorkload(), settingsWith({ autoscaling: { by: "cpu" } })), "checksum"),
    ).not.toHaveProperty("spec.replicas");
  });

  it("is the same, byte for byte, for the same workload", () => {
    const again = deployment(
      contextOf(
        orderWorkload({ environment: Object.fromEntries(Object.entries(orderWorkload().environment).reverse()) }),
      ),
      "checksum",
    );
    expect(JSON.stringify(again)).toBe(JSON.stringify(rendered));
  });
});

describe("configuration", () => {
  const context = contextOf(orderWorkload());

  it("keeps secrets out of variables and config maps", () => {
    expect(
      JSON.stringify([environment(context), configMap(context), schemaMap(context), deployment(context, "x")]),
    ).not.toContain("canary");
    expect(secretObject(context)).toMatchObject({ stringData: { "kafka-password": "canary-password" } });
    expect(secretObject(context)).not.toHaveProperty("stringData.kafka-ca.pem");
  });

  it("tells the process where its files are, and its pod's name, which is no name in the group", () => {
    expect(environment(context)).toEqual(
      expect.arrayContaining([
        { name: "KAFKA_PASSWORD_FILE", value: "/etc/service/secrets/kafka-password" },
        { name: "KAFKA_CA_FILE", value: "/etc/service/config/kafka-ca.pem" },
        { name: "SERVICE_INSTANCE", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      ]),
    );
    expect(environment(context).map(({ name }) => name)).not.toContain("KAFKA_GROUP_INSTANCE_ID");
  });

  it("tells consumers their zone, by the pod's copy of the node's label, and nobody else", () => {
    const zone = {
      name: "KAFKA_CLIENT_RACK",
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } },
    };
    expect(environment(context)).toContainEqual(zone);
    expect(environment(contextOf(gatewayWorkload())).map(({ name }) => name)).not.toContain(zone.name);
  });

  it("puts every schema back to its path", () => {
    expect(schemaMap(context)).toMatchObject({ data: { "order__OrderCreated.avsc": "{}" } });
    expect(deployment(context, "x")).toMatchObject({
      spec: {
        template: {
          spec: {
            volumes: expect.arrayContaining([
              expect.objectContaining({
                configMap: expect.objectContaining({
                  items: [{ key: "order__OrderCreated.avsc", path: "order/OrderCreated.avsc" }],
                }),
              }),
            ]),
          },
        },
      },
    });
  });

  it("rolls pods out when a file changes, and only then", async () => {
    const changed = orderWorkload({ files: orderWorkload().files.map((file) => ({ ...file, content: "rotated" })) });
    const schema = orderWorkload({ schemas: [{ path: "order/OrderCreated.avsc", content: '{"new":true}' }] });
    const before = await checksumOf(context);
    expect(before).toBe(
      await checksumOf(contextOf(orderWorkload({ replicas: 9, files: [...orderWorkload().files].reverse() }))),
    );
    expect(await checksumOf(contextOf(changed))).not.toBe(before);
    expect(await checksumOf(contextOf(schema))).not.toBe(before);
  });

  it("refuses schemas that no config map holds", () => {
    expect(() =>
      schemaMap(contextOf(orderWorkload({ schemas: [{ path: "a.avsc", content: "x".repeat(1_100_000) }] }))),
    ).toThrow(/order-service have 1100000 bytes/);
  });
});

describe("network policies", () => {
  it("open what the contract says, and nothing else", () => {
    expect(networkPolicy(contextOf(orderWorkload()), PEERS)).toMatchObject({
      spec: {
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          {
            from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "api-gateway" } } }],
            ports: [{ port: 8080, protocol: "TCP" }],
          },
        ],
        egress: [
          {
            to: [podsOf("kube-system", { "k8s-app": "kube-dns" })],
            ports: [
              { port: 53, protocol: "UDP" },
              { port: 53, protocol: "TCP" },
            ],
          },
          ...[PEERS.kafka, PEERS.postgres, PEERS.redis, PEERS.registry].map(({ peers, ports }) => ({
            to: peers,
            ports: ports.map((port) => ({ port, protocol: "TCP" })),
          })),
        ],
      },
    });
    const gateway = networkPolicy(contextOf(gatewayWorkload()), PEERS);
    expect(gateway).toMatchObject({
      spec: {
        ingress: [],
        egress: [
          {},
          {
            to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "order-service" } } }],
            ports: [{ port: 8080 }],
          },
        ],
      },
    });
  });

  it("let in the ingress controller and Prometheus where the stack has them", () => {
    const settings = settingsWith({
      exposure: {
        by: "ingress",
        host: "orders.example.com",
        tlsSecret: "tls",
        className: "nginx",
        controllerNamespace: "ingress-nginx",
      },
      monitoring: { podMonitor: true },
    });
    expect(networkPolicy(contextOf(gatewayWorkload(), settings), PEERS)).toMatchObject({
      spec: {
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } }],
            ports: [{ port: 8080 }],
          },
          {
            from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
            ports: [{ port: 9090 }],
          },
        ],
      },
    });
    expect(JSON.stringify(networkPolicy(contextOf(orderWorkload(), settings), PEERS))).not.toContain("ingress-nginx");
    const outside = settingsWith({
      exposure: {
        by: "ingress",
        host: "orders.example.com",
        tlsSecret: "tls",
        className: "alb",
        sourceRanges: ["10.1.0.0/16"],
      },
    });
    expect(networkPolicy(contextOf(gatewayWorkload(), outside), PEERS)).toMatchObject({
      spec: { ingress: [{ from: [{ ipBlock: { cidr: "10.1.0.0/16" } }], ports: [{ port: 8080 }] }] },
    });
    expect(networkPolicy(contextOf(orderWorkload({ calledBy: [] }), outside), PEERS)).toMatchObject({
      spec: { ingress: [] },
    });
  });

  it("give a migration its database alone, and deny by default", () => {
    expect(migrationNetworkPolicy(contextOf(orderWorkload()), PEERS)).toMatchObject({
      spec: {
        podSelector: { matchLabels: { "app.kubernetes.io/component": "migration" } },
        ingress: [],
        egress: [{}, { ports: [{ port: 5432 }] }],
      },
    });
    expect(denyAll("services")).toMatchObject({
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
  });
});

describe("what depends on the number of pods", () => {
  it("is a budget for two and more", async () => {
    const budgets = async (replicas: number) =>
      (await declaredManifests([contextOf(orderWorkload({ replicas }))])).filter(
        ({ kind }) => kind === "PodDisruptionBudget",
      );
    expect(await budgets(2)).toMatchObject([
      { spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" } },
    ]);
    expect(await budgets(1)).toEqual([]);
  });

  it("is an autoscaler by processor use, or KEDA's objects by lag, never both", () => {
    const cpu = contextOf(orderWorkload(), settingsWith({ autoscaling: { by: "cpu" } }));
    expect(horizontalPodAutoscaler(cpu)).toMatchObject({ spec: { minReplicas: 3, maxReplicas: 9 } });
    expect(lagScaling(cpu)).toBeUndefined();
    const lag = contextOf(orderWorkload(), settingsWith({ autoscaling: { by: "kafka-lag", lagPerReplica: 200 } }));
    expect(horizontalPodAutoscaler(lag)).toBeUndefined();
    expect(lagScaling(lag)).toMatchObject({
      secret: {
        stringData: { sasl: "scram_sha512", tls: "enable", username: "order-service", password: "canary-password" },
      },
      scaledObject: {
        spec: {
          maxReplicaCount: 9,
          triggers: [
            { metadata: { topic: "inventory-events", lagThreshold: "200", allowIdleConsumers: "false" } },
            { metadata: { topic: "payment-events" } },
          ],
        },
      },
    });
    expect(JSON.stringify(lagScaling(lag)?.scaledObject)).not.toContain("canary");
  });

  it("is a quota with room for all of them at their largest", () => {
    expect(
      servicesBounds("services", [orderWorkload(), gatewayWorkload({ replicas: 1 })], settingsWith()),
    ).toMatchObject({
      spec: {
        hard: {
          pods: "7",
          "requests.cpu": "1750m",
          "requests.memory": "1344Mi",
          "services.loadbalancers": "0",
          "services.nodeports": "0",
        },
      },
    });
    const beside = settingsWith({
      exposure: {
        by: "gateway-api",
        host: "orders.example.com",
        tlsSecret: "tls",
        className: "cilium",
        controllerNamespace: "kube-system",
      },
    });
    expect(servicesBounds("services", [], beside)).toMatchObject({
      spec: { hard: { "services.loadbalancers": "1", "services.nodeports": "2" } },
    });
  });
});

describe("migrations", () => {
  const context = migrating(contextOf(orderWorkload()));

  it("run with the service's image, as a login of their own, restricted", () => {
    // Those of earlier releases go by themselves.
    expect(migrationJob(context).spec).toMatchObject({ ttlSecondsAfterFinished: 604_800 });
    expect(migrationJob(context)).toMatchObject({
      spec: {
        template: {
          spec: {
            restartPolicy: "Never",
            securityContext: { runAsNonRoot: true },
            containers: [
              {
                image: expect.stringContaining(DIGEST),
                args: ["--disable-warning=ExperimentalWarning", "service-templates/lib/migration/migrate.ts"],
                env: expect.arrayContaining([
                  { name: "DATABASE_USER", value: "order_service_migrator" },
                  { name: "MIGRATIONS_DIR", value: "service-templates/order-service/migrations" },
                ]),
                securityContext: { readOnlyRootFilesystem: true },
              },
            ],
          },
        },
      },
    });
    expect(migrationSecret(context)).toMatchObject({ stringData: { "database-password": "canary-migrator" } });
    expect(JSON.stringify(secretObject(context))).not.toContain("canary-migrator");
  });

  it("have a job of their own per release", () => {
    const { name } = migrationJob(context).metadata;
    expect(name).toMatch(/^order-service-migration-[0-9a-f]{10}$/);
    const other = { ...orderWorkload(), migrations: { ...context.workload.migrations, digest: "def" } };
    expect(migrationJob(migrating(contextOf(other))).metadata.name).not.toBe(name);
    expect(migrationJob(migrating(contextOf(orderWorkload({ replicas: 7 })))).metadata.name).toBe(name);
  });
});

describe("the way in", () => {
  const exposure = {
    host: "orders.example.com",
    tlsSecret: "gateway-tls",
    className: "shop",
    controllerNamespace: "shop-system",
  };

  it("is an Ingress with TLS for the gateway alone", () => {
    const settings = settingsWith({ exposure: { by: "ingress", ...exposure } });
    expect(ingress(contextOf(gatewayWorkload(), settings))).toMatchObject({
      spec: { ingressClassName: "shop", tls: [{ hosts: ["orders.example.com"], secretName: "gateway-tls" }] },
    });
    expect(ingress(contextOf(orderWorkload(), settings))).toBeUndefined();
    expect(gatewayRoutes(contextOf(gatewayWorkload(), settings))).toEqual([]);
  });

  it("is a Gateway that ends TLS and redirects plain HTTP", () => {
    const [gateway, route, redirect] = gatewayRoutes(
      contextOf(gatewayWorkload(), settingsWith({ exposure: { by: "gateway-api", ...exposure } })),
    );
    expect(gateway).toMatchObject({
      kind: "Gateway",
      spec: {
        gatewayClassName: "shop",
        listeners: [
          { protocol: "HTTPS", tls: { mode: "Terminate", certificateRefs: [{ name: "gateway-tls" }] } },
          { protocol: "HTTP" },
        ],
      },
    });
    expect(route).toMatchObject({
      kind: "HTTPRoute",
      spec: { parentRefs: [{ sectionName: "https" }], rules: [{ backendRefs: [{ name: "api-gateway", port: 8080 }] }] },
    });
    expect(redirect).toMatchObject({
      spec: {
        parentRefs: [{ sectionName: "http" }],
        rules: [{ filters: [{ requestRedirect: { scheme: "https", statusCode: 301 } }] }],
      },
    });
    expect(gatewayRoutes(contextOf(gatewayWorkload()))).toEqual([]);
  });

  it("leads to a Service only where there is HTTP", () => {
    expect(serviceObject(contextOf(orderWorkload()))).toMatchObject({
      spec: { type: "ClusterIP", ports: [{ port: 8080, targetPort: "http" }] },
    });
    expect(serviceObject(contextOf(orderWorkload({ http: false })))).toBeUndefined();
  });
});

describe("the namespace", () => {
  it("admits restricted pods only, and bounds every container", () => {
    const [namespace, ...guards] = servicesNamespace("services", "dev");
    expect(namespace).toMatchObject({
      metadata: {
        labels: {
          "pod-security.kubernetes.io/enforce": "restricted",
          "pod-security.kubernetes.io/warn": "restricted",
          "pod-security.kubernetes.io/audit": "restricted",
        },
      },
    });
    expect(guards).toContainEqual(
      expect.objectContaining({
        kind: "LimitRange",
        spec: { limits: [expect.objectContaining({ type: "Container", max: expect.anything() })] },
      }),
    );
  });

  it("is watched where the stack says so", () => {
    expect(podMonitor(contextOf(orderWorkload()))).toBeUndefined();
    expect(
      podMonitor(
        contextOf(
          orderWorkload(),
          settingsWith({ monitoring: { podMonitor: true, labels: { release: "prometheus" } } }),
        ),
      ),
    ).toMatchObject({
      metadata: { labels: { release: "prometheus" } },
      spec: { podMetricsEndpoints: [{ port: "management", path: "/metrics", interval: "30s" }] },
    });
  });
});
