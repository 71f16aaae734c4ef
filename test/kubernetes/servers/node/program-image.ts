import { rm } from "node:fs/promises";
import { join } from "node:path";
import { linuxPlatform } from "../../../../cli/image/build-images.ts";
import { writeLayer } from "../../../../cli/image/layer.ts";
import type { Descriptor, NamedImage } from "../../../../cli/image/oci-archive.ts";
import { BLOBS, MEDIA_TYPES, readImage, writeArchive, writeBlob } from "../../../../cli/image/oci-archive.ts";

/** A layer, compressed or not. */
export type AnyLayer = Pick<Descriptor, "mediaType" | "digest" | "size"> & { readonly diffId: string };

/** Writes an image's documents into a layout that holds its layers. */
export async function writeImage(
  layout: string,
  name: string,
  settings: Readonly<Record<string, unknown>>,
  layers: readonly AnyLayer[],
): Promise<NamedImage> {
  const config = await writeBlob(layout, MEDIA_TYPES.config, {
    ...linuxPlatform(),
    config: settings,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const references = layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
  return {
    name,
    image: await readImage(
      layout,
      await writeBlob(layout, MEDIA_TYPES.manifest, {
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.manifest,
        config,
        layers: references,
      }),
    ),
  };
}

/** Writes an archive with an image that holds one static program, at `/<name>`, and starts it. Returns the archive's path. */
export async function writeProgramImage(
  folder: string,
  program: { readonly name: string; readonly path: string; readonly image: string },
): Promise<string> {
  const layout = join(folder, `${program.name}-layout`);
  const layer = await writeLayer(join(layout, BLOBS), {
    files: [{ path: program.name, mode: 0o755, content: { source: program.path } }],
  });
  const image = await writeImage(layout, program.image, { Entrypoint: [`/${program.name}`] }, [layer]);
  const archive = join(folder, `${program.name}.tar`);
  await writeArchive(layout, [image], archive);
  await rm(layout, { recursive: true });
  return archive;
}
