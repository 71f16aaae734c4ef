import { describe, expect, it } from "vitest";
import { addresses, allow, denyAll, podsOf } from "../../../components/kubernetes/network.ts";
import { metricsReaders, scalesByLag } from "../../../components/model/stack/stack-workload.ts";
import { platformMonitors } from "../../../components/substrates/kubernetes/monitors.ts";
import { networkPeers } from "../../../components/substrates/kubernetes/network-peers.ts";
import { kubernetesOf, leastKubernetes, type Written } from "./strimzi-input.ts";

const workloads = (changes: Written): Written => ({
  workloads: { images: { registry: "registry.example.com" }, ...changes },
});

describe("a network policy", () => {
  const { dns } = kubernetesOf();
  const metadata = { name: "shop", namespace: "services" };
  const specOf = (flows: Partial<Parameters<typeof allow>[0]>) => allow({ metadata, pods: {}, dns, ...flows }).spec;

  it("that denies everything selects all pods of its namespace and has no rule", () => {
    expect(denyAll("services")).toMatchObject({
      metadata: { namespace: "services" },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
    expect(Object.keys(denyAll("services").spec as object)).not.toContain("ingress");
  });

  it("allows its flows, with TCP where a port is a number and every port where there is none", () => {
    const from = [
      { peers: [podsOf("clients", { app: "web" }), ...addresses(["10.0.0.0/8"])], ports: [8_080] },
      { peers: [podsOf("operators")], ports: [] },
    ];
    expect(specOf({ pods: { app: "shop" }, from })).toMatchObject({
      podSelector: { matchLabels: { app: "shop" } },
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "clients" } },
              podSelector: { matchLabels: { app: "web" } },
            },
            { ipBlock: { cidr: "10.0.0.0/8" } },
          ],
          ports: [{ port: 8_080, protocol: "TCP" }],
        },
        { from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "operators" } } }] },
      ],
    });
  });

  it("is refused with a flow that has no peers: Kubernetes would open it to every address", () => {
    const open = { peers: addresses([]), ports: [5_432] };
    const message = /network policy services\/shop: a flow on port 5432 has no peers.*leave the flow out/;
    expect(() => specOf({ from: [open] })).toThrow(message);
    expect(() => specOf({ to: [open] })).toThrow(message);
    expect(() => specOf({ to: [{ peers: [], ports: [] }] })).toThrow("a flow on port * has no peers");
  });
});

describe("look-ups of names", () => {
  const policyOf = (dns: Written) => allow({ metadata: { name: "a" }, pods: {}, dns: kubernetesOf({ dns }).dns });

  it("go to CoreDNS where the stack says nothing", () => {
    expect(policyOf({})).toMatchObject({
      spec: {
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
                podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
              },
            ],
            ports: [
              { protocol: "UDP", port: 53 },
              { protocol: "TCP", port: 53 },
            ],
          },
        ],
      },
    });
  });

  it.each<[what: string, dns: Written, to: unknown, ports: readonly number[]]>([
    [
      "a cache on each node beside it",
      { addresses: ["169.254.20.10/32"] },
      [{ podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }, { ipBlock: { cidr: "169.254.20.10/32" } }],
      [53, 53],
    ],
    [
      "OpenShift's",
      {
        namespace: "openshift-dns",
        podLabels: { "dns.operator.openshift.io/daemonset-dns": "default" },
        ports: [5353],
      },
      [
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "openshift-dns" } },
          podSelector: { matchLabels: { "dns.operator.openshift.io/daemonset-dns": "default" } },
        },
      ],
      [5353, 5353],
    ],
  ])("go to %s, the servers' pods as the services'", (_what, dns, to, ports) => {
    const expected = { to, ports: ports.map((port) => ({ port })) };
    expect(policyOf(dns)).toMatchObject({ spec: { egress: [expected] } });
    expect(networkPeers(kubernetesOf({ dns })).dns).toEqual(kubernetesOf({ dns }).dns);
  });
});

describe("KEDA", () => {
  it.each<[what: string, changes: Written, scales: boolean]>([
    ["decides for all services", { autoscaling: { by: "kafka-lag" } }, true],
    ["decides for one", { services: { "order-service": { autoscaling: { by: "kafka-lag" } } } }, true],
    ["is not asked", { autoscaling: { by: "cpu" } }, false],
  ])("%s", (_what, changes, scales) => {
    expect(scalesByLag(kubernetesOf(workloads(changes)).workloads)).toBe(scales);
  });
});

describe("monitors of the platform", () => {
  const monitorsOf = (kubernetes: Written) => {
    const settings = kubernetesOf(kubernetes);
    return platformMonitors(settings, settings.workloads);
  };
  const on = workloads({ monitoring: { podMonitor: true, intervalSeconds: 15, labels: { release: "prometheus" } } });

  it("are none where the stack wants none, and then nobody reads", () => {
    expect(monitorsOf({})).toEqual([]);
    expect(metricsReaders(kubernetesOf().workloads)).toEqual([]);
  });

  it("find the pods of brokers, operator, registry and database, with the labels that Prometheus looks for", () => {
    const monitors = monitorsOf(on);
    expect(monitors.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`)).toEqual([
      "kafka/kafka",
      "kafka/strimzi-cluster-operator",
      "platform/schema-registry",
      "platform/postgres",
    ]);
    for (const { metadata, spec } of monitors) {
      expect(metadata.labels).toMatchObject({ release: "prometheus" });
      expect(spec).toMatchObject({ podMetricsEndpoints: [{ path: "/metrics", interval: "15s" }] });
    }
  });

  it("keep Strimzi's labels on the brokers' metrics, by which alerts tell brokers from controllers", () => {
    const [kafka] = monitorsOf(on);
    const { relabelings } = (
      kafka?.spec as { podMetricsEndpoints: [{ relabelings: { action: string; regex?: string }[] }] }
    ).podMetricsEndpoints[0];
    const regex = new RegExp(`^${relabelings.find(({ action }) => action === "labelmap")?.regex ?? ""}$`);
    expect(regex.exec("__meta_kubernetes_pod_label_strimzi_io_component_type")?.[1]).toBe("strimzi_io_component_type");
  });

  it("leave out who is not there", () => {
    const outside = {
      ...on,
      strimzi: { operator: "existing" },
      postgres: { external: { host: "postgres", adminUser: "admin", caFile: "ca.pem", cidrs: ["10.0.0.0/8"] } },
      redis: leastKubernetes.redis,
    };
    expect(monitorsOf(outside).map(({ metadata }) => metadata.name)).toEqual(["kafka", "schema-registry"]);
  });
});
