/** The configuration and the manifest of a service's image; the Dockerfile gives other builders the same settings. */

import { SERVICE_USER } from "./host-base.ts";
import type { Layer } from "./layer.ts";
import type { Descriptor } from "./oci-archive.ts";
import { MEDIA_TYPES } from "./oci-archive.ts";

/** The base of the image. */
export interface Base {
  /** Reference with digest, for people and scanners. */
  readonly reference: string;
  readonly layers: readonly (Descriptor & { readonly diffId: string })[];
  /** `NAME=value`. */
  readonly environment: readonly string[];
}

/** Data of a service's image that is known before the build. */
export interface ServiceImageFacts {
  readonly service: string;
  /** Folder of its package, relative to the image's root, for example `service-templates/order-service`. */
  readonly workspace: string;
  /** Path of its entry, relative to that folder, for example `src/main.ts`. */
  readonly entry: string;
  readonly version: string;
  /** Commit; absent if none was given. */
  readonly revision?: string;
  readonly platform: { readonly os: string; readonly architecture: string };
  readonly base: Base;
}

/** A layer with its description for the image's history. */
export interface ExplainedLayer {
  readonly layer: Layer;
  readonly comment: string;
}

/** Folder of the code inside an image: components/services/kubernetes/deployment.ts. */
export const IMAGE_ROOT = "app";

/** Images have no build time: the same content is the same image. */
const CREATED = "1970-01-01T00:00:00Z";
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Labels with their standard names: https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md */
export function imageLabels({ service, version, revision, base }: ServiceImageFacts): Readonly<Record<string, string>> {
  const digest = base.reference.split("@")[1];
  return {
    ...(digest === undefined ? {} : { "org.opencontainers.image.base.digest": digest }),
    "org.opencontainers.image.base.name": base.reference,
    ...(revision === undefined ? {} : { "org.opencontainers.image.revision": revision }),
    "org.opencontainers.image.title": service,
    "org.opencontainers.image.version": version,
  };
}

/** The configuration: user, command and working directory. */
export function imageConfig(
  facts: ServiceImageFacts,
  layers: readonly ExplainedLayer[],
): Readonly<Record<string, unknown>> {
  const { base, platform, workspace, entry } = facts;
  const environment = base.environment.some((each) => each.startsWith("PATH="))
    ? base.environment
    : [PATH, ...base.environment];
  return {
    created: CREATED,
    ...platform,
    config: {
      User: `${SERVICE_USER}:${SERVICE_USER}`,
      Env: [...environment.filter((each) => !each.startsWith("NODE_ENV=")), "NODE_ENV=production"],
      Entrypoint: ["node"],
      Cmd: ["--disable-warning=ExperimentalWarning", entry],
      WorkingDir: `/${IMAGE_ROOT}/${workspace}`,
      Labels: imageLabels(facts),
    },
    rootfs: {
      type: "layers",
      diff_ids: [...base.layers.map(({ diffId }) => diffId), ...layers.map(({ layer }) => layer.diffId)],
    },
    history: [
      ...base.layers.map(() => ({ created: CREATED, comment: `base ${base.reference}` })),
      ...layers.map(({ comment }) => ({ created: CREATED, comment })),
    ],
  };
}

/** The manifest, which names the configuration and all layers. */
export function imageManifest(
  facts: ServiceImageFacts,
  config: Descriptor,
  layers: readonly ExplainedLayer[],
): Readonly<Record<string, unknown>> {
  const reference = ({ mediaType, digest, size }: Pick<Descriptor, "mediaType" | "digest" | "size">) => ({
    mediaType,
    digest,
    size,
  });
  return {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: reference(config),
    layers: [...facts.base.layers.map(reference), ...layers.map(({ layer }) => reference(layer))],
    annotations: imageLabels(facts),
  };
}
