/**
 * Layers of an image, with the same bytes for the same content: entries sorted by path, owned by root, without times, in
 * folders that all users may enter. Metadata that a layer omits cannot differ between two machines.
 */

import type { Hash } from "node:crypto";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Pack } from "tar-stream";
import { pack } from "tar-stream";
import { compareText } from "../../components/model/problems/problem.ts";

/** Content at a path of an image: the bytes themselves, or a file on this machine that has them. */
export interface LayerFile {
  /** Path in the image without a leading slash, for example `app/package.json`. */
  readonly path: string;
  /** Permissions, for example 0o644. */
  readonly mode: number;
  readonly content: Buffer | { readonly source: string };
}

/** A symbolic link. */
export interface LayerLink {
  /** Path in the image without a leading slash. */
  readonly path: string;
  /** Target, relative to the folder that contains the link. */
  readonly target: string;
}

/** A folder that is empty or whose permissions are not the usual 0755. */
export interface LayerFolder {
  readonly path: string;
  readonly mode: number;
}

/** Content of a layer. */
export interface LayerContent {
  readonly files: readonly LayerFile[];
  readonly links?: readonly LayerLink[];
  readonly folders?: readonly LayerFolder[];
}

/** Media type of a layer. */
export const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";

/** A written layer. */
export interface Layer {
  readonly mediaType: typeof LAYER_TYPE;
  /** Digest of the compressed layer, `sha256:…`, for manifests. */
  readonly digest: string;
  /** Compressed size in bytes. */
  readonly size: number;
  /** Digest of the uncompressed layer, `sha256:…`, for configurations. */
  readonly diffId: string;
}

const FOLDER_MODE = 0o755;
/** A link's permissions are never checked; this is what Linux shows. */
const LINK_MODE = 0o777;
/** A higher compression level takes twice the time for one percent. */
export const COMPRESSION = 6;

/**
 * Writes a layer into a folder of blobs, under the name of its digest.
 * @param blobs - Folder `blobs/sha256` of an image layout.
 * @throws {Error} when a source cannot be read.
 */
export async function writeLayer(blobs: string, content: LayerContent): Promise<Layer> {
  await mkdir(blobs, { recursive: true });
  const archive = pack();
  const plain = createHash("sha256");
  const compressed = createHash("sha256");
  const making = join(blobs, `.making-${randomBytes(6).toString("hex")}`);
  const written = pipeline(
    archive,
    hashing(plain),
    createGzip({ level: COMPRESSION }),
    hashing(compressed),
    createWriteStream(making),
  );
  await Promise.all([written, addEntries(archive, content)]);
  const digest = compressed.digest("hex");
  const { size } = await stat(making);
  await rename(making, join(blobs, digest));
  return { mediaType: LAYER_TYPE, digest: `sha256:${digest}`, size, diffId: `sha256:${plain.digest("hex")}` };
}

/**
 * The files below a folder as entries of a layer: readable for all users, executable if their owner may execute them.
 * @param leaveOut - Whether to skip the entry at this path, relative to the folder.
 */
export async function folderFiles(
  folder: string,
  prefix: string,
  leaveOut: (path: string) => boolean = () => false,
): Promise<LayerFile[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !leaveOut(name));
  const found = await Promise.all(
    entries.map(async (entry): Promise<LayerFile[]> => {
      const source = join(folder, entry.name);
      const path = `${prefix}/${entry.name}`;
      if (entry.isDirectory()) return await folderFiles(source, path, (below) => leaveOut(`${entry.name}/${below}`));
      if (!entry.isFile())
        throw new Error(`${source} is neither a file nor a folder; an image of the kit holds nothing else.`);
      const { mode } = await stat(source);
      return [{ path, mode: (mode & 0o100) === 0 ? 0o644 : 0o755, content: { source } }];
    }),
  );
  return found.flat();
}

async function addEntries(archive: Pack, { files, links = [], folders = [] }: LayerContent): Promise<void> {
  try {
    const modes = new Map(
      [...files, ...links, ...folders].flatMap(({ path }) => parents(path)).map((path) => [path, FOLDER_MODE]),
    );
    for (const { path, mode } of folders) modes.set(path, mode);
    const entries = [...[...modes].map(([path, mode]): LayerFolder => ({ path, mode })), ...files, ...links].sort(
      (a, b) => compareText(a.path, b.path),
    );
    for (const entry of entries) await addEntry(archive, entry);
    archive.finalize();
  } catch (error) {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

async function addEntry(archive: Pack, entry: LayerFile | LayerFolder | LayerLink): Promise<void> {
  const mode = "target" in entry ? LINK_MODE : entry.mode;
  const common = { mode, uid: 0, gid: 0, uname: "", gname: "", mtime: new Date(0) };
  if ("target" in entry) {
    await new Promise<void>((resolve, reject) =>
      archive.entry({ ...common, name: entry.path, type: "symlink", linkname: entry.target }, (error) =>
        error == null ? resolve() : reject(error),
      ),
    );
    return;
  }
  if (!("content" in entry)) {
    await new Promise<void>((resolve, reject) =>
      archive.entry({ ...common, name: `${entry.path}/`, type: "directory" }, (error) =>
        error == null ? resolve() : reject(error),
      ),
    );
    return;
  }
  const { content } = entry;
  if (Buffer.isBuffer(content)) {
    await new Promise<void>((resolve, reject) =>
      archive.entry({ ...common, name: entry.path, type: "file" }, content, (error) =>
        error == null ? resolve() : reject(error),
      ),
    );
    return;
  }
  const { size } = await stat(content.source);
  await pipeline(createReadStream(content.source), archive.entry({ ...common, name: entry.path, type: "file", size }));
}

function parents(path: string): string[] {
  const steps = path.split("/").slice(0, -1);
  return steps.map((_, index) => steps.slice(0, index + 1).join("/"));
}

/** Passes bytes on and adds them to a hash. */
export function hashing(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
