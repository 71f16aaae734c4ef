/**
 * Archives of images in the OCI image layout (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md), which
 * `ctr images import`, `podman load` and `skopeo copy oci-archive:…` read and write.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract, pack } from "tar-stream";
import * as z from "zod";
import { compareText } from "../../components/model/problems/problem.ts";
import { hashing } from "./layer.ts";

/** Media types that the kit writes. */
export const MEDIA_TYPES = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
} as const;

/** Docker's older names of the same documents. */
const INDEX_TYPES: readonly string[] = [MEDIA_TYPES.index, "application/vnd.docker.distribution.manifest.list.v2+json"];

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "is sha256: and 64 hexadecimal digits");
const descriptor = z.object({
  mediaType: z.string(),
  digest,
  size: z.int().min(0),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z.object({ architecture: z.string(), os: z.string() }).optional(),
});
const index = z.object({ manifests: z.array(descriptor).min(1) });
const manifest = z.object({ config: descriptor, layers: z.array(descriptor) });
const config = z.object({
  architecture: z.string(),
  os: z.string(),
  config: z
    .object({
      Env: z.array(z.string()).optional(),
      User: z.string().optional(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .optional(),
  rootfs: z.object({ diff_ids: z.array(digest) }),
});

/** A reference to a blob. */
export type Descriptor = z.output<typeof descriptor>;
/** The content of a manifest and of the configuration that it names. */
export interface StoredImage {
  readonly descriptor: Descriptor;
  readonly manifest: z.output<typeof manifest>;
  readonly config: z.output<typeof config>;
}

/** An image with its import name. */
export interface NamedImage {
  /** For example `registry.example.com/shop/order-service:1.4.0`. */
  readonly name: string;
  readonly image: StoredImage;
}

/** Location of blobs in the folder of a layout. */
export const BLOBS = "blobs/sha256";

/**
 * Writes a document as a blob.
 * @param layout - Folder of an image layout.
 */
export async function writeBlob(layout: string, mediaType: string, document: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(document));
  const hex = createHash("sha256").update(bytes).digest("hex");
  await mkdir(join(layout, BLOBS), { recursive: true });
  await writeFile(join(layout, BLOBS, hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}

/**
 * Reads the image that a manifest describes.
 * @throws {Error} when a document is missing or invalid.
 */
export async function readImage(layout: string, at: Descriptor): Promise<StoredImage> {
  const read = manifest.parse(await readDocument(layout, at));
  return { descriptor: at, manifest: read, config: config.parse(await readDocument(layout, read.config)) };
}

/**
 * Unpacks an archive into the folder of a layout, and finds the image for a platform in it.
 * @throws {Error} naming the fault of the archive: no layout, a blob that does not match its digest, no image for the platform.
 */
export async function readArchive(
  archive: string,
  layout: string,
  platform: { readonly os: string; readonly architecture: string },
): Promise<StoredImage> {
  await mkdir(join(layout, BLOBS), { recursive: true });
  let top: z.output<typeof index> | undefined;
  const entries = extract();
  const reading = pipeline(createReadStream(archive), entries);
  const consuming = (async () => {
    for await (const entry of entries) {
      const name = entry.header.name.replace(/^\.\//, "");
      const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
      if (hex !== undefined) {
        await storeBlob(Readable.from(entry), join(layout, BLOBS, hex), hex);
      } else if (name === "index.json") {
        top = index.parse(JSON.parse(await text(Readable.from(entry))));
      } else entry.resume();
    }
  })();
  await Promise.all([reading, consuming]);
  if (top === undefined) throw new Error("it holds no index.json: it is no archive of an OCI image layout");
  return await findImage(layout, top.manifests, platform);
}

/**
 * Writes one archive with several images; shared blobs are stored once.
 * @param layout - Folder that contains their blobs.
 */
export async function writeArchive(layout: string, images: readonly NamedImage[], out: string): Promise<void> {
  const named = [...images].sort((a, b) => compareText(a.name, b.name));
  const top = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: named.flatMap(({ name, image }) => {
      const entry = (annotations: Readonly<Record<string, string>>) => ({
        mediaType: image.descriptor.mediaType,
        digest: image.descriptor.digest,
        size: image.descriptor.size,
        annotations,
        platform: { architecture: image.config.architecture, os: image.config.os },
      });
      return [
        // skopeo and podman select by this name, and containerd uses it as the image's name.
        entry({ "io.containerd.image.name": name, "org.opencontainers.image.ref.name": name }),
        // containerd looks for this name, without the tag, when a pod names the image by digest.
        entry({ "io.containerd.image.name": `${name.replace(/:[^:/]*$/, "")}@${image.descriptor.digest}` }),
      ];
    }),
  };
  const digests = new Set(
    named
      .flatMap(({ image }) => [image.descriptor, image.manifest.config, ...image.manifest.layers])
      .map((each) => each.digest),
  );
  await mkdir(dirname(out), { recursive: true });
  const making = `${out}.making-${process.pid}`;
  const archive = pack();
  const written = pipeline(archive, createWriteStream(making));
  const header = (name: string) => ({ name, mode: 0o644, uid: 0, gid: 0, uname: "", gname: "", mtime: new Date(0) });
  const add = (async () => {
    try {
      archive.entry(header("oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
      archive.entry(header("index.json"), JSON.stringify(top));
      for (const each of [...digests].sort(compareText)) {
        const hex = each.slice("sha256:".length);
        const source = join(layout, BLOBS, hex);
        await pipeline(
          createReadStream(source),
          archive.entry({ ...header(`${BLOBS}/${hex}`), size: (await stat(source)).size }),
        );
      }
      archive.finalize();
    } catch (error) {
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  })();
  await Promise.all([written, add]);
  await rename(making, out);
}

async function findImage(
  layout: string,
  candidates: readonly Descriptor[],
  platform: { readonly os: string; readonly architecture: string },
): Promise<StoredImage> {
  const fits = (each: { readonly os: string; readonly architecture: string }): boolean =>
    each.os === platform.os && each.architecture === platform.architecture;
  for (const candidate of candidates) {
    if (INDEX_TYPES.includes(candidate.mediaType))
      return await findImage(layout, index.parse(await readDocument(layout, candidate)).manifests, platform);
    if (candidate.platform !== undefined && !fits(candidate.platform)) continue;
    const image = await readImage(layout, candidate);
    if (fits(image.config)) return image;
  }
  throw new Error(`it holds no image for ${platform.os}/${platform.architecture}`);
}

async function readDocument(layout: string, { digest: wanted }: Descriptor): Promise<unknown> {
  return JSON.parse(await readFile(join(layout, BLOBS, wanted.slice("sha256:".length)), "utf8"));
}

async function storeBlob(entry: Readable, file: string, hex: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(entry, hashing(hash), createWriteStream(file));
  const actual = hash.digest("hex");
  if (actual !== hex) throw new Error(`its blob ${hex} is damaged: its content has the digest ${actual}`);
}
