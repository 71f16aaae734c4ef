import type { StackSettings } from "../../../components/model/stack/stack.ts";
import type { Breach, Manifest, Rule } from "../../rule.ts";
import { rule } from "../../rule.ts";
import type { Workload } from "../../workloads/pods.ts";
import { containersOf, fieldOf, workloadOf } from "../../workloads/pods.ts";
import { podYaml } from "../../workloads/text.ts";

/** Setting of the stack for the image of each platform server, by the name of its Deployment. */
const SETTINGS: ReadonlyMap<string, string> = new Map([
  ["strimzi-cluster-operator", "kubernetes.strimzi.image"],
  ["schema-registry", "kubernetes.registry.image"],
  ["redis", "kubernetes.redis.inCluster.image"],
]);

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const registryPod = (image: string): string =>
  podYaml({ image }).replace(
    "metadata: {name: order-service, namespace: services}",
    "metadata: {name: schema-registry, namespace: platform}",
  );

/** Rules on image references. */
export const workloadImageRules: readonly Rule[] = [
  rule({
    id: "workload-image-digest",
    subject: "workloads",
    level: "error",
    summary: "Images of services are named by digest.",
    rationale:
      "A tag can be moved: then two pods of one rollout may run different code, and a rollback may restore something else.",
    wrong: { manifest: podYaml({ image: "registry.example.com/order-service:1.4" }) },
    right: { manifest: podYaml({}) },
    checks: () => ({
      manifest(manifest, { stack }) {
        const workload = workloadOf(manifest);
        if (workload === undefined || isOfPlatform(manifest, stack)) return undefined;
        return movable(workload).map(({ name, image }) => ({
          message: `container ${name} runs ${image}, which may change`,
          fix: "name the image by digest; `kit image build` prints it for kubernetes.workloads.images.digests",
        }));
      },
    }),
  }),
  rule({
    id: "workload-platform-image-digest",
    subject: "workloads",
    level: "warning",
    summary: "Third-party images (Kafka, its operator, the registry, the cache and PostgreSQL) are named by digest.",
    rationale:
      "As for services; also, you do not control the publishers' registries: anyone who can move a tag there runs code next to your data. Take the digest from the mirror that your nodes pull from, and then make this rule an error in the stack.",
    wrong: { manifest: registryPod("quay.io/apicurio/apicurio-registry:3.3.3") },
    right: { manifest: registryPod(`registry.example.com/mirror/apicurio-registry:3.3.3@${DIGEST}`) },
    checks: () => ({
      manifest(manifest, { stack }) {
        if (!isOfPlatform(manifest, stack)) return undefined;
        if (manifest.kind === "Cluster" && manifest.apiVersion.startsWith("postgresql.cnpg.io/"))
          return ofPostgres(fieldOf(manifest.spec, "imageName"));
        const workload = workloadOf(manifest);
        if (workload === undefined) return undefined;
        const own = movable(workload).map(({ name, image }) =>
          breach(`container ${name} runs`, image, SETTINGS.get(workload.name) ?? "the stack"),
        );
        return [
          ...own,
          ...kafkaImages(workload, stack)
            .filter((image) => !isByDigest(image))
            .map((image) => breach("brokers and related components run", image, "kubernetes.strimzi.kafkaImages")),
        ];
      },
    }),
  }),
];

/** Returns whether an object is in a namespace of the platform's servers, whose images are not built here. */
function isOfPlatform({ metadata }: Manifest, { kubernetes }: StackSettings): boolean {
  const { kafka, platform } = kubernetes?.namespaces ?? { kafka: "kafka", platform: "platform" };
  return metadata?.namespace === kafka || metadata?.namespace === platform;
}

function isByDigest(image: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(image);
}

/** Returns the containers with a known image that is referenced by tag. */
function movable(workload: Workload): { readonly name: string; readonly image: string }[] {
  return containersOf(workload).flatMap(({ name = "without a name", image }) =>
    image === undefined || isByDigest(image) ? [] : [{ name, image }],
  );
}

function breach(who: string, image: string, setting: string): Breach {
  return {
    message: `${who} ${image}, which may change`,
    fix: `name it by digest, from your own mirror, in ${setting}`,
  };
}

/**
 * Returns the images that Strimzi's operator sets for the pods that it creates, from its variables. Only the stack's
 * own Kafka version runs. Components on top of Kafka (Connect, MirrorMaker) are not used here.
 */
function kafkaImages(workload: Workload, { kubernetes }: StackSettings): readonly string[] {
  const variables = new Map(
    containersOf(workload).flatMap(({ env }) =>
      env.flatMap(({ name, value }) => (name === undefined || value === undefined ? [] : [[name, value] as const])),
    ),
  );
  const byVersion = (variables.get("STRIMZI_KAFKA_IMAGES") ?? "").split("\n").flatMap((line) => {
    const [version, image] = line.split("=");
    return image === undefined || (kubernetes !== undefined && version !== kubernetes.kafka.version) ? [] : [image];
  });
  const beside = ["STRIMZI_DEFAULT_KAFKA_EXPORTER_IMAGE", "STRIMZI_DEFAULT_CRUISE_CONTROL_IMAGE"].flatMap(
    (name) => variables.get(name) ?? [],
  );
  return [...new Set([...byVersion, ...beside])];
}

function ofPostgres(image: unknown): Breach | undefined {
  if (image === undefined)
    return {
      message: "PostgreSQL runs the image that its operator chooses, which may change",
      fix: "name one by digest, from your own mirror, in kubernetes.postgres.cloudNativePg.image",
    };
  return typeof image === "string" && !isByDigest(image)
    ? breach("PostgreSQL runs", image, "kubernetes.postgres.cloudNativePg.image")
    : undefined;
}
