/** Images built by the kit itself: no container daemon, no registry, the same digest for the same files. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import type { Prepared } from "../../toolchain/image/prepare.ts";
import { prepareImage } from "../../toolchain/image/prepare.ts";
import type { SbomFile } from "../../toolchain/image/sbom.ts";
import { imageSbom } from "../../toolchain/image/sbom.ts";
import { runChecked } from "../../toolchain/making/command.ts";
import { KitError } from "../errors.ts";
import { hostBase } from "./host-base.ts";
import { installedPackages, readLock } from "./installed-packages.ts";
import type { Layer, LayerFile, LayerLink } from "./layer.ts";
import { folderFiles, writeLayer } from "./layer.ts";
import { nodeLayer } from "./node-layer.ts";
import type { NamedImage } from "./oci-archive.ts";
import { BLOBS, MEDIA_TYPES, readArchive, readImage, writeArchive, writeBlob } from "./oci-archive.ts";
import type { Base, ExplainedLayer, ServiceImageFacts } from "./service-image.ts";
import { IMAGE_ROOT, imageConfig, imageManifest } from "./service-image.ts";

/** A service whose image is built. */
export interface ServiceToBuild {
  readonly service: string;
  /** Folder of its package, relative to the project, for example `service-templates/order-service`. */
  readonly workspace: string;
  /** Path of its entry, relative to that folder, for example `src/main.ts`. */
  readonly entry: string;
  /** Name with which the image is imported, for example `registry.example.com/shop/order-service:1.4.0`. */
  readonly name: string;
}

/** What to build. */
export interface BuildRequest {
  readonly projectDir: string;
  readonly services: readonly ServiceToBuild[];
  /** A base made of this machine, or an archive that contains one (OCI image layout). */
  readonly base: { readonly by: "host" } | { readonly by: "archive"; readonly archive: string };
  /** Version for labels and software bills of materials. */
  readonly version: string;
  /** Commit for a label; none by default, because it would give the same files another image. */
  readonly revision?: string;
  /** Absolute path of the output archive. */
  readonly out: string;
}

/** A built image. */
export interface BuiltImage {
  readonly service: string;
  readonly name: string;
  /** Digest of the manifest, for `images.digests` of a stack. */
  readonly digest: string;
  /** Compressed size of all layers in bytes. */
  readonly size: number;
  /** Reference of the base. */
  readonly base: string;
  /** `os/architecture`. */
  readonly platform: string;
}

/** Architecture names in images. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * Platform of images built on this machine: Linux, on its own architecture.
 * @throws KitError KIT_IMAGE_HOST.
 */
export function linuxPlatform(): { readonly os: string; readonly architecture: string } {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new KitError("KIT_IMAGE_HOST", process.arch);
  return { os: "linux", architecture };
}

/** Layers that all images share. */
interface CommonParts {
  readonly base: Base;
  readonly node: Layer;
  readonly platform: { readonly os: string; readonly architecture: string };
  /** Files of the base that a software bill of materials lists. */
  readonly files: readonly SbomFile[];
}

/**
 * Builds images into one archive, which contains shared blobs once.
 * @param say - Called with the current step.
 * @throws KitError KIT_IMAGE_HOST, KIT_IMAGE_BASE, KIT_IMAGE_CODE, KIT_IMAGE_PACKAGES.
 */
