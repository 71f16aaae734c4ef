import { compareText, type Problem } from "../problems/problem.ts";
import { didYouMean } from "../problems/suggestion.ts";
import type { Located } from "../problems/validation.ts";
import type { StackSettings } from "../stack/stack.ts";
import { partitionsIn } from "../topics/partitions.ts";
import type { Model } from "../types.ts";

/**
 * Returns the Kubernetes settings of services that do not fit the topics: settings of an undeclared service, and more
 * pods than the group's topics have partitions.
 * @param services - All declared services.
 */
export function kubernetesFit(
  model: Model,
  settings: StackSettings,
  at: Located,
  services: ReadonlySet<string>,
): Problem[] {
  const { kubernetes, substrate } = settings;
  if (substrate !== "kubernetes" || kubernetes === undefined) return [];
  const { workloads } = kubernetes;
  const named = [
    ...Object.keys(workloads.services).map((service) => ({
      service,
      path: ["kubernetes", "workloads", "services", service],
    })),
    ...Object.keys(workloads.images.digests).map((service) => ({
      service,
      path: ["kubernetes", "workloads", "images", "digests", service],
    })),
  ];
  const unknown = named
    .filter(({ service }) => !services.has(service))
    .map(({ service, path }): Problem => {
      const fix = didYouMean(service, services);
      return {
        rule: "unknown-service",
        ...at.place(path, "key"),
        message: `no topic and no team's list names the service ${JSON.stringify(service)}`,
        ...(fix === undefined ? {} : { fix }),
      };
    });
  return [
    ...unknown,
    ...movingImages(kubernetes, services, at),
    ...[...widestTopics(model, settings)].flatMap(([service, partitions]) =>
      podProblems(settings, service, partitions, at),
    ),
  ];
}

/**
 * Returns the moving image tags. Nodes that pulled `latest` at different times run different code under one name, and a
 * rollback does not restore the old code. If data is protected, such tags are refused.
 */
function movingImages(
  { protect, workloads: { images } }: NonNullable<StackSettings["kubernetes"]>,
  services: ReadonlySet<string>,
  at: Located,
): Problem[] {
  if (!protect || images.pullPolicy === undefined || images.pullPolicy === "Always" || images.tag !== "latest")
    return [];
  const moving = [...services].filter((service) => images.digests[service] === undefined).sort(compareText);
  if (moving.length === 0) return [];
  return [
    {
      rule: "unsafe-image",
      ...at.place(["kubernetes", "workloads", "images", "pullPolicy"]),
      message: `kubernetes.workloads.images.pullPolicy is ${images.pullPolicy} and the tag latest, so nodes keep whatever was the latest image when they fetched it; without a digest are ${moving.join(", ")}`,
      fix: "name images by digest under kubernetes.workloads.images.digests, or by the tag of a version; or take pullPolicy out",
    },
  ];
}

/** Returns the number of partitions of the widest topic that each service consumes. */
function widestTopics(model: Model, { topics: { partitionFactor } }: StackSettings): Map<string, number> {
  const widest = new Map<string, number>();
  for (const topic of model.domains.flatMap(({ topics }) => topics)) {
    for (const { service } of topic.consumers)
      widest.set(service, Math.max(widest.get(service) ?? 0, partitionsIn(topic, partitionFactor)));
  }
  return widest;
}

function podProblems(
  { services, kubernetes }: StackSettings,
  service: string,
  partitions: number,
  at: Located,
): Problem[] {
  const replicas = services[service]?.replicas ?? 1;
  const most = kubernetes?.workloads.services[service]?.autoscaling?.maxReplicas;
  const path = ["kubernetes", "workloads", "services", service, "autoscaling", "maxReplicas"];
  const setting = path.join(".");
  const beyond = `but the topics its group reads have at most ${partitions} partitions here; the others would idle`;
  return [
    ...(replicas > partitions
      ? [
          {
            rule: "too-many-instances" as const,
            ...at.place(["services", service, "replicas"]),
            message: `services.${service}.replicas is ${replicas}, ${beyond}`,
            fix: `lower it to ${partitions}, or raise the topics' partitions`,
          },
        ]
      : []),
    ...(most !== undefined && most > partitions
      ? [
          {
            rule: "too-many-instances" as const,
            ...at.place(path),
            message: `${setting} is ${most}, ${beyond}`,
            fix: `lower it to ${partitions}, or raise the topics' partitions`,
          },
        ]
      : []),
    ...(most !== undefined && most < replicas
      ? [
          {
            rule: "invalid-value" as const,
            ...at.place(path),
            message: `${setting} is ${most}, below the ${replicas} replicas of the service`,
            fix: `raise it, or lower services.${service}.replicas`,
          },
        ]
      : []),
  ];
}
