/** The layer with Node: the largest of an image and the same for all, so it is compressed once per machine. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Artefact, ArtefactRecipe } from "../../toolchain/making/cache.ts";
import { findArtefact, makeArtefact } from "../../toolchain/making/cache.ts";
import type { Layer } from "./layer.ts";
import { COMPRESSION, LAYER_TYPE, writeLayer } from "./layer.ts";

/**
 * Copies the layer into a folder of blobs.
 * @param node - Binary for the images.
 * @throws ToolchainError CACHE_UNWRITABLE, LOCK_TIMED_OUT.
 */
export async function nodeLayer(node: string, blobs: string): Promise<Layer> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(node), hash);
  const recipe: ArtefactRecipe = {
    name: "image-node",
    version: process.versions.node,
    // Another release of zlib may compress to other bytes.
    inputs: { binary: hash.digest("hex"), zlib: process.versions.zlib ?? "", level: String(COMPRESSION) },
  };
  const artefact =
    (await findArtefact(recipe)) ??
    (await makeArtefact(recipe, async (folder) => {
      const { digest, size, diffId } = await writeLayer(folder, {
        files: [{ path: "usr/local/bin/node", mode: 0o755, content: { source: node } }],
      });
      return { origin: "built", facts: { digest, size: String(size), diffId } };
    }));
  const layer = layerOf(artefact);
  await mkdir(blobs, { recursive: true });
  const file = layer.digest.slice("sha256:".length);
  await copyFile(join(artefact.folder, file), join(blobs, file));
  return layer;
}

function layerOf({ folder, facts: { digest, size, diffId } }: Artefact): Layer {
  if (digest === undefined || size === undefined || diffId === undefined)
    throw new Error(`${folder} does not say what layer it holds; remove it.`);
  return { mediaType: LAYER_TYPE, digest, size: Number(size), diffId };
}