export async function buildImages(
  request: BuildRequest,
  say: (detail: string) => void = () => {},
): Promise<readonly BuiltImage[]> {
  const work = await mkdtemp(join(tmpdir(), "kit-image-"));
  try {
    const layout = join(work, "layout");
    say("code and packages");
    const platform = hostPlatform();
    const prepared = await Promise.all(
      request.services.map((service) => prepareService(request, service, join(work, service.service))),
    );
    say("base and Node");
    const common = await commonParts(request, layout, platform);
    const packages = new PackageLayers(layout);
    const images: NamedImage[] = [];
    // Two at a time: one compresses while npm writes the bill of materials of the other.
    for (let next = 0; next < prepared.length; next += 2) {
      const pair = prepared.slice(next, next + 2);
      say(pair.map(({ service }) => service.service).join(", "));
      images.push(
        ...(await Promise.all(
          pair.map(
            async (each): Promise<NamedImage> => ({
              name: each.service.name,
              image: await buildImage(request, common, packages, each, layout),
            }),
          ),
        )),
      );
    }
    say("archive");
    await writeArchive(layout, images, request.out);
    return images.map(
      ({ name, image }, index): BuiltImage => ({
        service: request.services[index]?.service ?? name,
        name,
        digest: image.descriptor.digest,
        size: image.manifest.layers.reduce((sum, { size }) => sum + size, 0),
        base: common.base.reference,
        platform: `${common.platform.os}/${common.platform.architecture}`,
      }),
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A service whose code is copied and whose packages are resolved. */
interface PreparedService {
  readonly service: ServiceToBuild;
  readonly folder: string;
  readonly packages: readonly LayerFile[];
  /** Links from the folder of packages to workspaces. */
  readonly links: readonly LayerLink[];
}

/** All possible errors of a service are found here, before anything large is written. */
async function prepareService(
  { projectDir }: BuildRequest,
  service: ServiceToBuild,
  folder: string,
): Promise<PreparedService> {
  let prepared: Prepared;
  try {
    prepared = prepareImage({ project: projectDir, workspace: service.workspace, out: folder });
    const entry = `${service.workspace}/${service.entry}`;
    if (!prepared.files.includes(entry))
      throw new Error(`${entry} is not among the files of ${service.workspace}/package.json`);
  } catch (error) {
    throw new KitError("KIT_IMAGE_CODE", `${service.service}: ${messageOf(error)}`, { cause: error });
  }
  try {
    return {
      service,
      folder,
      packages: await installedPackages(
        projectDir,
        await readLock(join(folder, "packages", "package-lock.json")),
        IMAGE_ROOT,
      ),
      links: [...prepared.links].map(
        ([place, workspace]): LayerLink => ({
          path: `${IMAGE_ROOT}/${place}`,
          target: posix.relative(posix.dirname(place), workspace),
        }),
      ),
    };
  } catch (error) {
    throw new KitError("KIT_IMAGE_PACKAGES", messageOf(error), { cause: error });
  }
}

function hostPlatform(): CommonParts["platform"] {
  if (process.platform !== "linux") throw new KitError("KIT_IMAGE_HOST", process.platform);
  return linuxPlatform();
}

async function commonParts(
  request: BuildRequest,
  layout: string,
  platform: CommonParts["platform"],
): Promise<CommonParts> {
  // The image gets the Node that runs this command, because the service was tested with it.
  const node = process.execPath;
  const [base, withNode] = await Promise.all([
    request.base.by === "host" ? baseOfHost(node, layout) : baseOfArchive(request.base.archive, layout, platform),
    nodeLayer(node, join(layout, BLOBS)),
  ]);
  return { ...base, node: withNode, platform };
}

async function baseOfHost(node: string, layout: string): Promise<Pick<CommonParts, "base" | "files">> {
  const { content, libraries } = await hostBase(node).catch((error: unknown) => {
    throw new KitError("KIT_IMAGE_BASE", `host: ${messageOf(error)}`, { cause: error });
  });
  const layer = await writeLayer(join(layout, BLOBS), content);
  return {
    base: { reference: `localhost/host-base@${layer.diffId}`, layers: [layer], environment: [] },
    files: libraries,
  };
}

async function baseOfArchive(
  archive: string,
  layout: string,
  platform: CommonParts["platform"],
): Promise<Pick<CommonParts, "base" | "files">> {
  try {
    const image = await readArchive(archive, layout, platform);
    const { diff_ids: diffIds } = image.config.rootfs;
    const layers = image.manifest.layers.map((layer, index) => ({
      ...layer,
      mediaType: ociLayerType(layer.mediaType),
      diffId: diffIds[index] ?? "",
    }));
    if (layers.length !== diffIds.length) throw new Error("its manifest and its configuration name different layers");
    const name = image.descriptor.annotations?.["org.opencontainers.image.ref.name"] ?? "localhost/base";
    return {
      base: { reference: `${name}@${image.descriptor.digest}`, layers, environment: image.config.config?.Env ?? [] },
      files: [],
    };
  } catch (error) {
    throw new KitError("KIT_IMAGE_BASE", `${archive}: ${messageOf(error)}`, { cause: error });
  }
}

/** The OCI name for Docker's older name of a compressed layer. */
function ociLayerType(mediaType: string): string {
  return mediaType === "application/vnd.docker.image.rootfs.diff.tar.gzip"
    ? "application/vnd.oci.image.layer.v1.tar+gzip"
    : mediaType;
}

async function buildImage(
  request: BuildRequest,
  common: CommonParts,
  packageLayers: PackageLayers,
  prepared: PreparedService,
  layout: string,
): Promise<NamedImage["image"]> {
  const { version, revision } = request;
  const { base, platform } = common;
  const {
    service: { service, workspace, entry },
    folder,
    links,
  } = prepared;
  const facts: ServiceImageFacts = {
    service,
    workspace,
    entry,
    version,
    base,
    platform,
    ...(revision === undefined ? {} : { revision }),
  };
  const [packages] = await Promise.all([packageLayers.of(prepared.packages), writeSbom(facts, common.files, folder)]);
  const code = await writeLayer(join(layout, BLOBS), {
    files: await folderFiles(join(folder, "code"), IMAGE_ROOT),
    // In the code's layer, because the links lead to this service's own folders; packages are shared.
    links,
  });
  const layers: readonly ExplainedLayer[] = [
    { layer: common.node, comment: `Node ${process.versions.node}` },
    { layer: packages, comment: "packages of package-lock.json" },
    { layer: code, comment: `code of ${service}` },
  ];
  const config = await writeBlob(layout, MEDIA_TYPES.config, imageConfig(facts, layers));
  return await readImage(layout, await writeBlob(layout, MEDIA_TYPES.manifest, imageManifest(facts, config, layers)));
}

/** Layers of packages; services with the same packages share a layer. */
class PackageLayers {
  readonly #layout: string;
  readonly #made = new Map<string, Promise<Layer>>();

  constructor(layout: string) {
    this.#layout = layout;
  }

  async of(files: readonly LayerFile[]): Promise<Layer> {
    // All packages come from one folder, so their paths identify their content.
    const key = files
      .map(({ path }) => path)
      .sort()
      .join("\n");
    const layer = this.#made.get(key) ?? writeLayer(join(this.#layout, BLOBS), { files });
    this.#made.set(key, layer);
    return await layer;
  }
}

async function writeSbom(
  { service, version, base }: ServiceImageFacts,
  files: readonly SbomFile[],
  folder: string,
): Promise<void> {
  const { stdout } = await runChecked("npm", ["sbom", "--sbom-format=cyclonedx", "--omit=dev", "--package-lock-only"], {
    cwd: join(folder, "packages"),
  });
  const sbom = imageSbom(JSON.parse(stdout), {
    service,
    version,
    nodeVersion: process.versions.node,
    base: base.reference,
    files,
  });
  await writeFile(join(folder, "code", "sbom.cdx.json"), `${JSON.stringify(sbom, null, 2)}\n`, { mode: 0o644 });
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}
