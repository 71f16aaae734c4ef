import { rm } from "node:fs/promises";
import { join } from "node:path";
import { linuxPlatform } from "../../../../cli/image/build-images.ts";
import { writeLayer } from "../../../../cli/image/layer.ts";
import { BLOBS, MEDIA_TYPES, readImage, writeArchive, writeBlob } from "../../../../cli/image/oci-archive.ts";

/** Writes an archive with an image that holds one static program, at `/<name>`, and starts it. Returns the archive's path. */
export async function writeProgramImage(folder: string, program: { readonly name: string; readonly path: string; readonly image: string }): Promise<string> {
  const layout = join(folder, `${program.name}-layout`);
  const { mediaType, digest, size, diffId } = await writeLayer(join(layout, BLOBS), { files: [{ path: program.name, mode: 0o755, content: { source: program.path } }] });
  const config = await writeBlob(layout, MEDIA_TYPES.config, { ...linuxPlatform(), config: { Entrypoint: [`/${program.name}`] }, rootfs: { type: "layers", diff_ids: [diffId] } });
  const image = await readImage(layout, await writeBlob(layout, MEDIA_TYPES.manifest, { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [{ mediaType, digest, size }] }));
  const archive = join(folder, `${program.name}.tar`);
  await writeArchive(layout, [{ name: program.image, image }], archive);
  await rm(layout, { recursive: true });
  return archive;
}
