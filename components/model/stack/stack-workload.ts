import * as z from "zod";
import type { Problem } from "../problems/problem.ts";
import type { Located, PropertyPath } from "../problems/validation.ts";
import { addressRange, count, name } from "../values/field-types.ts";
import { slugPattern } from "../values/names.ts";
import { monitoring, monitoringProblems } from "./stack-monitoring.ts";
import { placedPods } from "./stack-pods.ts";

/**
 * Settings of workloads on Kubernetes, a part of a stack's settings: image registry, scaling of services, exposure of
 * the gateway, monitoring. The needs of a service are in its template, not here.
 */

const dnsLabel = (description: string) =>
  name("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "lower-case letters, digits and dashes, at most 63", description);
const hostName = (description: string) =>
  name("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", "a DNS name, for example orders.example.com", description);
const texts = (description: string) => z.record(z.string().min(1), z.string()).meta({ description }).default({});
const slug = name(
  slugPattern,
  "lower-case letters, digits and single dashes, starting with a letter, at most 50",
  "A service.",
);
/**
 * Maximum resources with which one container of a service is admitted. The CPU value is for the request; a container
 * may use four times its request.
 */
export const MOST_OF_A_SERVICE = { milliCpu: 2_000, mebibytes: 8_192 } as const;
const cpu = (description: string) =>
  name("^[1-9]\\d*m$", "a number of milli-CPUs, for example 250m", description).refine(
    (text) => Number.parseInt(text, 10) <= MOST_OF_A_SERVICE.milliCpu,
    { error: `a service's pod asks for at most ${MOST_OF_A_SERVICE.milliCpu}m; more pods serve more` },
  );
const mebibytes = (description: string) =>
  name("^[1-9]\\d*Mi$", "a number of mebibytes, for example 192Mi", description).refine(
    (text) => Number.parseInt(text, 10) <= MOST_OF_A_SERVICE.mebibytes,
    { error: `a service's pod has at most ${MOST_OF_A_SERVICE.mebibytes}Mi; more pods serve more` },
  );

const images = z
  .strictObject({
    registry: name(
      "^[a-z0-9.-]+(:\\d+)?$",
      "a host, with a port where needed, for example registry.example.com",
      "Host of the image registry.",
    ),
    repository: name(
      "^[a-z0-9]+([._/-][a-z0-9]+)*$",
      "lower-case path segments, for example shop/order-platform",
      "Path before the service's name. Default: order-platform.",
    ).default("order-platform"),
    digests: z
      .record(
        slug,
        name("^sha256:[0-9a-f]{64}$", "sha256: and 64 hexadecimal digits", "Digest of the image's manifest."),
      )
      .meta({
        description:
          "Digest per service, as `kit image build` prints it. A service without one is taken by tag, which the policy workload-image-digest refuses.",
      })
      .default({}),
    tag: name(
      "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$",
      "letters, digits, '.', '_' and '-', at most 128",
      "Tag of images; beside a digest it only tells people the version. Default: latest.",
    ).default("latest"),
    pullPolicy: z
      .enum(["IfNotPresent", "Always", "Never"])
      .meta({
        description:
          "When a node fetches an image. Default: Always for the tag latest without a digest, else IfNotPresent.",
      })
      .optional(),
    pullSecrets: z
      .array(dnsLabel("Name of a Secret."))
      .max(10)
      .meta({ description: "Secrets of the namespace with credentials of the registry. Default: none." })
      .default([]),
  })
  .meta({ description: "Registry, tag and digests of the services' images." });

const scalers = z.enum(["none", "cpu", "kafka-lag"]);

const autoscaling = z
  .strictObject({
    by: scalers
      .meta({
        description:
          "What decides on the number of pods: nothing, processor use (HorizontalPodAutoscaler), or the consumer group's lag (KEDA; services that consume nothing scale by processor use). Default: none.",
      })
      .default("none"),
    cpuPercent: count(1, 100, "Processor use, in percent of the request, that a pod should have. Default: 70.").default(
      70,
    ),
    lagPerReplica: count(1, 1_000_000, "Records of lag that one pod is given. Default: 500.").default(500),
    growth: count(
      1,
      100,
      "Most pods, as a multiple of the service's replicas; never above the partitions that its group reads. Default: 3.",
    ).default(3),
    kedaNamespace: dnsLabel("Namespace where KEDA runs: with kafka-lag the brokers let it in. Default: keda.").default(
      "keda",
    ),
  })
  .meta({ description: "How the number of pods follows the load; a service's replicas are the least." })
  .prefault({});

const exposure = z
  .strictObject({
    by: z
      .enum(["none", "ingress", "gateway-api"])
      .meta({
        description:
          "How customers reach the gateway: not at all, an Ingress, or a Gateway with an HTTPRoute. Default: none.",
      })
      .default("none"),
    host: hostName("Name that customers use, for example orders.example.com.").optional(),
    tlsSecret: dnsLabel(
      "Secret of the namespace with certificate and key of the host (type kubernetes.io/tls).",
    ).optional(),
    className: dnsLabel("IngressClass or GatewayClass.").optional(),
    controllerNamespace: dnsLabel(
      "Namespace whose pods carry the traffic; only they and sourceRanges may reach the gateway.",
    ).optional(),
    sourceRanges: z
      .array(addressRange)
      .max(64)
      .meta({
        description:
          "Addresses from which a load balancer outside the cluster sends to pods, or controllers on their nodes' network do. Default: none.",
      })
      .default([]),
    annotations: texts("Annotations of the Ingress or Gateway, for example of cert-manager. Default: none."),
  })
  .meta({ description: "How customers reach the gateway. TLS ends there; plain HTTP is only redirected." })
  .prefault({});

const placement = z
  .strictObject({
    hosts: z
      .enum(["required", "preferred"])
      .meta({
        description: "Whether two pods of a service may never share a host, or only should not. Default: required.",
      })
      .default("required"),
    zones: z
      .enum(["required", "preferred"])
      .meta({ description: "Whether pods must be spread evenly over zones, or only should. Default: required." })
      .default("required"),
  })
  .meta({ description: "Where pods of services with two replicas and more may run." })
  .prefault({});

const service = z
  .strictObject({
    resources: z
      .strictObject({
        cpu: cpu("Processor time asked for; up to four times as much is used when it is there.").optional(),
        memory: mebibytes("Memory, asked for and limited to.").optional(),
      })
      .meta({ description: "Instead of the template's." })
      .optional(),
    autoscaling: z
      .strictObject({
        by: scalers.meta({ description: "What decides on the number of pods." }).optional(),
        maxReplicas: count(1, 1_000, "Most pods; at most the partitions that the group reads.").optional(),
      })
      .meta({ description: "Instead of the stack's." })
      .optional(),
  })
  .meta({ description: "One service on Kubernetes; its replicas are under services, as on every substrate." });

/** Format of the workloads' part of a stack's settings. */
export const workloadSettings = z
  .strictObject({
    images,
    autoscaling,
    exposure,
    monitoring,
    placement,
    pods: placedPods.optional(),
    services: z.record(slug, service).meta({ description: "Settings per service." }).default({}),
  })
  .meta({ description: "How services run on Kubernetes." });

/** Settings of workloads on Kubernetes, defaults filled in. */
export type KubernetesWorkloadSettings = z.output<typeof workloadSettings>;

/** Returns whether KEDA scales the pods of some service. */
export function scalesByLag({ autoscaling: { by }, services }: KubernetesWorkloadSettings): boolean {
  return by === "kafka-lag" || Object.values(services).some((service) => service.autoscaling?.by === "kafka-lag");
}

/** Returns the namespaces whose pods read metrics. */
export function metricsReaders({ monitoring }: KubernetesWorkloadSettings): readonly string[] {
  return monitoring.podMonitor ? [monitoring.namespace] : [];
}

/** Returns the problems of the settings that the format alone cannot detect. */
export function workloadProblems(
  settings: KubernetesWorkloadSettings,
  at: Located,
  path: PropertyPath = [],
): Problem[] {
  return [
    ...exposureProblems(settings, at, path),
    ...monitoringProblems(settings.monitoring, at, [...path, "monitoring"]),
  ];
}

/** Returns the problems of an exposure without its host, certificate, class or source. */
function exposureProblems({ exposure: way }: KubernetesWorkloadSettings, at: Located, path: PropertyPath): Problem[] {
  if (way.by === "none") return [];
  const needed = {
    host: "orders.example.com",
    tlsSecret: "gateway-tls",
    className: way.by === "ingress" ? "nginx" : "istio",
    controllerNamespace: way.by === "ingress" ? "ingress-nginx" : "istio-system",
  } as const;
  return (Object.keys(needed) as (keyof typeof needed)[]).flatMap((key) => {
    if (way[key] !== undefined || (key === "controllerNamespace" && way.sourceRanges.length > 0)) return [];
    const instead =
      key === "controllerNamespace" ? ", or sourceRanges: […] where traffic comes from outside the cluster's pods" : "";
    return [
      {
        rule: "missing-key" as const,
        ...at.place([...path, "exposure"]),
        message: `exposure.${key} is missing: exposure by ${way.by} needs it`,
        fix: `add ${key}: …, for example ${needed[key]}${instead}`,
      },
    ];
  });
}
