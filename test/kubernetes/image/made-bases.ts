import { readFile, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { linuxPlatform } from "../../../cli/image/build-images.ts";
import { hostBase, linkedLibraries } from "../../../cli/image/host-base.ts";
import type { LayerFile } from "../../../cli/image/layer.ts";
import { folderFiles, writeLayer } from "../../../cli/image/layer.ts";
import { BLOBS, MEDIA_TYPES, readImage, writeArchive, writeBlob } from "../../../cli/image/oci-archive.ts";
import { runChecked } from "../../../toolchain/making/command.ts";
import { findOnPath } from "../../../toolchain/making/probe.ts";

/** An image in an archive. */
export interface MadeImage {
  readonly archive: string;
  /** Name without a digest. */
  readonly name: string;
  readonly digest: string;
}

/** What the Dockerfiles' first stage calls besides node and npm. */
const PROGRAMS = ["sh", "cp", "env"];

/** What a Dockerfile stands on, made of this machine: the libraries of its Node. */
export async function makeBaseImage(folder: string): Promise<MadeImage> {
  return await makeImage(folder, "localhost/made-base", [...(await hostBase(process.execPath)).content.files], []);
}

/**
 * What a Dockerfile builds in, made of this machine: Node, npm, a shell and two programs.
 * @throws {Error} naming what this machine lacks.
 */
export async function makeBuildImage(folder: string): Promise<MadeImage> {
  const npm = await findOnPath("npm");
  if (npm === undefined) throw new Error("npm is not on PATH.");
  const npmFolder = dirname(dirname(await realpath(npm)));
  const programs = await Promise.all(
    PROGRAMS.map(async (name) => {
      const path = await findOnPath(name);
      if (path === undefined) throw new Error(`${name} is not on PATH.`);
      return { path: name === "sh" ? "bin/sh" : `usr/bin/${name}`, source: await realpath(path) };
    }),
  );
  const libraries = new Set(
    (
      await Promise.all(programs.map(async ({ source }) => linkedLibraries((await runChecked("ldd", [source])).stdout)))
    ).flat(),
  );
  const { content } = await hostBase(process.execPath);
  const more = [...libraries].filter((path) => !content.files.some((file) => `/${file.path}` === path));
  const files: LayerFile[] = [
    ...content.files,
    ...(await Promise.all(
      more.map(
        async (path): Promise<LayerFile> => ({ path: path.slice(1), mode: 0o755, content: await readFile(path) }),
      ),
    )),
    ...programs.map(({ path, source }): LayerFile => ({ path, mode: 0o755, content: { source } })),
    { path: "usr/local/bin/node", mode: 0o755, content: { source: process.execPath } },
    {
      path: "usr/local/bin/npm",
      mode: 0o755,
      content: Buffer.from('#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n'),
    },
    ...(await folderFiles(npmFolder, "usr/local/lib/node_modules/npm", (path) => path === "node_modules/.bin")),
  ];
  return await makeImage(folder, "localhost/made-build", files, [
    { path: "root", mode: 0o700 },
    { path: "tmp", mode: 0o1777 },
    { path: "run", mode: 0o755 },
  ]);
}

async function makeImage(
  folder: string,
  name: string,
  files: readonly LayerFile[],
  folders: readonly { readonly path: string; readonly mode: number }[],
): Promise<MadeImage> {
  const layout = join(folder, `${name.replaceAll("/", "-")}-layout`);
  const { mediaType, digest, size, diffId } = await writeLayer(join(layout, BLOBS), { files, folders });
  const config = await writeBlob(layout, MEDIA_TYPES.config, {
    ...linuxPlatform(),
    config: { Env: ["PATH=/usr/local/bin:/usr/bin:/bin"] },
    rootfs: { type: "layers", diff_ids: [diffId] },
  });
  const image = await readImage(
    layout,
    await writeBlob(layout, MEDIA_TYPES.manifest, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config,
      layers: [{ mediaType, digest, size }],
    }),
  );
  const archive = join(folder, `${name.replaceAll("/", "-")}.tar`);
  await writeArchive(layout, [{ name: `${name}:1`, image }], archive);
  await rm(layout, { recursive: true });
  return { archive, name, digest: image.descriptor.digest };
}
